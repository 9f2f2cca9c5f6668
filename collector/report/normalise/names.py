"""Addresses and host names in the one form in which they can be compared."""

import re
import socket

from collector import domains
from collector.report.notes import Notes

_IPV4 = re.compile(
    r"(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\Z"
)


_LONGEST = 1000  # characters; nothing longer is a name or an address, or worth a place in a cache


def address(value: str) -> str | None:
    """The RFC 5952 form of an IP address, None if it is none: a scope, leading zeros, `x.x.x.x` (Q54)."""
    if _IPV4.match(value):
        return value
    return _ipv6(value) if ":" in value and len(value) <= _LONGEST else None


def _ipv6(value: str) -> str | None:
    # inet_pton and inet_ntop touch no network, and cost a tenth of `ipaddress`.
    try:
        return socket.inet_ntop(socket.AF_INET6, socket.inet_pton(socket.AF_INET6, value))
    except (OSError, ValueError):
        return None


def host(value: str | None) -> str | None:
    """The normal form of a host name (Q16), else the text as sent; "" is absent (Q53)."""
    if not value:
        return None
    return name(value) or value


def name(value: str) -> str | None:
    """The normal form of a domain name, None if it is none."""
    return domains.normalise(value) if len(value) <= _LONGEST else None


def contact_domain(contact: str | None) -> str | None:
    """The domain of a contact-info, normal form: an addr-spec, maybe as `mailto:` or in angle brackets."""
    if not contact:
        return None
    local, at, domain = contact.strip().rstrip(">").rpartition("@")
    return name(domain) if at and local else None


class Addresses(dict[str | None, str | None]):
    """Normal forms by what was sent, for one report: the same few addresses come again and again."""

    def __init__(self, notes: Notes) -> None:
        super().__init__({None: None, "": None})
        self._notes = notes

    def __missing__(self, value: str) -> str:
        normal = address(value)
        if normal is None:  # kept as sent (Q54)
            self._notes.add("Q54", f"{value[:60]!r} is no IP address")
        self[value] = normal or value
        return normal or value


class Hosts(dict[str | None, str | None]):
    """The same for host names."""

    def __missing__(self, value: str | None) -> str | None:
        self[value] = host(value)
        return self[value]
