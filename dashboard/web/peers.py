"""Who is at the other end: a web server of ours in front, and for whom it asks. Pure functions."""

import ipaddress
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from werkzeug.datastructures import Headers

Networks = Sequence[IPv4Network | IPv6Network]


def is_trusted(peer: str | None, trusted: Networks) -> bool:
    """Whether a connection comes from a web server of ours in front; a unix socket (no address) does."""
    found = _address(peer or "")
    return found is None if not peer else found is not None and any(found in network for network in trusted)


def client_address(peer: str | None, headers: Headers, trusted: Networks) -> str:
    """The last address on the way here that is none of a `trusted` proxy: each adds at the end for whom it asks."""
    current = peer or ""
    for hop in reversed(headers.get("X-Forwarded-For", "").split(",")):
        named = _address(hop.strip())
        if named is None or not is_trusted(current, trusted):
            break
        current = str(named)
    return current


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """Mapped IPv4 as IPv4, IPv6 without its zone, perhaps in brackets."""
    try:
        address = ipaddress.ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
