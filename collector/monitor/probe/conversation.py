"""SMTP with a stranger, as far as STARTTLS goes: limits on bytes, lines and, from outside, on time.

Over a bare socket: nothing is read ahead of the handshake, and closing waits for nobody.
"""

import asyncio
import contextlib
import errno
import re
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from collector.monitor.probe.facts import Fault

# RFC 5321 section 4.5.3.1.5 allows 512 octets in a line; what some servers say in EHLO is longer.
_LINE_BYTES = 2048
_REPLY_LINES = 100
# OpenSSL takes certificates up to 100 KiB in all; the rest of a handshake is small.
_HANDSHAKE_BYTES = 256 * 1024
_CHUNK = 4096
_GOODBYE = 1.0  # seconds
_MOST_SHOWN = 120  # characters
_REPLY = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Reply:
    """`lines` are without code and line ends."""

    code: int
    lines: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.code} {' / '.join(self.lines)}".rstrip()[:_MOST_SHOWN]


class Conversation:
    """One connection. Every method raises Fault or OSError. `enter` is told what is waited for next.

    Use it as a context: it is closed at the end, whatever was going on.
    """

    def __init__(self, address: str, port: int, enter: Callable[[str], None]) -> None:
        self.address = address
        self._port = port
        self._enter = enter
        self._loop = asyncio.get_running_loop()
        self._socket = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setblocking(False)
        self._read = bytearray()
        self._tls: _Tls | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    async def connect(self) -> None:
        """Ends with the connection; the greeting is a reply."""
        self._enter("connection")
        await self._loop.sock_connect(self._socket, (self.address, self._port))
        self._enter("greeting")

    def own_address(self) -> str:
        """Our side as an address literal (RFC 5321 section 4.1.3)."""
        own = self._socket.getsockname()[0].partition("%")[0]
        return f"[IPv6:{own}]" if ":" in own else f"[{own}]"

    async def command(self, line: str) -> Reply:
        self._enter(f"answer to {line.partition(' ')[0]}")
        await self._loop.sock_sendall(self._socket, f"{line}\r\n".encode("ascii"))
        return await self.reply()

    async def reply(self) -> Reply:
        """One reply, of one or several lines (RFC 5321 section 4.2)."""
        lines: list[str] = []
        while len(lines) < _REPLY_LINES:
            raw = await self._line()
            match = _REPLY.match(raw)
            if match is None:
                raise Fault("not_smtp", f"{self.address} does not speak SMTP: {_shown(raw)}")
            lines.append(_shown(match[3] or b""))
            if match[2] != b"-":
                return Reply(int(match[1]), tuple(lines))
        raise Fault("not_smtp", f"{self.address} gives a reply of more than {_REPLY_LINES} lines")

    async def handshake(self, context: ssl.SSLContext, host: str) -> ssl.SSLObject:
        """TLS, with `host` as server name (SNI; RFC 8461 section 7.1). Raises ssl.SSLError too."""
        self._enter("end of the TLS handshake")
        if self._read:
            raise Fault("tls_failed", f"{self.address} goes on in clear text after its answer to STARTTLS")
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(incoming, outgoing, server_hostname=host)
        left = _HANDSHAKE_BYTES
        while not _shaken(tls):
            await self._send(outgoing)
            data = await self._receive()
            left -= len(data)
            if not data:
                raise ConnectionResetError(errno.ECONNRESET, "closed")
            if left < 0:
                raise Fault("tls_failed", f"{self.address} comes to no end of the TLS handshake")
            incoming.write(data)
        await self._send(outgoing)
        self._tls = _Tls(tls, incoming, outgoing)
        return tls

    async def quit(self) -> None:
        """Takes leave; whatever the other side makes of that."""
        with contextlib.suppress(OSError, TimeoutError, Fault):
            async with asyncio.timeout(_GOODBYE):
                if self._tls is None:
                    await self.command("QUIT")
                    return
                self._tls.connection.write(b"QUIT\r\n")
                await self._send(self._tls.outgoing)
                # Tickets may come before the answer.
                while not self._tls.has_answer() and (data := await self._receive()):
                    self._tls.incoming.write(data)

    async def _line(self) -> bytes:
        """One line without its end, which is CRLF, or LF from those who know no better."""
        while (end := self._read.find(b"\n")) < 0:
            if len(self._read) > _LINE_BYTES:
                raise Fault("not_smtp", f"{self.address} sends a line of more than {_LINE_BYTES} bytes")
            data = await self._receive()
            if not data:
                raise ConnectionResetError(errno.ECONNRESET, "closed")
            self._read += data
        line = bytes(self._read[:end]).removesuffix(b"\r")
        del self._read[: end + 1]
        return line

    async def _receive(self) -> bytes:
        return await self._loop.sock_recv(self._socket, _CHUNK)

    async def _send(self, outgoing: ssl.MemoryBIO) -> None:
        if outgoing.pending:
            await self._loop.sock_sendall(self._socket, outgoing.read())


@dataclass(frozen=True, slots=True)
class _Tls:
    connection: ssl.SSLObject
    incoming: ssl.MemoryBIO
    outgoing: ssl.MemoryBIO

    def has_answer(self) -> bool:
        """Whether something has come that can be read, or nothing more will."""
        try:
            self.connection.read(_CHUNK)
        except ssl.SSLWantReadError:
            return False
        return True


def _shaken(tls: ssl.SSLObject) -> bool:
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True


def _shown(raw: bytes) -> str:
    """What a stranger says, fit for a message."""
    text = raw[:_MOST_SHOWN].decode("ascii", "replace")
    return "".join(char if char.isprintable() else "?" for char in text)
