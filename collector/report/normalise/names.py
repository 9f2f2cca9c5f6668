"""Addresses and host names in the one form in which they can be compared."""

import re
from socket import AF_INET, AF_INET6, inet_ntop, inet_pton

from collector import domains
from collector.report.notes import Notes

_IPV4, _IPV6 = int(AF_INET), int(AF_INET6)
_LONGEST = 1000  # characters; nothing longer is a name, or worth a place in a cache
# RFC 6068 section 2: a question mark ends the address.
_MAILTO = re.compile(r" *mailto:([^?]*)", re.ASCII | re.IGNORECASE)


def host(value: str | None) -> str | None:
    """The normal form of a host name (Q16), else the text as sent; "" is absent (Q53)."""
    if not value:
        return None
    return name(value) or value


def name(value: str) -> str | None:
    """The normal form of a domain name, None if it is none."""
    return domains.normalise(value) if len(value) <= _LONGEST else None


def mailto_address(contact: str) -> str | None:
    """The address in a `mailto:` URI, "" if it has none; None for any other text."""
    match = _MAILTO.match(contact)
    return match[1].strip() if match else None


def contact_domain(contact: str | None) -> str | None:
    """The domain of a contact-info, normal form: an addr-spec, maybe in angle brackets."""
    if not contact:
        return None
    local, at, domain = contact.strip().rstrip(">").rpartition("@")
    return name(domain) if at and local else None


class Addresses(dict[str | None, str | None]):
    """Normal forms by what was sent, for one report: the same few addresses come again and again.

    The RFC 5952 form of an IP address; what is none is kept as sent (Q54): a scope, leading zeros, `x.x.x.x`.
    """

    def __init__(self, notes: Notes) -> None:
        super().__init__({None: None, "": None})
        self._notes = notes

    def __missing__(self, value: str) -> str:
        # These two touch no network, and cost a tenth of `ipaddress`. An IPv4 address has but one form.
        try:
            if ":" in value:
                normal = inet_ntop(_IPV6, inet_pton(_IPV6, value))
            else:
                inet_pton(_IPV4, value)
                normal = value
        except (OSError, ValueError):
            self._notes.add("Q54", f"{value[:60]!r} is no IP address")
            normal = value
        self[value] = normal
        return normal


class Hosts(dict[str | None, str | None]):
    """The same for host names."""

    def __missing__(self, value: str | None) -> str | None:
        self[value] = host(value)
        return self[value]
