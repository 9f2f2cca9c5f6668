"""A proxy on loopback before the IMAP server: breaks off when it is told to, and changes what the server says."""

import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType

from tests.imap.dovecot import HOST

SECONDS = 20


@dataclass
class Proxy:
    """From `__enter__` to `__exit__`. `limit`: bytes of the server's that a connection lets pass, then it is cut.

    `changes`: what the server says is replaced, word by word. `is_silent`: from then on nothing of what it says
    passes. All may change at any time.
    """

    target: int
    limit: int | None = None
    changes: Mapping[bytes, bytes] = field(default_factory=dict)
    is_silent: bool = False
    listener: Callable[[bytes], None] | None = None  # gets what the server says before it passes
    host: str = HOST
    passed: int = 0  # bytes of the server's, of the last connection
    heard: bytearray = field(default_factory=bytearray)  # from the client, over all connections

    def __post_init__(self) -> None:
        self._listening = socket.create_server((self.host, 0))
        self.port: int = self._listening.getsockname()[1]
        self.open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self) -> "Proxy":
        self._threads[0].start()
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        _cut(self._listening)
        self.cut()
        for thread in self._threads:
            thread.join(SECONDS)
        for each in (self._listening, *self.open):
            each.close()

    def cut(self) -> None:
        """Breaks all connections off."""
        for each in self.open:
            _cut(each)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            server = socket.create_connection((HOST, self.target), SECONDS)
            self.open += [client, server]
            self.passed = 0
            for act in (self._forth, self._back):
                thread = threading.Thread(target=act, args=(client, server), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _forth(self, client: socket.socket, server: socket.socket) -> None:
        while data := _received(client):
            self.heard += data
            _send(server, data)
        _cut(server)

    def _back(self, client: socket.socket, server: socket.socket) -> None:
        while data := _received(server):
            if self.listener is not None:
                self.listener(data)
            if self.is_silent:
                continue
            for old, new in self.changes.items():
                data = data.replace(old, new)
            room = len(data) if self.limit is None else self.limit - self.passed
            _send(client, data[: max(room, 0)])
            self.passed += len(data)
            if room < len(data):
                break
        _cut(client)
        _cut(server)


def _received(source: socket.socket) -> bytes:
    try:
        return source.recv(65536)
    except OSError:
        return b""


def _send(target: socket.socket, data: bytes) -> None:
    try:
        target.sendall(data)
    except OSError:
        return  # it has gone; the other direction notices


def _cut(each: socket.socket) -> None:
    try:
        each.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
