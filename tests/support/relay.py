"""A relay for outgoing mail on loopback, one thread a connection, that is good or bad in the way a test names.

    with Relay() as relay:
        relay.settings()             # for `settings.load`
    relay.mails                      # what it took

`answers` replace those to a verb, to "" (the greeting) and to "." (the end of a mail): bytes, or a function of the
recipient so far. Instead of answering, it can end (DIES) or keep silent until it is stopped (SILENT). `dies_in_data`:
after so many bytes of a mail.
"""

import base64
import contextlib
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import BinaryIO

import trustme

DIES, SILENT = b"dies", b"silent"
Answer = bytes | Callable[[str], bytes]


@dataclass(frozen=True)
class Mail:
    """One mail that it took."""

    sender: str
    recipient: str
    raw: bytes
    options: tuple[str, ...] = ()
    over_tls: bool = False
    user: str | None = None

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=policy.default)  # type: ignore[return-value]

    @property
    def message_id(self) -> str:
        return str(self.message["Message-ID"])


@dataclass
class Conversation:
    """One connection, as far as it has come."""

    over_tls: bool = False
    user: str | None = None
    sender: str = ""
    recipient: str = ""
    options: tuple[str, ...] = ()


@dataclass
class Seen:
    """What clients did: each line they said, and the mails whose end came."""

    commands: list[str] = field(default_factory=list)
    connections: int = 0
    quits: int = 0


class Relay:
    """Listens at 127.0.0.1 from `__enter__` to `__exit__`."""

    def __init__(
        self,
        certificate: trustme.LeafCert | None = None,
        *,
        port: int = 0,
        at_once: bool = False,
        users: dict[str, str] | None = None,
        mechanisms: str = "PLAIN LOGIN",
        extensions: tuple[str, ...] = ("SIZE 10000000", "8BITMIME"),
        answers: dict[str, Answer] | None = None,
        dies_in_data: int | None = None,
    ) -> None:
        """With a `certificate` it offers STARTTLS, or (`at_once`) speaks TLS from the first byte."""
        self.mails: list[Mail] = []
        self.seen = Seen()
        self.answers: dict[str, Answer] = answers or {}
        self.dies_in_data = dies_in_data
        self._users = users or {}
        self._mechanisms = mechanisms
        self._extensions = extensions
        self._at_once = at_once
        self._tls: ssl.SSLContext | None = None
        if certificate is not None:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            certificate.configure_cert(self._tls)
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.owner = self
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def settings(self, **more: str) -> dict[str, str]:
        """For `settings.load(overrides=...)`; `mail__user="x"` is `mail.user`."""
        return {"mail.relay": f"127.0.0.1:{self.port}", "mail.timeout": "5"} | {
            name.replace("__", "."): value for name, value in more.items()
        }

    def __enter__(self) -> "Relay":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def serve(self, connection: socket.socket) -> None:
        with self._lock:
            self.seen.connections += 1
        if self._at_once and self._tls is not None:
            with self._tls.wrap_socket(connection, server_side=True) as secured:
                self._greet(secured, Conversation(over_tls=True))
        else:
            self._greet(connection, Conversation())

    def _greet(self, connection: socket.socket, said: Conversation) -> None:
        if self._say(connection, self._answer("", said, b"220 relay.example.com ESMTP\r\n")):
            self._talk(connection, said)

    def _talk(self, connection: socket.socket, said: Conversation) -> None:
        with connection.makefile("rb") as lines:
            while line := lines.readline():
                command = line.decode("utf-8").rstrip("\r\n")
                verb = command.split(" ")[0].upper()
                self.seen.commands.append(command)
                answer = self._answer(verb, said, self._usual(connection, lines, verb, command, said))
                if not self._say(connection, answer) or verb == "QUIT":
                    return
                if verb == "STARTTLS" and answer.startswith(b"220") and self._tls is not None:
                    with self._tls.wrap_socket(connection, server_side=True) as secured:
                        self._talk(secured, Conversation(over_tls=True))
                    return
                if verb == "DATA" and answer.startswith(b"354") and not self._take(connection, lines, said):
                    return

    def _usual(self, connection: socket.socket, lines: BinaryIO, verb: str, command: str, said: Conversation) -> bytes:
        match verb:
            case "EHLO":
                rows = ["relay.example.com", *self._extensions]
                rows += ["STARTTLS"] if self._tls is not None and not said.over_tls else []
                rows += [f"AUTH {self._mechanisms}"] if self._users else []
                return b"".join(f"250{' ' if row is rows[-1] else '-'}{row}\r\n".encode() for row in rows)
            case "AUTH":
                return self._log_in(connection, lines, command.split(" "), said)
            case "MAIL" if self._users and said.user is None:
                return b"530 5.7.0 Authentication required\r\n"
            case "MAIL":
                path, *options = command.partition(":")[2].split(" ")
                said.sender, said.options = path.strip("<>"), tuple(options)
                return b"250 2.1.0 ok\r\n"
            case "RCPT":
                said.recipient = command.partition(":")[2].strip("<>")
                return b"250 2.1.5 ok\r\n"
            case "DATA":
                return b"354 go ahead\r\n"
            case "STARTTLS":
                return b"220 go ahead\r\n"
            case "RSET":
                return b"250 ok\r\n"
            case "QUIT":
                self.seen.quits += 1
                return b"221 bye\r\n"
            case _:
                return b"502 no\r\n"

    def _log_in(self, connection: socket.socket, lines: BinaryIO, words: list[str], said: Conversation) -> bytes:
        if words[1] == "PLAIN":
            _, user, password = base64.b64decode(words[2]).decode().split("\0")
        else:
            asked = []
            for prompt in (b"VXNlcm5hbWU6", b"UGFzc3dvcmQ6"):
                connection.sendall(b"334 " + prompt + b"\r\n")
                asked.append(base64.b64decode(lines.readline()).decode())
            user, password = asked
        if self._users.get(user) != password:
            return b"535 5.7.8 Authentication credentials invalid\r\n"
        said.user = user
        return b"235 2.7.0 welcome\r\n"

    def _take(self, connection: socket.socket, lines: BinaryIO, said: Conversation) -> bool:
        """Reads a mail to its end and answers; whether the connection goes on."""
        raw = b""
        while (line := lines.readline()) != b".\r\n":
            if not line:
                return False  # the client went away: no mail
            raw += line.removeprefix(b".")
            if self.dies_in_data is not None and len(raw) > self.dies_in_data:
                return False
        answer = self._answer(".", said, b"250 2.0.0 taken\r\n")
        # A relay that dies or keeps silent at this point has the mail all the same: that is what nobody knows.
        if answer[:1] == b"2" or answer in (DIES, SILENT):
            mail = Mail(said.sender, said.recipient, raw, said.options, said.over_tls, said.user)
            with self._lock:
                self.mails.append(mail)
        return self._say(connection, answer)

    def _answer(self, verb: str, said: Conversation, usual: bytes) -> bytes:
        given = self.answers.get(verb, usual)
        return given if isinstance(given, bytes) else given(said.recipient) or usual

    def _say(self, connection: socket.socket, answer: bytes) -> bool:
        if answer == SILENT:
            self._stopping.wait()
        if answer in (DIES, SILENT):
            return False
        connection.sendall(answer)
        return True


class _Server(socketserver.ThreadingTCPServer):
    owner: Relay
    allow_reuse_address = True
    request_queue_size = 128
    daemon_threads = True


class _Handler(socketserver.BaseRequestHandler):
    server: _Server

    def handle(self) -> None:
        # Clients that go away in the middle are part of it.
        with contextlib.suppress(OSError):
            self.server.owner.serve(self.request)
