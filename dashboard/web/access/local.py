"""While no user is defined: is the caller on this machine, and does it mean to be here? Pure functions."""

import ipaddress
from urllib.parse import urlsplit

from werkzeug.datastructures import Headers

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


def is_loopback(host: str | None) -> bool:
    """Whether a host (no port, no brackets) is this machine: `localhost` or a loopback address."""
    if host is None:
        return False
    if host.lower() == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def host_of(authority: str) -> str | None:
    """The host of `host:port`, lower case, without brackets; None if there is none to be read."""
    try:
        return urlsplit(f"//{authority}").hostname
    except ValueError:
        return None


def answers_to(host_header: str, public_url: str | None) -> bool:
    """Whether the name asked for is ours: a loopback one, or the public one.

    A page of a stranger whose name was rebound to 127.0.0.1 asks under the stranger's name.
    """
    host = host_of(host_header)
    return is_loopback(host) or (host is not None and public_url is not None and host == urlsplit(public_url).hostname)


def is_local_caller(peer: str | None, headers: Headers) -> bool:
    """Whether the caller is on this machine. A proxy on this machine may speak for one who is not."""
    if not is_loopback(peer) or "Forwarded" in headers:
        return False
    named = [headers.get("X-Forwarded-For", ""), headers.get("X-Real-IP", "")]
    clients = [part.strip() for value in named for part in value.split(",") if part.strip()]
    return all(is_loopback(client.strip("[]")) for client in clients)


def is_cross_site(headers: Headers, public_url: str | None) -> bool:
    """Whether a browser says that another site made it send this. What is no browser says nothing.

    Another port of this host is another site too (`same-site`, not `same-origin`).
    """
    site = headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = headers.get("Origin")
    if origin is None:
        return False
    ours = {headers.get("Host", "").lower()}
    if public_url is not None:
        ours.add(urlsplit(public_url).netloc.lower())
    return urlsplit(origin).netloc.lower() not in ours - {""}
