"""A real HTTPS server on loopback that plays every policy host: SNI chooses the certificate, the table the answer.

    with PolicyHost() as host:
        host.hosts["new.example"] = Host(ok(b"version: STSv1\\r\\n..."))
        settings = host.settings()  # its port, its CA, a short time limit

`HOSTS` names a policy domain for each way to be good or bad; `mta-sts.` stands before it on the wire.
"""

import contextlib
import gzip
import itertools
import re
import socket
import socketserver
import ssl
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType

import trustme

from collector.settings import Monitor
from tests.support.weak import self_signed

LINES = (b"version: STSv1", b"mode: testing", b"mx: mx1.example.com", b"max_age: 86400", b"")
POLICY = b"\r\n".join(LINES)

# What a host does on a connection: bytes to send, and seconds to wait between them. It closes at the end.
Steps = Callable[[], Iterable[bytes | float]]


def answer(status: str, headers: Iterable[str] = (), body: bytes = b"", *, length: bool = True) -> Steps:
    lines = [f"HTTP/1.1 {status}", *headers, *([f"Content-Length: {len(body)}"] if length else ()), "", ""]
    return lambda: ["\r\n".join(lines).encode(), body]


def ok(body: bytes, *headers: str, content_type: str = "text/plain") -> Steps:
    return answer("200 OK", [f"Content-Type: {content_type}", *headers], body)


def redirect(status: str) -> Steps:
    return answer(status, ["Location: https://mta-sts.good.example/.well-known/mta-sts.txt"])


def _chunked(chunks: Iterable[bytes]) -> Iterable[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
    for chunk in chunks:
        yield b"%x\r\n%s\r\n" % (len(chunk), chunk)
    yield b"0\r\n\r\n"


def _drip(data: bytes, start: bytes = b"") -> Iterable[bytes | float]:
    """Each octet alone, so that no time limit on a single read ever strikes."""
    yield start
    for octet in itertools.cycle(data):
        yield bytes([octet])
        yield 0.05


_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
_LONG = POLICY + b"x_filler: " + b"y" * 65 * 1024 + b"\r\n"


@dataclass(frozen=True)
class Host:
    """One policy host. `certificate` names an entry of `_certificates`; "" never answers the TLS handshake."""

    steps: Steps = field(default_factory=lambda: ok(POLICY))
    certificate: str = "own"


HOSTS = {
    # good ones
    "good.example": Host(),
    "lf.example": Host(ok(b"\n".join(LINES))),
    "charset.example": Host(ok(POLICY, content_type="Text/Plain; charset=UTF-8")),
    "chunked.example": Host(lambda: _chunked([POLICY[:10], POLICY[10:]])),
    "until-close.example": Host(answer("200 OK", ["Content-Type: text/plain"], POLICY, length=False)),
    "gzip.example": Host(ok(gzip.compress(POLICY), "Content-Encoding: gzip")),
    "wildcard.example": Host(certificate="wildcard"),
    "full.example": Host(ok(POLICY + b"x: " + b"y" * (64 * 1024 - len(POLICY) - 3))),
    # HTTP
    "moved.example": Host(redirect("301 Moved Permanently")),
    "found.example": Host(redirect("302 Found")),
    "temporary.example": Host(redirect("307 Temporary Redirect")),
    "not-modified.example": Host(answer("304 Not Modified", length=False)),
    "missing.example": Host(answer("404 Not Found", ["Content-Type: text/plain"], POLICY)),
    "created.example": Host(answer("201 Created", ["Content-Type: text/plain"], POLICY)),
    "failing.example": Host(answer("500 Internal Server Error")),
    "no-http.example": Host(lambda: [b"220 mail.example ESMTP\r\n"]),
    "html.example": Host(ok(b"<!DOCTYPE html><html><p>Hello</html>", content_type="text/html")),
    "no-type.example": Host(answer("200 OK", body=POLICY)),
    "odd-type.example": Host(ok(POLICY, content_type="text/plain-ish")),
    "brotli.example": Host(ok(POLICY, "Content-Encoding: br")),
    "bad-gzip.example": Host(ok(POLICY, "Content-Encoding: gzip")),
    # size and time
    "long.example": Host(ok(_LONG)),
    "long-chunked.example": Host(lambda: _chunked([_LONG])),
    "endless.example": Host(lambda: _chunked(itertools.repeat(b"z" * 4096))),
    "bomb.example": Host(ok(gzip.compress(b"a" * 50_000_000), "Content-Encoding: gzip")),
    "endless-headers.example": Host(lambda: itertools.chain([_HEAD], itertools.repeat(b"X-Filler: yyyyyyyyyyyy\r\n"))),
    "slow-headers.example": Host(lambda: _drip(b"X-Slow: yes\r\n", _HEAD)),
    "slow-body.example": Host(lambda: _drip(b"x: y\r\n", _HEAD + b"Content-Length: 60000\r\n\r\n")),
    "silent.example": Host(lambda: [60.0]),
    "closes-early.example": Host(lambda: [_HEAD + b"Content-Length: 500\r\n\r\n", POLICY]),
    "closes-at-once.example": Host(list),
    # TLS
    "no-handshake.example": Host(certificate=""),
    "other-name.example": Host(certificate="other name"),
    "parent-name.example": Host(certificate="parent name"),
    "common-name.example": Host(certificate="common name only"),
    "two-labels.wild.example": Host(certificate="wildcard over two labels"),
    "expired.example": Host(certificate="expired"),
    "untrusted.example": Host(certificate="untrusted"),
    "self-signed.example": Host(certificate="self-signed"),
    "ends-in-2031.example": Host(certificate="ends in 2031"),
    # policies that are none
    "soft-404.example": Host(ok(b"<!DOCTYPE html><html><p>Not found</html>")),
    "bom.example": Host(ok(b"\xef\xbb\xbf" + POLICY)),
    "no-mode.example": Host(ok(POLICY.replace(b"mode: testing\r\n", b""))),
}


def _certificates(name: str) -> dict[str, Callable[[trustme.CA, trustme.CA], trustme.LeafCert]]:
    """How the certificate for policy host `name` is made, by the trusted CA and the unknown one."""
    parent = name.partition(".")[2]
    past = datetime.now(UTC) - timedelta(days=1)
    return {
        "own": lambda ca, _: ca.issue_cert(name),
        "wildcard": lambda ca, _: ca.issue_cert("*." + parent),
        "other name": lambda ca, _: ca.issue_cert("www.provider.example"),
        "parent name": lambda ca, _: ca.issue_cert(parent),
        "common name only": lambda ca, _: ca.issue_cert("admin@example.com", common_name=name),
        "wildcard over two labels": lambda ca, _: ca.issue_cert("*." + parent.partition(".")[2]),
        "expired": lambda ca, _: ca.issue_cert(name, not_before=past - timedelta(days=90), not_after=past),
        "ends in 2031": lambda ca, _: ca.issue_cert(name, not_after=datetime(2031, 2, 3, 4, 5, 6, tzinfo=UTC)),
        "untrusted": lambda _, unknown: unknown.issue_cert(name),
        "self-signed": lambda *_: self_signed(name),
    }


class PolicyHost:
    """Serves `hosts` from `__enter__` to `__exit__`. Counts `connections` and `requests` per policy domain."""

    def __init__(self) -> None:
        self.hosts = dict(HOSTS)
        self.connections: Counter[str] = Counter()
        self.requests: Counter[str] = Counter()
        self.last_request = b""
        self.stopping = threading.Event()
        self._folder = tempfile.TemporaryDirectory()
        self.ca_file = Path(self._folder.name) / "ca.pem"
        self._ca, self._unknown_ca = trustme.CA(), trustme.CA()
        self._ca.cert_pem.write_to_path(self.ca_file)
        self._contexts: dict[tuple[str, str], ssl.SSLContext] = {}
        self._front = _context(self._ca.issue_cert("no-server-name.example"))
        self._front.sni_callback = self._choose
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.owner = self
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def settings(self, timeout: float = 5) -> Monitor:
        """Monitor settings for this port and this CA."""
        return Monitor(ca_file=self.ca_file, https_port=self.port, timeout=timeout)

    def zone(self) -> dict[tuple[str, str], list[str]]:
        """What DNS has to say for every host of the table: an `_mta-sts` record, and an address."""
        records = {(f"_mta-sts.{name}", "TXT"): ["v=STSv1; id=20260101"] for name in self.hosts}
        return records | {(f"mta-sts.{name}", "A"): ["127.0.0.1"] for name in self.hosts}

    def __enter__(self) -> "PolicyHost":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._folder.cleanup()

    def serve(self, connection: socket.socket) -> None:
        """One connection: the handshake, one request, the steps of the host that it names."""
        with self._front.wrap_socket(connection, server_side=True) as tls:
            self.last_request = head = _request(tls)
            if not head:
                return  # somebody only looked at the certificate
            domain = re.search(rb"\r\nHost: mta-sts\.([^:\r]+)", head)[1].decode()  # type: ignore[index]
            self.requests[domain] += 1
            found = head.startswith(b"GET /.well-known/mta-sts.txt HTTP/1.1\r\n")
            for step in (self.hosts[domain].steps if found else answer("404 Not Found"))():
                if isinstance(step, bytes):
                    tls.sendall(step)
                elif self.stopping.wait(step):
                    return
            # What has been sent arrives before the end does.
            tls.unwrap()

    def _choose(self, connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        """The SNI callback: a client that names nobody gets a certificate for nobody."""
        if name is None:
            return
        domain = name.removeprefix("mta-sts.")
        self.connections[domain] += 1
        certificate = self.hosts[domain].certificate
        if not certificate:
            self.stopping.wait(60)
            return
        if (name, certificate) not in self._contexts:
            leaf = _certificates(name)[certificate](self._ca, self._unknown_ca)
            self._contexts[name, certificate] = _context(leaf)
        connection.context = self._contexts[name, certificate]


def _context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def _request(connection: ssl.SSLSocket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head and (data := connection.recv(4096)):
        head += data
    return head


class _Server(socketserver.ThreadingTCPServer):
    owner: PolicyHost
    request_queue_size = 128
    daemon_threads = True


class _Handler(socketserver.BaseRequestHandler):
    server: _Server

    def handle(self) -> None:
        # Clients that go away in the middle are what these tests are about.
        with contextlib.suppress(OSError):
            self.server.owner.serve(self.request)
