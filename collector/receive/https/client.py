"""Whose POST is it? The peer of the connection, or who stands behind a proxy that is trusted."""

import ipaddress
import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

_WITH_PORT = re.compile(r"\[([^\]]+)\](?::\d+)?|([^:]+):\d+")


def client_address(peer: str, forwarded_for: str, trusted: Sequence[IPv4Network | IPv6Network]) -> str:
    """The last address on the way here that is none of a `trusted` proxy, in RFC 5952 form; "" for a unix socket.

    `forwarded_for` is `X-Forwarded-For`: each proxy adds at the end whom it got the request from, and only what
    trusted ones wrote is believed.
    """
    current = _parse(peer)
    if current is None:
        return ""
    for hop in reversed(forwarded_for.split(",")):
        named = _parse(hop)
        if named is None or not any(current in network for network in trusted):
            break
        current = named
    return str(current)


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    """An address, perhaps with a port; mapped IPv4 as IPv4, an IPv6 address without its zone."""
    text = text.strip()
    match = _WITH_PORT.fullmatch(text)
    if match:
        text = match[1] or match[2]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
