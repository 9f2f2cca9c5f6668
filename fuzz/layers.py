"""A mail taken apart as far as its JSON, and put together again around other content."""

import base64
import binascii
import re
import zlib
from dataclasses import dataclass, replace

GZIP = b"\x1f\x8b"
_MOST = 1_000_000  # unpacked; no bombs here
_BASE64 = re.compile(rb"base64\r?\n(?:[^\r\n]+\r?\n)*\r?\n([A-Za-z0-9+/=\r\n]{24,})")


@dataclass(frozen=True)
class Layers:
    """`before` and `after` are bytes of the mail; `text` is what the part between them holds, unpacked."""

    before: bytes
    text: bytes
    after: bytes
    is_packed: bool

    @property
    def content(self) -> bytes:
        """The part as attached."""
        if not self.is_packed:
            return self.text
        packer = zlib.compressobj(1, zlib.DEFLATED, 31)
        return packer.compress(self.text) + packer.flush()

    def around(self, content: bytes) -> bytes:
        """The mail with another attachment."""
        return self.before + base64.encodebytes(content).replace(b"\n", b"\r\n") + self.after

    def mail(self) -> bytes:
        return self.around(self.content)

    def of(self, text: bytes) -> "Layers":
        """The same mail about another text."""
        return replace(self, text=text)


def peel(mail: bytes) -> Layers | None:
    """The layers around the first part in base64; None if there is none that can be unpacked."""
    found = _BASE64.search(mail)
    if found is None:
        return None
    try:
        content = base64.b64decode(found[1])
        is_packed = content.startswith(GZIP)
        text = zlib.decompressobj(31).decompress(content, _MOST) if is_packed else content
    except (binascii.Error, zlib.error):
        return None
    return Layers(mail[: found.start(1)], text, mail[found.end(1) :], is_packed)
