"""Tells the figures of this process over HTTP, on the listener's own event loop: GET /metrics and nothing else."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from collector.receive.smtp import sockets
from collector.settings import Address

log = logging.getLogger(__name__)

# A scraper asks in one packet. Whoever is slower, longer or more than these is no scraper.
_SECONDS = 5.0
_MOST_BYTES = 8192
_MOST_CONNECTIONS = 16


@asynccontextmanager
async def told(address: Address | None, text: Callable[[], bytes]) -> AsyncIterator[tuple[Address, ...]]:
    """Answers at `address` with `text()` for as long as the block runs; where that is, with the real port.

    Raises ConfigurationError naming `metrics.listen`. None: nowhere.
    """
    bound = sockets.bind([] if address is None else [address], key="metrics.listen")
    servers: list[asyncio.Server] = []
    open_: set[asyncio.BaseTransport] = set()
    try:
        for each in bound:
            sockets.listen(each)
            servers.append(await asyncio.get_running_loop().create_server(lambda: _Request(text, open_), sock=each))
        where = tuple(sockets.address_of(each) for each in bound)
        if where:
            log.info("figures on %s", ", ".join(f"http://{each}/metrics" for each in where))
        yield where
    finally:
        for server in servers:
            server.close()
        sockets.close(bound)


class _Request(asyncio.Protocol):
    """One connection: one question, one answer."""

    def __init__(self, text: Callable[[], bytes], open_: set[asyncio.BaseTransport]) -> None:
        self._text = text
        self._open = open_
        self._asked = b""
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        if len(self._open) >= _MOST_CONNECTIONS:
            transport.abort()
            return
        self._open.add(transport)
        self._transport = transport
        self._timer = asyncio.get_running_loop().call_later(_SECONDS, transport.abort)

    def data_received(self, data: bytes) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        self._asked += data
        if b"\r\n\r\n" in self._asked:
            transport.write(self._answer())
            transport.close()
        elif len(self._asked) > _MOST_BYTES:
            transport.abort()

    def connection_lost(self, _: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None:
            self._open.discard(self._transport)

    def _answer(self) -> bytes:
        method, _, rest = self._asked.partition(b"\r\n")[0].partition(b" ")
        path = rest.partition(b" ")[0].partition(b"?")[0]
        if path != b"/metrics":
            return _response("404 Not Found", "text/plain; charset=utf-8", b"The figures are at /metrics.\n")
        if method != b"GET":
            return _response("405 Method Not Allowed", "text/plain; charset=utf-8", b"GET only.\n", "Allow: GET\r\n")
        return _response("200 OK", CONTENT_TYPE_PLAIN_0_0_4, self._text())


def _response(status: str, content_type: str, body: bytes, more: str = "") -> bytes:
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n"
        f"X-Content-Type-Options: nosniff\r\nConnection: close\r\n{more}\r\n"
    )
    return head.encode("ascii") + body
