"""The mail between DATA and the lone dot (RFC 5321 section 4.5.2). Knows no network: chunks in, the mail out."""

from collector.receive.smtp.budget import Share

_END = b"\r\n.\r\n"


class DataReader:
    """Takes the chunks that follow the 354 reply, up to the end of the mail.

    Only CR LF . CR LF ends it: a dot between bare line feeds or carriage returns is content. Whoever ends it
    elsewhere lets a second mail be smuggled inside the first. Lines may be of any length.

    `limit` is in bytes of the mail without the added dots (RFC 1870 section 5). Beyond it, and where `share` cannot
    grow any more, the bytes are counted and dropped, so no more than that and one chunk is ever held.
    """

    def __init__(self, limit: int, share: Share) -> None:
        self._limit = limit
        self._share = share
        self._content = bytearray()
        # The line break of the DATA command itself: with it a lone dot on the first line is like any other.
        self._tail = b"\r\n"
        self._first = True
        self.size = 0  # bytes so far, dropped ones included
        self.no_room = False  # the share could not grow

    @property
    def too_big(self) -> bool:
        return self.size > self._limit

    def feed(self, chunk: bytes | bytearray) -> bytes | None:
        """What stands after the end of the mail in `chunk` (often nothing), or None while the end is still to come."""
        data = self._tail + chunk
        end = data.find(_END)
        if end >= 0:
            self._take(data[: end + 2])
            return data[end + len(_END) :]
        kept = _held_back(data)
        self._tail = data[len(data) - kept :]
        self._take(data[: len(data) - kept])
        return None

    def content(self) -> bytes:
        """The mail as its sender wrote it, once: it is not kept here. Empty if it was too big or there was no room."""
        content, self._content = bytes(self._content), bytearray()
        return content

    def _take(self, data: bytes) -> None:
        if not data:
            return
        # A first dot was added to each line that begins with one. The tail keeps such a pair in one piece.
        data = data.replace(b"\r\n.", b"\r\n")
        if self._first:
            self._first = False
            data = data[2:]
        self.size += len(data)
        if not self.no_room:
            self.no_room = not (self.too_big or self._share.grow(len(data)))
        if self.too_big or self.no_room:
            self._content = bytearray()
            self._share.release()
        else:
            self._content += data


def _held_back(data: bytes) -> int:
    """How many bytes at the end of `data` may be the beginning of the end."""
    for length in range(len(_END) - 1, 0, -1):
        if data.endswith(_END[:length]):
            return length
    return 0
