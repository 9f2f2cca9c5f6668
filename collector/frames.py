"""How a process and its helper speak: frames of msgpack behind their length, over a pair of sockets."""

import struct
from collections.abc import Iterator
from typing import IO

import msgspec

HEAD = struct.Struct("!I")  # the length of the content, in bytes
_encoder = msgspec.msgpack.Encoder()


def frame(what: object) -> bytearray:
    """A value as a frame."""
    made = bytearray(HEAD.size)
    _encoder.encode_into(what, made, HEAD.size)
    HEAD.pack_into(made, 0, len(made) - HEAD.size)
    return made


class Frames:
    """Cuts a stream of bytes into the contents of frames."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def feed(self, chunk: bytes | memoryview) -> None:
        self._bytes += chunk

    def take(self) -> bytes | None:
        """The content of the next frame, None while it is not complete."""
        if len(self._bytes) < HEAD.size:
            return None
        [length] = HEAD.unpack_from(self._bytes)
        end = HEAD.size + length
        if len(self._bytes) < end:
            return None
        with memoryview(self._bytes) as view:  # one copy and not two, of what may be tens of megabytes
            content = bytes(view[HEAD.size : end])
        del self._bytes[:end]
        return content

    def __iter__(self) -> Iterator[bytes]:
        while (content := self.take()) is not None:
            yield content


def send(stream: IO[bytes], content: bytes) -> None:
    """One content, framed, over a blocking stream."""
    stream.write(HEAD.pack(len(content)))
    stream.write(content)
    stream.flush()


def receive(stream: IO[bytes]) -> bytes | None:
    """The next content from a blocking stream; None at the end, also in the middle of one."""
    head = stream.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    [length] = HEAD.unpack(head)
    content = stream.read(length)
    return content if len(content) == length else None
