"""Fetching from the mailbox of the settings, pass by pass; several programs may do so with one database."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from collector.auth.dkim import Authenticator
from collector.errors import MailboxUnavailable, StoreUnavailable, TemporaryError
from collector.ids import new_id
from collector.receive.imap.mailbox import WINDOW, Mailbox, tls_context
from collector.receive.imap.reader import Reader
from collector.receive.imap.reading import Fetched, Reading
from collector.settings import Settings
from collector.store import mailboxes
from collector.store.engine import Engine
from collector.store.group import GroupCommit
from collector.store.mailboxes import Claim, Folder, Progress

log = logging.getLogger(__name__)

# Longer than it takes to fetch and store one group of mails; each of them renews it.
LEASE = timedelta(minutes=15)
# Between two passes after several that failed: an account may be locked by one who insists.
_LONGEST_WAIT = timedelta(hours=1)


class Fetcher:
    """Fetches from one folder. One pass at a time; `stop` may be called from another thread."""

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        authenticator: Authenticator,
        clock: Callable[[], datetime],
        *,
        window: int = WINDOW,
    ) -> None:
        """`imap.host` is set; `clock` answers the time, aware, UTC. Raises ConfigurationError."""
        self._imap = settings.imap
        assert self._imap.host is not None
        self.folder = Folder(self._imap.host, self._imap.user or "", self._imap.folder)
        self._engine = engine
        self._context = tls_context(self._imap)
        self._reader = Reader(settings, authenticator, clock)
        self._commits = GroupCommit(engine)
        self._clock = clock
        self._window = window
        self._owner = new_id()
        self._stopped = threading.Event()
        self._mailbox: Mailbox | None = None

    def fetch(self, *, due_only: bool = False) -> Fetched | None:
        """One pass; None if another program is at it, or, with `due_only`, if it is too early for one.

        What ends it early stands in the result. Raises StoreUnavailable if the database is away from the start.
        """
        claim = mailboxes.claim(self._engine, self.folder, self._owner, self._clock(), LEASE, due_only=due_only)
        if claim is None:
            return None
        fetched = Fetched()
        is_whole = False
        try:
            self._pass(claim, fetched)
            is_whole = not self._stopped.is_set()
        except TemporaryError as error:
            fetched.error = error
        finally:
            self._release(claim, is_whole=is_whole, is_failed=fetched.error is not None)
        return fetched

    def stop(self) -> None:
        """Ends the pass under way, and all that come. What it has not taken yet, the next one takes."""
        self._stopped.set()
        mailbox = self._mailbox
        if mailbox is not None:
            mailbox.break_off()

    def _pass(self, claim: Claim, fetched: Fetched) -> None:
        mailbox = self._mailbox = Mailbox(self._imap, self._context, window=self._window)
        try:
            with mailbox:
                reading = Reading(
                    mailbox,
                    self._reader,
                    self._commits,
                    claim,
                    folder=self._imap.folder,
                    remember=self._remember,
                    is_stopped=self._stopped.is_set,
                    clock=self._clock,
                    fetched=fetched,
                )
                reading.run(self._imap.move_to)
        except MailboxUnavailable:
            if not self._stopped.is_set():  # else it is we who broke off
                raise
        finally:
            self._mailbox = None

    def _remember(self, progress: Progress) -> None:
        until = self._clock() + LEASE
        if not mailboxes.remember(self._engine, self.folder, self._owner, progress, until):
            raise MailboxUnavailable(f"another program has taken over the folder {self.folder.name}")

    def _release(self, claim: Claim, *, is_whole: bool, is_failed: bool) -> None:
        """Neither whole nor failed is a pass that was told to stop: whoever comes next goes on at once."""
        now = self._clock()
        wait, failures = timedelta(), claim.failures
        if is_whole:
            wait, failures = timedelta(minutes=self._imap.every), 0
        elif is_failed:
            wait = timedelta(minutes=self._imap.every)
            wait = min(wait * 2 ** min(failures, 16), max(wait, _LONGEST_WAIT))
            failures += 1
        try:
            mailboxes.release(self._engine, self.folder, self._owner, now + wait, failures, now if is_whole else None)
        except StoreUnavailable as error:
            # The claim runs out by itself, and is ours again before that.
            log.warning("imap %s: %s", self.folder.name, error)
