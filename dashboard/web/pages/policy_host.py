"""The dashboard as policy host: `https://mta-sts.DOMAIN/.well-known/mta-sts.txt` (RFC 8461 section 3.3).

Only for known domains whose policy is set here, and then nothing else is answered under that name: neither pages nor
a login. TLS ends at the proxy in front, which passes the host name on.
"""

from urllib.parse import urlsplit

from flask import Flask, Response, request

from collector import domains
from collector.store import hosted
from dashboard.web import state
from dashboard.web.access.local import host_of

_PREFIX = "mta-sts."
_PATH = "/.well-known/mta-sts.txt"


def register(app: Flask) -> None:
    """To be called before the guard is registered: what runs first answers first."""
    app.before_request(_answer)


def _answer() -> Response | None:
    host = host_of(request.host)
    if host is None or not host.startswith(_PREFIX):
        return None
    name = domains.normalise(host.removeprefix(_PREFIX))
    served = None if name is None else hosted.served(state.engine(), name)
    if served is None:
        return None
    # Redirects are no policy (M12), so the path is just this one.
    if request.path != _PATH:
        if host == _public_host():
            return None  # somebody has the dashboard itself under that name: do not shut him out
        return _plain(b"There is nothing here but the policy.\n", 404)
    if request.method not in ("GET", "HEAD"):
        response = _plain(b"GET it.\n", 405)
        response.headers["Allow"] = "GET, HEAD"
        return response
    return _plain(hosted.text(served), 200)


def _public_host() -> str | None:
    return host_of(urlsplit(state.settings().web.public_url or "").netloc)


def _plain(body: bytes, status: int) -> Response:
    """Flask leaves the body out where HEAD asks."""
    return Response(body, status, content_type="text/plain")
