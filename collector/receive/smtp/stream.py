"""The bytes of a connection, in and out.

aiosmtpd's protocol is kept for the transport, STARTTLS and its state. Its reading is replaced: it takes a mail line by
line, 1,001 bytes at a time, and inspects itself anew on each connection, which together is most of its time.
"""

import asyncio
from typing import Any, cast

from aiosmtpd.smtp import SMTP

# So much of what a client sends ahead is kept; then it has to wait.
_MOST_AHEAD = 256 * 1024
# RFC 5321 section 4.5.3.1.4 says 512 for a command; its extensions and long addresses need more.
_MAX_LINE = 2048
# A longer line is read to its end and refused; one without an end ends the connection.
_MAX_DRAINED = 64 * 1024


class HungUp(Exception):
    """The client has gone in the middle of something."""


class Stream(SMTP):
    """A connection as lines and chunks to read, and answers to say."""

    def __init__(self, inherited: dict[str, Any]) -> None:
        """`inherited`: what aiosmtpd's constructor sets."""
        self.__dict__.update(inherited)
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(loop=loop)
        asyncio.StreamReaderProtocol.__init__(self, reader, self._cb_client_connected, loop)
        self._input = bytearray()
        self._output = bytearray()
        self._arrival: asyncio.Future[None] | None = None  # whoever waits for more input
        self._at_end = False
        self._held_back = False
        self._is_slow = False  # the client takes our answers more slowly than we give them
        self._awaiting_command = False
        self._seen = loop.time()

    # The transport's calls

    def data_received(self, data: bytes) -> None:
        # Straight into our own buffer: the layers of a stream cost as much as the command that comes through them.
        self._input += data
        self._wake()
        if len(self._input) > _MOST_AHEAD and not self._held_back and self.transport is not None:
            self._held_back = True
            cast("asyncio.Transport", self.transport).pause_reading()

    def pause_writing(self) -> None:
        self._is_slow = True
        super().pause_writing()

    def resume_writing(self) -> None:
        self._is_slow = False
        super().resume_writing()

    # What a session does

    def say(self, reply: str) -> None:
        """One answer. It leaves when there is nothing more to read: a group of commands gets one packet (Q112)."""
        self._output += reply.encode("ascii", "backslashreplace") + b"\r\n"

    async def push(self, status: str | bytes) -> None:
        """An answer that leaves at once: aiosmtpd's STARTTLS calls it."""
        self.say(status if isinstance(status, str) else status.decode("ascii"))
        await self.flush()

    async def flush(self) -> None:
        if self._output:
            if self.transport is None:
                raise HungUp
            output, self._output = self._output, bytearray()
            cast("asyncio.Transport", self.transport).write(output)
            if self._is_slow:
                try:
                    await self._writer.drain()
                except ConnectionError:
                    raise HungUp from None

    async def read_line(self) -> bytes | None:
        """The next command without its line end; b"" if it was too long, None if the client has said all.

        Raises HungUp if it ended in the middle of a line, or if the line has no end.
        """
        drained = 0
        while (end := self._input.find(b"\n")) < 0:
            if len(self._input) > _MAX_LINE:
                drained += len(self._input)
                self._input.clear()
            self._awaiting_command = True
            more = drained <= _MAX_DRAINED and await self._fill()
            self._awaiting_command = False
            if not more:
                if self._input or drained:
                    raise HungUp
                return None
        line = bytes(self._input[:end]).removesuffix(b"\r")
        del self._input[: end + 1]
        return b"" if drained or len(line) > _MAX_LINE else line

    async def read_chunk(self) -> bytearray:
        """Whatever is there, at least one byte. Raises HungUp at the end."""
        if not self._input and not await self._fill():
            raise HungUp
        chunk, self._input = self._input, bytearray()
        return chunk

    def put_back(self, rest: bytes) -> None:
        """Bytes of the last chunk that belong to what comes next."""
        self._input[:0] = rest

    def forget_input(self) -> None:
        """What came in clear before STARTTLS must not count after it (RFC 3207 section 4.2)."""
        self._input.clear()

    async def _fill(self) -> bool:
        """Whether there is more input than before; waits for it. False at the end."""
        before = len(self._input)
        await self.flush()
        if self._held_back and self.transport is not None:
            self._held_back = False
            cast("asyncio.Transport", self.transport).resume_reading()
        if len(self._input) == before and not self._at_end:
            self._arrival = self.loop.create_future()
            try:
                await self._arrival
            finally:
                self._arrival = None
        self._seen = self.loop.time()
        return len(self._input) > before

    def _wake(self) -> None:
        if self._arrival is not None and not self._arrival.done():
            self._arrival.set_result(None)
