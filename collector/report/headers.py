"""Header fields of a mail or a part of one, read by hand: `email.policy.default` costs fifteen times as much.

Total functions: any bytes give an answer, none raises.
"""

import binascii
import re
from collections.abc import Iterator
from urllib.parse import unquote

# The fields that reading a report needs. "contenttype" is a misspelling that is sent (Q78).
_WANTED = {
    name.encode(): name
    for name in (
        "from",
        "subject",
        "tls-report-domain",
        "tls-report-submitter",
        "content-type",
        "content-transfer-encoding",
        "content-disposition",
        "contenttype",
    )
}
_MAX_BLOCK = 256 * 1024
_MAX_VALUE = 8 * 1024
_FIELD = re.compile(rb"^([!-9;-~]{1,80})[ \t]*:(.*(?:\n[ \t].*)*)", re.MULTILINE)
_BLANKS = re.compile(r"[ \t\r\n]+")
_ENCODED_WORD = re.compile(r"=\?([^?\s]+)\?([bBqQ])\?([^?]*)\?=")
_BETWEEN_WORDS = re.compile(r"(=\?[^?\s]+\?[bBqQ]\?[^?]*\?=)\s+(?==\?[^?\s]+\?[bBqQ]\?)")
_PARAMETER = re.compile(r';\s*([^\s=;"]+)\s*=\s*("[^"\\]*(?:\\.[^"\\]*)*"|[^;]*)')
_EXTENDED = re.compile(r"(.+?)\*(?:([0-9]{1,3})(\*)?)?\Z")
_QUOTED_PAIR = re.compile(r"\\(.)")

# Names of the charsets that mail is written in (IANA), as Python knows them. What is none is read as Latin-1.
_CHARSETS = {
    name: name
    for name in (
        *("utf-8", "utf8", "us-ascii", "ascii", "utf-16", "utf-16le", "utf-16be"),
        *(f"iso-8859-{number}" for number in (*range(1, 12), 13, 14, 15, 16)),
        *(f"windows-{number}" for number in (874, *range(1250, 1259))),
        *("koi8-r", "koi8-u", "macintosh", "ibm437", "ibm850", "ibm852", "ibm866", "tis-620"),
        *("gb2312", "gbk", "gb18030", "hz-gb-2312", "big5", "big5-hkscs", "euc-jp", "iso-2022-jp", "shift-jis"),
        *("euc-kr", "iso-2022-kr", "ks-c-5601-1987"),
    )
}

Headers = dict[str, str]


def split(entity: bytes) -> tuple[bytes, bytes]:
    """Header block and body of a mail or part, whatever its line ends (Q92)."""
    if entity.startswith((b"\n", b"\r\n")):
        return b"", entity[1 if entity[:1] == b"\n" else 2 :]
    crlf = entity.find(b"\n\r\n")
    lf = entity.find(b"\n\n", 0, crlf + 1 if crlf >= 0 else len(entity))
    if lf >= 0:
        return entity[: lf + 1], entity[lf + 2 :]
    return (entity[: crlf + 1], entity[crlf + 3 :]) if crlf >= 0 else (entity, b"")


def parse(block: bytes) -> Headers:
    """The wanted fields by lower-case name: the first of each, unfolded, runs of blanks as one (Q72)."""
    headers: Headers = {}
    if b"\0" in block:
        block = block[:_MAX_BLOCK].replace(b"\0", b"")  # no database holds it, and no field may (RFC 5322 section 2.2)
    for raw_name, raw_value in _FIELD.findall(block, 0, _MAX_BLOCK):
        name = _WANTED.get(raw_name.lower())
        if name is not None and name not in headers:
            value = raw_value[:_MAX_VALUE].decode("utf-8", "replace").strip()
            headers[name] = _BLANKS.sub(" ", value) if "\n" in value or "  " in value or "\t" in value else value
    return headers


def every(block: bytes) -> Iterator[tuple[str, str]]:
    """All fields in their order, for a person to read: names as they came, values unfolded and decoded.

    None of what does not begin with a field: that is no mail.
    """
    if not _FIELD.match(block):
        return
    for match in _FIELD.finditer(block, 0, _MAX_BLOCK):
        value = match[2][:_MAX_VALUE].decode("utf-8", "replace").strip()
        yield match[1].decode("ascii"), text(_BLANKS.sub(" ", value))


def text(value: str) -> str:
    """A header value with its encoded words decoded (RFC 2047; a long domain comes so, Q102)."""
    if "=?" not in value:
        return value
    return _ENCODED_WORD.sub(_decoded_word, _BETWEEN_WORDS.sub(r"\1", value))


def _decoded_word(match: re.Match[str]) -> str:
    charset, encoding, content = match.groups()
    raw = content.encode("utf-8")
    raw = from_base64(raw) if encoding in "bB" else binascii.a2b_qp(raw, header=True)
    # RFC 2231 section 5 allows a language behind the charset.
    return _decoded(raw, charset.partition("*")[0])


def _decoded(raw: bytes, charset: str) -> str:
    # Not whatever Python has a codec for: some are quadratic (punycode), some are no charsets, and each name that a
    # stranger thinks up would stay in the cache of codecs for ever.
    codec = _CHARSETS.get(charset.lower().replace("_", "-"), "latin-1")
    decoded = raw.decode(codec, "replace")
    # Some codecs bring forth lone surrogates; nothing behind this line can hold them, nor NUL.
    return decoded.encode("utf-8", "replace").decode("utf-8").replace("\0", "")


def from_base64(data: bytes) -> bytes:
    """Lenient: foreign characters are skipped, missing padding is supplied, a last odd character is dropped (Q81)."""
    try:
        return binascii.a2b_base64(data)
    except binascii.Error:
        digits = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
        if len(digits) % 4 == 1:
            digits = digits[:-1]
        return binascii.a2b_base64(digits + b"=" * (-len(digits) % 4))


def media_type(value: str) -> str:
    """The type of a Content-Type value, lower case, without its parameters."""
    return value.partition(";")[0].strip().lower()


def parameter(value: str, wanted: str) -> str | None:
    """A parameter of a Content-Type or Content-Disposition value.

    Understands RFC 2231 continuations and charsets (Q101) and encoded words within quotes (Q80).
    """
    if wanted not in value.lower():
        return None
    pieces: dict[int, tuple[str, bool]] = {}
    for raw_name, content in _PARAMETER.findall(value):
        name = raw_name.lower()
        if name == wanted:
            return text(_unquoted(content))
        extended = _EXTENDED.match(name) if "*" in name else None
        if extended and extended[1] == wanted:
            number = int(extended[2] or 0)
            pieces.setdefault(number, (_unquoted(content), extended[2] is None or extended[3] is not None))
    return _joined(pieces) if pieces else None


def _unquoted(content: str) -> str:
    content = content.strip()
    if len(content) >= 2 and content[0] == content[-1] == '"':
        content = content[1:-1]
        return _QUOTED_PAIR.sub(r"\1", content) if "\\" in content else content
    return content


def _joined(pieces: dict[int, tuple[str, bool]]) -> str:
    charset = "utf-8"
    decoded: list[str] = []
    for number in sorted(pieces):
        content, is_encoded = pieces[number]
        if is_encoded and not decoded and content.count("'") >= 2:
            charset, _, content = content.split("'", 2)
        decoded.append(unquote(content, "latin-1") if is_encoded else content)
    # Percent-encoding is over bytes, and a character may lie across two pieces.
    return _decoded("".join(decoded).encode("latin-1", "replace"), charset or "utf-8")
