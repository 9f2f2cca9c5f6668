"""The normal form of a domain name: lower case, A-labels, no trailing dot (RFC 8460 section 4.4, R26, Q16)."""

import re
from functools import lru_cache

import idna

# Letters, digits, hyphens; underscores occur in host names of real reports and in DNS.
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)\Z")
_MAX_LENGTH = 253

# What our self-tests report about: a name that nobody can have (RFC 2606 section 2), and that cannot be added.
SELF_TEST = "self-test.invalid"


def normalise(name: str) -> str | None:
    """The normal form of `name`, or None if it is no domain name.

    A U-label becomes an A-label (UTS 46 mapping, as browsers do); one trailing dot is dropped.
    At least one label; an IP address is no domain name.
    """
    # A U-label is at most as long as its A-label; what is far longer is no name, and is not to be remembered.
    return _normalise(name) if len(name) <= 2 * _MAX_LENGTH else None


@lru_cache(maxsize=16384)
def _normalise(name: str) -> str | None:
    name = name.strip().removesuffix(".")
    if not name.isascii():
        try:
            name = idna.encode(name, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError):
            return None
    name = name.lower()
    labels = name.split(".")
    if len(name) > _MAX_LENGTH or not all(_LABEL.match(label) for label in labels):
        return None
    # The last label of a host name is never all digits (RFC 3696 section 2): that is an address.
    return None if labels[-1].isdigit() else name


def display(name: str) -> str:
    """`name` as people read it: A-labels decoded to Unicode where that is possible (Q17)."""
    if "xn--" not in name:
        return name
    try:
        return idna.decode(name)
    except (idna.IDNAError, UnicodeError):
        return name


def is_under(host: str, domain: str) -> bool:
    """Whether `host` is `domain` or lies below it; both in normal form."""
    return host == domain or host.endswith("." + domain)


def mx_matches(pattern: str, host: str) -> bool:
    """Whether an `mx` pattern of a policy matches a host (RFC 8461 section 4.1, M17).

    A wildcard stands for exactly one left-most label. Both in normal form.
    """
    if not pattern.startswith("*."):
        return pattern == host
    _, dot, rest = host.partition(".")
    return bool(dot) and rest == pattern[2:]
