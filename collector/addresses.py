"""Where reports come in: the arguments of MAIL and RCPT (RFC 5321 section 4.1.2), which recipients are ours, and the
path of the `rua=https:` target."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from collector import domains

POST_PATH = "/v1/tlsrpt"

# `<`, perhaps a source route, local part and domain, `>`. Unlike the RFC, blanks before `<` are let through: many
# clients write them.
_PATH = re.compile(
    r"""\s*<
    (?P<route>@[^\s<>:"\\]+:)?
    (?:(?P<local>[^\s<>()\[\]\\,;:@"]+|"(?:[^"\\]|\\.)*")
       (?:@(?P<domain>[^\s<>()\\,;@"]+))?
    )?
    >(?P<rest>.*)""",
    re.VERBOSE | re.DOTALL,
)
_PARAMETER = re.compile(r"(?P<key>[A-Za-z0-9][A-Za-z0-9-]*)(?:=(?P<value>[^\s=]+))?")
# RFC 5321 section 4.5.3.1
_MAX_LOCAL = 64
_MAX_DOMAIN = 255


@dataclass(frozen=True, slots=True)
class Path:
    """A path as the client wrote it. `local` is "" for the null sender `<>`; `domain` "" where there is none."""

    local: str
    domain: str
    routed: bool = False  # a source route stood before it (RFC 5321 appendix C)

    @property
    def address(self) -> str:
        return f"{self.local}@{self.domain}" if self.domain else self.local


def parse_path(text: str) -> tuple[Path, str] | None:
    """The path at the beginning of `text`, and the parameters after it; None if that is no path."""
    match = _PATH.fullmatch(text)
    if match is None:
        return None
    local, domain, rest = match["local"] or "", match["domain"] or "", match["rest"]
    if len(local) > _MAX_LOCAL or len(domain) > _MAX_DOMAIN or (match["route"] and not domain):
        return None
    if rest and not rest[0].isspace():
        return None
    return Path(local, domain, match["route"] is not None), rest


def parse_parameters(text: str) -> dict[str, str | None] | None:
    """`SIZE=1000 SMTPUTF8` as {"SIZE": "1000", "SMTPUTF8": None}; None if that is none, or one comes twice."""
    found: dict[str, str | None] = {}
    for word in text.split():
        match = _PARAMETER.fullmatch(word)
        if match is None or match["key"].upper() in found:
            return None
        found[match["key"].upper()] = match["value"]
    return found


class Recipients:
    """The recipients that are accepted: patterns `local@domain`, each part may be `*` (settings.smtp.recipients).

    Local parts are compared without regard to case. A subaddress (`tlsrpt+x`) is another local part.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self._patterns = frozenset(tuple(pattern.rsplit("@", 1)) for pattern in patterns)

    def accepts(self, path: Path) -> bool:
        """Whether mail for `path` is ours. A route, `%`, `!` or a quoted local part asks for a relay: never."""
        local = path.local.lower()
        if path.routed or not local or any(char in local for char in '%!"'):
            return False
        domain = domains.normalise(path.domain)
        if domain is None:
            return False
        return any(pair in self._patterns for pair in ((local, domain), (local, "*"), ("*", domain), ("*", "*")))
