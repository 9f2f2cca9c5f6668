"""What the operator's own mail server found when it verified a mail: its Authentication-Results field (RFC 8601).

Believed only where a setting names the server (authserv-id) and the mail came from one of the operator's own addresses
or mailboxes: anybody can write such a field. All other fields of that name are ignored (Q64).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address

from collector import domains
from collector.auth import canonical, signature
from collector.delivery import Envelope
from collector.organisation import is_aligned
from collector.settings import Auth

# Where the operator himself brings the mail from.
_OWN_CHANNELS = ("imap", "import")
_PIECE = re.compile(r'\\.|[()"]|[^()"\\]+|\\', re.DOTALL)
_PARTING = re.compile(r"[\s;()\\\"=]")
_MARKS = ("(", ")", '"')
_MAX_NESTED = 20
_METHOD = re.compile(r"\s*dkim\s*(?:/\s*\d+\s*)?=\s*([a-z]+)", re.IGNORECASE)
_PROPERTY = re.compile(r"(?:^|\s)header\s*\.\s*d\s*=\s*([^\s;]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class TrustedResults:
    """`servers` are authserv-ids in lower case; `networks` are the addresses that mail is relayed from."""

    servers: frozenset[str]
    networks: tuple[IPv4Network | IPv6Network, ...]

    @classmethod
    def of(cls, auth: Auth) -> "TrustedResults | None":
        """None if the settings trust nobody."""
        return (
            cls(frozenset(map(str.lower, auth.trusted_results)), auth.trusted_relays) if auth.trusted_results else None
        )

    def signer(self, mail: bytes, identities: frozenset[str], envelope: Envelope) -> str | None:
        """The domain (normal form) whose signature the server says it has verified and which belongs to `identities`.

        Only the topmost field of the server counts: those below came with the mail. None also where the signature has
        a length tag, which a server may let pass and RFC 8460 section 3 does not (R10).
        """
        parsed = canonical.read(mail) if self._brings(envelope) else None
        if parsed is None:
            return None
        for field in parsed.named(b"authentication-results"):
            server, passed = read(field.value.decode("utf-8", "replace"))
            if server in self.servers:
                found = (name for name in passed if is_aligned(name, identities) and _is_whole(parsed, name))
                return next(found, None)
        return None

    def _brings(self, envelope: Envelope) -> bool:
        if envelope.channel in _OWN_CHANNELS:
            return True
        try:
            peer = ip_address(envelope.peer or "")
        except ValueError:
            return envelope.channel == "lmtp"  # a unix socket has no address: its permissions say who may write
        return any(peer in network for network in self.networks)


def read(value: str) -> tuple[str, tuple[str, ...]]:
    """(authserv-id in lower case, the domains of the signatures that passed) of an Authentication-Results field.

    ("", ()) if it cannot be read. Comments say nothing (RFC 8601 section 2.2).
    """
    plain = _without_comments(value)
    if plain is None:
        return "", ()
    head, *results = plain.split(";")
    server = head.split()[0].lower() if head.split() else ""
    return server, tuple(_passed(results))


def _passed(results: list[str]) -> Iterator[str]:
    for result in results:
        method = _METHOD.match(result)
        if method is None or method[1].lower() != "pass":
            continue
        named = _PROPERTY.findall(result)
        name = domains.normalise(named[0]) if len(named) == 1 else None
        if name is not None:
            yield name


def _without_comments(value: str) -> str | None:
    """The field without comments, quoted strings without their quotes and what could part them; None if unbalanced.

    One walk from the beginning to the end, for it is a stranger's text: a search for whole quotes and comments begins
    anew at each one that is never closed.
    """
    plain: list[str] = []
    depth, is_quoted = 0, False
    for piece in _PIECE.findall(value):
        if piece == '"':
            is_quoted = not is_quoted
        elif is_quoted:
            plain += [] if depth else [_PARTING.sub("_", piece)]
        elif piece == "(":
            depth += 1
            if depth > _MAX_NESTED:
                return None
        elif piece == ")":
            depth -= 1
            if depth < 0:
                return None
            plain += [" "] if depth == 0 else []
        elif depth == 0:
            if piece.startswith("\\") and piece[1:] in _MARKS:
                return None  # outside of both nothing is quoted by a backslash: what begins here has no sound end
            plain.append(piece)
    return None if is_quoted or depth else "".join(plain)


def _is_whole(mail: canonical.Mail, domain: str) -> bool:
    """Whether the mail has a signature of this domain, and none of them covers only a part of the body."""
    found = [signature.read(field) for field in mail.named(b"dkim-signature")]
    own = [one for one in found if one.domain == domain]
    return bool(own) and all(isinstance(one, signature.Signature) and not one.has_length for one in own)
