"""One URI of a `rua=` list (RFC 8460 section 3, R3, R4). Pure."""

import re
from dataclasses import dataclass

from collector import domains
from collector.monitor import txt

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*\Z")
# RFC 3986: what a URI is made of, less `!`, `,` and `;`, which must be percent-encoded here (R3).
_URI = re.compile(r"(?:[A-Za-z0-9._~:/?#\[\]@$&'()*+=-]|%[0-9A-Fa-f]{2})*\Z")
_NOT_URI = re.compile(r"[^A-Za-z0-9._~:/?#\[\]@$&'()*+=%-]")
# DMARC (RFC 7489 section 6.2) lets a size follow the address; TLSRPT does not.
_SIZE = re.compile(r"!(?:[0-9]+[kmgtKMGT]?)?\Z")
_LOCAL = re.compile(r"[^\s<>()\[\]\\,;:@\"]{1,64}\Z")
_AUTHORITY = re.compile(r"//(?P<user>[^/?#@]*@)?(?P<host>\[[0-9A-Fa-f:.]+\]|[^/?#:@]+)(?::[0-9]{1,5})?(?:[/?#].*)?\Z")

# code, severity, text
Found = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Uri:
    """`text` as published; `wanted` is what should stand there, None where nobody can tell.

    `is_known`: its scheme is one that senders use. `scheme` in lower case, "" where there is none.
    """

    text: str
    scheme: str
    wanted: str | None
    problems: tuple[Found, ...] = ()

    @property
    def is_known(self) -> bool:
        return self.scheme in ("mailto", "https")


def read_uri(text: str) -> Uri:
    """Looks at one URI of the list, without the blanks around it."""
    if not text:
        return Uri(text, "", None, (("rua_empty", "error", "a URI is missing before, between or after the commas"),))
    scheme, colon, rest = text.partition(":")
    if not colon or not _SCHEME.match(scheme):
        return _without_scheme(text)
    known = scheme.lower()
    if known == "http":
        said = ("http", "error", f"reports are not sent to http:, only to https: {txt.shown(text)}")
        return Uri(text, known, read_uri("https:" + rest).wanted, (said,))
    if known not in ("mailto", "https"):
        return Uri(text, known, None)
    problems: list[Found] = []
    if scheme != known:
        problems.append(("scheme_case", "warning", f"some senders know the scheme in lower case only: {scheme}:"))
    wanted = _mailto(rest, problems) if known == "mailto" else _https(rest, problems)
    return Uri(text, known, None if wanted is None else f"{known}:{wanted}", tuple(problems))


def _without_scheme(text: str) -> Uri:
    if "@" in text:
        said = ("mailto_missing", "error", f"mailto: is missing before the address {txt.shown(text)}")
        inner = read_uri("mailto:" + text)
        return Uri(text, "", inner.wanted, (said, *inner.problems))
    return Uri(text, "", None, (("uri", "error", f"this is no URI: {txt.shown(text)}"),))


def _characters(rest: str, problems: list[Found]) -> str:
    """`rest` with what may not stand in a URI percent-encoded."""
    if "!" in rest:
        problems.append(("encoding", "error", f"! must be written as %21: {txt.shown(rest)}"))
        rest = rest.replace("!", "%21")
    if not _URI.match(rest):
        problems.append(("uri", "error", f"this is no URI: {txt.shown(rest)}"))
        rest = re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", rest)
        rest = _NOT_URI.sub(lambda match: f"%{ord(match[0]):02X}", rest)
    return rest


def _mailto(rest: str, problems: list[Found]) -> str | None:
    """The address as it should be (RFC 6068), None if it cannot be guessed."""
    if _SIZE.search(rest):
        text = f"a size after the address is for DMARC only, and a TLSRPT record has none: {txt.shown(rest)}"
        problems.append(("size_suffix", "error", text))
        rest = _SIZE.sub("", rest)
    if rest.startswith("//") or rest[:1] == "<":
        problems.append(("address", "error", f"mailto: is followed by the bare address: {txt.shown(rest)}"))
        rest = rest.removeprefix("//").strip("<>")
    address, question, query = _characters(rest, problems).partition("?")
    if address.endswith("."):
        problems.append(("trailing_dot", "error", f"the address ends with a dot: {txt.shown(address)}"))
        address = address.rstrip(".")
    # RFC 6068: several addresses are parted by a comma, which must be encoded here.
    if not all(_is_address(part) for part in re.split("%2C", address, flags=re.IGNORECASE)):
        problems.append(("address", "error", f"this is no mail address: {txt.shown(address)}"))
        return None
    return address + question + query


def _is_address(text: str) -> bool:
    local, at, domain = text.rpartition("@")
    return bool(at and _LOCAL.match(local)) and domains.normalise(domain) is not None


def _https(rest: str, problems: list[Found]) -> str | None:
    rest = _characters(rest, problems)
    match = _AUTHORITY.match(rest)
    if match is None or not (match["host"][0] == "[" or _is_host(match["host"])):
        problems.append(("host", "error", f"https: needs a host, as in https://example.com/: {txt.shown(rest)}"))
        return None
    if match["user"]:
        problems.append(("credentials", "warning", "a name or password in the URI is there for everybody to read"))
    return rest


def _is_host(text: str) -> bool:
    return domains.normalise(text) is not None or re.fullmatch(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}", text) is not None
