"""A real MX host on loopback, one thread a connection, that is good or bad in the way a test names.

    with MxHost(authority.certificate("mx.example.com")) as host:
        host.settings(authority)  # its port, the CA, a short time limit

`steps` replaces the whole dialogue by bytes to send and seconds to wait; the connection is closed after them.
"""

import contextlib
import socket
import socketserver
import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType

import trustme

from collector.settings import Monitor

Steps = Iterable[bytes | float]
HELLO = (b"mx.example.com", b"SIZE 10240000", b"STARTTLS", b"8BITMIME")


class Authority:
    """A CA that the tests trust, and one that nobody does."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.ca_file = Path(self._folder.name) / "ca.pem"
        self.trusted, self.unknown = trustme.CA(), trustme.CA()
        self.trusted.cert_pem.write_to_path(self.ca_file)

    def certificate(self, *names: str, days: float = 90, since: float = -1, trusted: bool = True) -> trustme.LeafCert:
        """Valid from `since` days from now until `days` from now."""
        now = datetime.now(UTC)
        authority = self.trusted if trusted else self.unknown
        return authority.issue_cert(
            *names, not_before=now + timedelta(days=since), not_after=now + timedelta(days=days)
        )

    def common_name_only(self, name: str) -> trustme.LeafCert:
        return self.trusted.issue_cert("postmaster@example.com", common_name=name)

    def close(self) -> None:
        self._folder.cleanup()


@dataclass
class Seen:
    """What clients did: what they said, server names they asked for, how many took their leave."""

    connections: int = 0
    commands: list[str] = field(default_factory=list)
    server_names: list[str | None] = field(default_factory=list)
    quits: int = 0
    now: int = 0
    most_at_once: int = 0


class MxHost:
    """Listens at `address` from `__enter__` to `__exit__`."""

    def __init__(
        self,
        certificate: trustme.LeafCert | None = None,
        *,
        address: str = "127.0.0.1",
        port: int = 0,
        hello: tuple[bytes, ...] = HELLO,
        answers: dict[str, bytes] | None = None,
        steps: Steps | None = None,
        after_starttls: Steps | None = None,
        prepare: Callable[[ssl.SSLContext], None] = lambda context: None,
        delay: float = 0,
        at_once: bool = False,
    ) -> None:
        """`delay`: seconds before the greeting. `at_once`: TLS comes first, as at port 465. `answers` replace those to a command, or to "" (the greeting); `prepare` makes its TLS another."""
        self.seen = Seen()
        self.stopping = threading.Event()
        self._hello = hello
        self._answers = answers or {}
        self._steps = steps
        self._delay = delay
        self._at_once = at_once
        self._lock = threading.Lock()
        self._after_starttls = after_starttls
        self._context = _context(certificate, prepare, self.seen) if certificate is not None else None
        kind = _Server6 if ":" in address else _Server
        self._server = kind((address, port), _Handler)
        self._server.owner = self
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def settings(self, authority: Authority, timeout: float = 5) -> Monitor:
        return Monitor(ca_file=authority.ca_file, smtp_port=self.port, timeout=timeout)

    def __enter__(self) -> "MxHost":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def serve(self, connection: socket.socket) -> None:
        with self._lock:
            self.seen.connections += 1
            self.seen.now += 1
            self.seen.most_at_once = max(self.seen.now, self.seen.most_at_once)
        try:
            self._serve(connection)
        finally:
            with self._lock:
                self.seen.now -= 1

    def _serve(self, connection: socket.socket) -> None:
        if self._steps is not None:
            self.play(connection, self._steps)
            return
        if self._at_once:
            self._secure(connection)
            return
        time.sleep(self._delay)
        connection.sendall(self._answers.get("", b"220 mx.example.com ESMTP\r\n"))
        self._dialogue(connection)

    def play(self, connection: socket.socket, steps: Steps) -> None:
        for step in steps:
            if isinstance(step, bytes):
                connection.sendall(step)
            elif self.stopping.wait(step):
                return

    def _dialogue(self, connection: socket.socket) -> None:
        """Until QUIT, the end, or STARTTLS; after TLS has begun it goes on."""
        with connection.makefile("rb") as lines:
            for line in lines:
                command = line.decode("ascii").strip()
                verb = command.split(" ")[0].upper()
                self.seen.commands.append(command)
                connection.sendall(self._answers.get(verb) or self._answer(verb))
                if verb == "QUIT":
                    self.seen.quits += 1
                    return
                if verb == "STARTTLS" and verb not in self._answers:
                    break
            else:
                return
        self._secure(connection)

    def _answer(self, verb: str) -> bytes:
        match verb:
            case "EHLO":
                last = len(self._hello) - 1
                return b"".join(
                    b"250%s%s\r\n" % (b" " if i == last else b"-", row) for i, row in enumerate(self._hello)
                )
            case "STARTTLS":
                return b"220 go ahead\r\n"
            case "QUIT":
                return b"221 bye\r\n"
            case _:
                return b"502 no\r\n"

    def _secure(self, connection: socket.socket) -> None:
        if self._after_starttls is not None:
            self.play(connection, self._after_starttls)
        if self._context is not None:
            with self._context.wrap_socket(connection, server_side=True) as tls:
                self._dialogue(tls)


def _context(certificate: trustme.LeafCert, prepare: Callable[[ssl.SSLContext], None], seen: Seen) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    certificate.configure_cert(context)
    context.sni_callback = lambda _, name, __: seen.server_names.append(name)
    prepare(context)
    return context


class _Server(socketserver.ThreadingTCPServer):
    owner: MxHost
    allow_reuse_address = True
    request_queue_size = 128
    daemon_threads = True


class _Server6(_Server):
    address_family = socket.AF_INET6


class _Handler(socketserver.BaseRequestHandler):
    server: _Server

    def handle(self) -> None:
        # Clients that go away in the middle are part of it.
        with contextlib.suppress(OSError):
            self.server.owner.serve(self.request)
