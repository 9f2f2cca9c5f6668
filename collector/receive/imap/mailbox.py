"""One folder on an IMAP server (RFC 3501, 9051), as far as fetching reports needs it. IMAPClient lives here only."""

import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from types import TracebackType
from typing import Any

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from collector.errors import ConfigurationError, MailboxUnavailable
from collector.settings import Imap
from collector.unreachable import why

# UIDs asked for at one time. The answer is one line, and the library reads none of more than a million bytes.
WINDOW = 50_000
_MOST_HEADER = 64 * 1024
_MOST_SET = 4000  # characters; servers take commands of 8,000 (RFC 2683 section 3.2.1.5)
_MOST_WORDS = 200  # of what a server says, in our messages
_TLS_PORT, _PORT = 993, 143


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as it lies in the folder. `arrived` (aware) is when the server took it, None if it does not say."""

    raw: bytes = field(repr=False)
    arrived: datetime | None


class Mailbox:
    """A session with the server, from `__enter__` to `__exit__`, and the folder opened in it.

    Everything raises MailboxUnavailable when the server is away, speaks no IMAP or refuses.
    """

    def __init__(self, imap: Imap, context: ssl.SSLContext, *, window: int = WINDOW) -> None:
        """`imap.host`, `user` and `password` are set; `context` is `tls_context(imap)`."""
        assert imap.host is not None
        self._imap = imap
        self._host = imap.host
        self._port = imap.port or (_TLS_PORT if imap.security == "tls" else _PORT)
        self._context = context
        self._window = window
        self._client: Any = None
        self._mails = 0
        self.uid_validity = 0
        self.uid_next = 0

    def __enter__(self) -> "Mailbox":
        try:
            with self._translated():
                self._connect()
                self._log_in()
                self._heed_limit()
                self._open()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        if kind is None:
            self._say_goodbye()
        self._close()

    def break_off(self) -> None:
        """Ends whatever another thread waits for in here: it gets MailboxUnavailable."""
        client = self._client
        if client is not None:
            try:
                # The plain socket's own: the TLS layer, which the other thread is using, is left alone.
                socket.socket.shutdown(client.socket(), socket.SHUT_RDWR)
            except OSError:
                return  # it is closed already

    def uids(self, first: int, last: int, criteria: str = "") -> Iterator[list[int]]:
        """The UIDs from `first` to `last` that are there (and meet further search criteria), ascending, in pieces.

        `last` is below `uid_next`. A small folder is asked for at once, however far apart its UIDs lie.
        """
        step = self._window if self._mails > self._window else max(last - first + 1, 1)
        for start in range(first, last + 1, step):
            end = min(start + step - 1, last)
            with self._translated():
                found = self._client.search(f"UID {start}:{end} {criteria}".strip())
            yield sorted(uid for uid in found if start <= uid <= end)

    def sizes(self, uids: Sequence[int]) -> dict[int, int]:
        """Bytes of each mail, as the server counts them; one that has gone is left out."""
        found = self._fetch(uids, "RFC822.SIZE")
        return {uid: int(item[b"RFC822.SIZE"]) for uid, item in found.items() if b"RFC822.SIZE" in item}

    def mails(self, uids: Sequence[int], most: int) -> dict[int, Mail]:
        """The mails, each cut after `most` bytes; one that has gone is left out. Marks nothing as read."""
        return self._bodies(uids, f"BODY.PEEK[]<0.{most}>")

    def headers(self, uids: Sequence[int]) -> dict[int, Mail]:
        """As `mails`, but for their bodies."""
        return self._bodies(uids, f"BODY.PEEK[HEADER]<0.{_MOST_HEADER}>")

    def move(self, uids: Sequence[int], folder: str) -> None:
        """Moves mails to another folder, which is made if need be.

        A server that knows neither MOVE nor UIDPLUS keeps them here too, marked as deleted: EXPUNGE would also
        remove what somebody else has marked.
        """
        with self._translated():
            if not self._client.folder_exists(folder):
                self._client.create_folder(folder)
            for some in sequence_sets(uids):
                self._move(some, folder)

    def _move(self, uids: str, folder: str) -> None:
        if self._client.has_capability("MOVE"):
            self._client.move(uids, folder)
            return
        self._client.copy(uids, folder)
        self._client.add_flags(uids, [rb"\Deleted"], silent=True)
        if self._client.has_capability("UIDPLUS"):
            self._client.uid_expunge(uids)

    def _bodies(self, uids: Sequence[int], what: str) -> dict[int, Mail]:
        found = self._fetch(uids, what, "INTERNALDATE")
        # The answer is named BODY[]<0> or BODY[HEADER]<0>.
        bodies = {uid: [item[key] for key in item if key.startswith(b"BODY[")] for uid, item in found.items()}
        return {uid: Mail(body[0] or b"", found[uid].get(b"INTERNALDATE")) for uid, body in bodies.items() if body}

    def _fetch(self, uids: Sequence[int], *what: str) -> dict[int, dict[bytes, Any]]:
        """What was asked for, by UID. A server also tells of other things, unasked."""
        with self._translated():
            found: dict[int, dict[bytes, Any]] = self._client.fetch(uids, list(what))
        return found

    def _connect(self) -> None:
        is_tls = self._imap.security == "tls"
        context = self._context if is_tls else None
        self._client = IMAPClient(self._host, self._port, ssl=is_tls, ssl_context=context, timeout=self._imap.timeout)
        self._client.normalise_times = False  # with their zone
        if self._imap.security == "starttls":
            self._client.starttls(self._context)

    def _log_in(self) -> None:
        user, password = self._imap.user or "", self._imap.password or ""
        if self._client.has_capability("AUTH=PLAIN"):
            self._client.plain_login(user, password)
            return
        # LOGIN knows ASCII only, and the library quotes the password but not the name.
        if not (user + password).isascii():
            raise MailboxUnavailable(self._say("it takes no user or password outside of ASCII (no AUTH=PLAIN)"))
        escaped = user.replace("\\", "\\\\").replace('"', '\\"')
        self._client.login(f'"{escaped}"', password)

    def _heed_limit(self) -> None:
        """RFC 9738: a server may answer about no more than so many mails with each command."""
        for told in self._client.capabilities():
            name, _, limit = told.partition(b"=")
            if name == b"MESSAGELIMIT" and limit.isdigit():
                self._window = max(min(self._window, int(limit)), 1)

    def _open(self) -> None:
        """EXAMINE where nothing is to be moved: then the server itself changes nothing, not even \\Recent."""
        told = self._client.select_folder(self._imap.folder, readonly=self._imap.move_to is None)
        self._mails = told.get(b"EXISTS", 0)
        if b"UIDNEXT" not in told:
            told |= self._client.folder_status(self._imap.folder, ["UIDNEXT"])
        if b"UIDVALIDITY" not in told or b"UIDNEXT" not in told:
            raise MailboxUnavailable(self._say("its mails have no lasting numbers (UIDVALIDITY, UIDNEXT)"))
        self.uid_validity, self.uid_next = int(told[b"UIDVALIDITY"]), int(told[b"UIDNEXT"])

    def _say_goodbye(self) -> None:
        try:
            self._client.logout()
        except (IMAPClientError, OSError, ValueError):
            return  # all is done, whatever it says

    def _close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            try:
                client.shutdown()
            except OSError:
                return  # it is closed already

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """The library's errors as ours. ValueError: it could not read what the server said."""
        try:
            yield
        except IMAPClientError as error:
            raise MailboxUnavailable(self._say(str(error))) from error
        except (OSError, ValueError) as error:
            raise MailboxUnavailable(self._say(why(error))) from error

    def _say(self, words: str) -> str:
        return f"IMAP server {self._host}: {words[:_MOST_WORDS]}"


def sequence_sets(uids: Sequence[int]) -> Iterator[str]:
    """Ascending UIDs as the protocol writes them (`1:5,7`), each piece short enough for one line."""
    told = ""
    for _, run in groupby(enumerate(uids), lambda item: item[1] - item[0]):
        numbers = [uid for _, uid in run]
        piece = f"{numbers[0]}:{numbers[-1]}" if len(numbers) > 1 else f"{numbers[0]}"
        if told and len(told) + len(piece) >= _MOST_SET:
            yield told
            told = ""
        told += f",{piece}" if told else piece
    if told:
        yield told


def tls_context(imap: Imap) -> ssl.SSLContext:
    """How the server is trusted: by the system's CAs and `imap.ca_file`. Raises ConfigurationError."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if imap.ca_file is not None:
        try:
            context.load_verify_locations(cafile=imap.ca_file)
        except OSError as error:
            raise ConfigurationError(f"imap.ca_file: {imap.ca_file}: {error.strerror or error}") from error
    return context
