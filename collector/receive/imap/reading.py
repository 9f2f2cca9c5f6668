"""One pass over a folder: what is new in it goes into the store, and is remembered as taken after that (rule 1).

A mail that something temporary stands against (its key, the store, the server) is put off: the pass goes on after it,
and the next ones try it again. Where that happens to many, it is no matter of one mail, and the pass ends.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from collector.delivery import Delivery, Stored
from collector.errors import KeyUnavailable, MailboxUnavailable, StoreUnavailable, TemporaryError
from collector.receive.closing import closing_line
from collector.receive.imap.mailbox import Mail, Mailbox
from collector.receive.imap.reader import Reader
from collector.store.group import GroupCommit
from collector.store.mailboxes import Claim, Progress

log = logging.getLogger(__name__)

_AT_ONCE = 100  # mails in one transaction
_BYTES_AT_ONCE = 8 * 1024 * 1024
_MOVED_AT_ONCE = 5000  # each command may cost the server a pass over the whole folder
# Mails put off within one pass before it ends, those tried again in vain, and those that may wait in all.
_MOST_FRESH, _MOST_TRIED, _MOST_WAITING = 10, 10, 200
# How long a mail waits for its key. One who sends it would not try for longer either (RFC 8460 section 5.5).
PATIENCE = timedelta(days=1)


@dataclass
class Fetched:
    """What came of a pass. `put_off` mails wait for the next; `error` ended it early."""

    outcomes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)  # of the quarantined ones, by code
    put_off: int = 0
    moved: int = 0
    error: TemporaryError | None = None

    def __str__(self) -> str:
        """The closing line, as that of `tlsrpt import`."""
        return closing_line(self.outcomes, self.reasons, put_off=self.put_off, moved=self.moved)


class Reading:
    """One pass. `fetched` holds what came of it so far, whatever `run` raises."""

    def __init__(
        self,
        mailbox: Mailbox,
        reader: Reader,
        commits: GroupCommit,
        claim: Claim,
        *,
        folder: str,
        remember: Callable[[Progress], None],
        is_stopped: Callable[[], bool],
        clock: Callable[[], datetime],
        fetched: Fetched,
    ) -> None:
        """`claim` says where the last pass left off; `remember` writes it down and raises TemporaryError."""
        self._mailbox = mailbox
        self._reader = reader
        self._commits = commits
        self._folder = folder
        self._remember = remember
        self._is_stopped = is_stopped
        self._clock = clock
        self._fetched = fetched
        self._last_uid, self._put_off = self._begin(claim.progress)
        # It may be one mail that the last pass failed over: the next ones are asked for one by one.
        self._singly = _AT_ONCE if claim.failures else 0
        self._fresh = 0
        fetched.put_off = len(self._put_off)

    def run(self, move_to: str | None = None) -> None:
        """Takes what is there now, one mail after the other by UID. Raises TemporaryError.

        `move_to` gets all that was taken, by this pass or an earlier one. What was put off comes last: it may be a
        mail over which the server breaks off.
        """
        fault: MailboxUnavailable | None = None
        if len(self._put_off) < _MOST_WAITING:
            self._take_new()
        else:
            fault = MailboxUnavailable(f"{_MOST_WAITING} mails wait to be tried again: no new ones are taken")
        try:
            if move_to is not None:
                self._move(move_to)
        except MailboxUnavailable as error:  # no reason to let the others wait
            fault = error
        self._try_again()
        if fault is not None:
            raise fault

    def _begin(self, progress: Progress) -> tuple[int, dict[int, datetime]]:
        """Where to begin: after the last pass, or at the first mail where the UIDs are no longer those of then."""
        is_same = progress.uid_validity == self._mailbox.uid_validity
        # A server that was restored from a backup may count from an earlier number again.
        if is_same and progress.last_uid < self._mailbox.uid_next:
            return progress.last_uid, dict(progress.put_off)
        if progress.uid_validity is not None:
            log.warning("imap %s: the server has numbered the mails anew: all are read again", self._folder)
        return 0, {}

    def _take_new(self) -> None:
        top = self._mailbox.uid_next - 1
        for uids in self._mailbox.uids(self._last_uid + 1, top):
            alone, together = uids[: self._singly], uids[self._singly :]
            self._singly -= len(alone)
            for uid in alone:
                if self._is_stopped():
                    return
                refusal = self._take_alone(uid)
                if refusal is not None:
                    raise refusal
            for some in _pieces(together, _AT_ONCE):
                if self._is_stopped():
                    return
                self._take(some)
        self._keep(top)

    def _try_again(self) -> None:
        """Those that failed longest ago first; not after so many failures that it cannot be the mails."""
        failed = 0
        for uid in list(self._put_off):
            if self._is_stopped() or failed == _MOST_TRIED:
                return
            if self._take_alone(uid) is not None:
                return
            failed += uid in self._put_off

    def _move(self, target: str) -> None:
        """What was put off stays, and what is too large: the database does not have it."""
        for uids in self._mailbox.uids(1, self._last_uid, f"UNDELETED SMALLER {self._reader.most + 1}"):
            for some in _pieces([uid for uid in uids if uid not in self._put_off], _MOVED_AT_ONCE):
                if self._is_stopped():
                    return
                self._keep(self._last_uid)  # and nobody else is at it
                self._mailbox.move(some, target)
                self._fetched.moved += len(some)

    def _take(self, uids: Sequence[int]) -> None:
        """Stores these mails and remembers them, or puts them off. Raises TemporaryError if that happens to many."""
        sizes = self._mailbox.sizes(uids)
        for group in _groups([uid for uid in uids if uid in sizes], sizes):
            self._store(group, self._load(group, sizes), sizes)
        self._keep(uids[-1])

    def _take_alone(self, uid: int) -> MailboxUnavailable | None:
        """The same for one. If the server does not give it, it is put off; returns why: the session may be over."""
        try:
            sizes = self._mailbox.sizes([uid])
            mails = self._load([uid], sizes) if sizes else {}
        except MailboxUnavailable as error:
            self._wait(uid, error)
            self._keep(max(self._last_uid, uid))
            return error
        self._store([uid], mails, sizes)
        return None

    def _load(self, uids: Sequence[int], sizes: Mapping[int, int]) -> dict[int, Mail]:
        """The mails by UID; of those that are too large the header."""
        most = self._reader.most
        small = [uid for uid in uids if sizes[uid] <= most]
        large = [uid for uid in uids if sizes[uid] > most]
        mails = self._mailbox.mails(small, most + 1) if small else {}
        return mails | (self._mailbox.headers(large) if large else {})

    def _store(self, uids: Sequence[int], mails: Mapping[int, Mail], sizes: Mapping[int, int]) -> None:
        """One transaction. Remembers how far it came; raises TemporaryError where that is not far."""
        ready: dict[int, Delivery] = {}
        last = uids[-1]
        fault: TemporaryError | None = None
        for uid in uids:
            try:
                ready |= self._read(uid, mails.get(uid), sizes.get(uid, 0))
            except KeyUnavailable as error:
                fault = error
                self._wait(uid, error)
                if self._fresh >= _MOST_FRESH:
                    last = uid
                    break
        for (uid, delivery), result in zip(ready.items(), self._commits.write(list(ready.values())), strict=True):
            if isinstance(result, StoreUnavailable):
                fault = result
                self._wait(uid, result)
            else:
                self._stored(uid, delivery, result)
        self._keep(max(self._last_uid, last))
        if fault is not None and self._fresh >= _MOST_FRESH:
            raise fault

    def _read(self, uid: int, mail: Mail | None, size: int) -> dict[int, Delivery]:
        """The delivery under its UID; nothing if the mail has gone meanwhile. Raises KeyUnavailable."""
        if mail is None:
            self._put_off.pop(uid, None)
            return {}
        if size > self._reader.most:
            return {uid: self._reader.too_large(mail, size, uid, self._folder)}
        try:
            return {uid: self._reader.read(mail)}
        except KeyUnavailable as error:
            if self._clock() - self._put_off.get(uid, self._clock()) < PATIENCE:
                raise
            return {uid: self._reader.read_unauthenticated(mail, error)}

    def _wait(self, uid: int, error: TemporaryError) -> None:
        """Puts a mail off. It goes to the end of those that wait: the others get their turn first."""
        self._fresh += uid not in self._put_off
        self._put_off[uid] = self._put_off.pop(uid, self._clock())
        log.warning("imap %s: UID %d is put off: %s", self._folder, uid, error)

    def _stored(self, uid: int, delivery: Delivery, stored: Stored) -> None:
        self._put_off.pop(uid, None)
        self._fetched.outcomes[stored.outcome] += 1
        if stored.reason is not None:
            self._fetched.reasons[stored.reason.code] += 1
        log.info(
            "delivery id=%s outcome=%s reason=%s reporter=%r folder=%r uid=%d",
            stored.id,
            stored.outcome,
            stored.reason.code if stored.reason else "-",
            delivery.reporter or "-",
            self._folder,
            uid,
        )

    def _keep(self, last_uid: int) -> None:
        self._last_uid = last_uid
        self._fetched.put_off = len(self._put_off)
        self._remember(Progress(self._mailbox.uid_validity, last_uid, dict(self._put_off)))


def _pieces(uids: Sequence[int], most: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(uids), most):
        yield uids[start : start + most]


def _groups(uids: Sequence[int], sizes: Mapping[int, int]) -> Iterator[list[int]]:
    """Neighbours that fit into memory together; each at least one."""
    group: list[int] = []
    size = 0
    for uid in uids:
        if group and size + sizes[uid] > _BYTES_AT_ONCE:
            yield group
            group, size = [], 0
        group.append(uid)
        size += sizes[uid]
    if group:
        yield group
