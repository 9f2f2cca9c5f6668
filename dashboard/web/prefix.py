"""Behind a web server in front, the dashboard may live below a path: `https://example.com/tlsrpt/`.

The path is that of `web.public_url`, else what a trusted proxy says in `X-Forwarded-Prefix`. Whether the proxy takes
it off before it passes a request on makes no difference; callers on this machine may leave it out.
"""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from collector.settings import Web
from dashboard.web import peers

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# It stands in every link: nothing in it may be read as another host (`//evil.example`) or leave its path (`/../`).
_PATH = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+\Z")
_LONGEST = 200


def below(web: Web, inner: "WSGIApplication") -> "WSGIApplication":
    """`inner`, asked under the path without the prefix, and told the prefix as SCRIPT_NAME. Twice does no harm."""
    own = unquote(urlsplit(web.public_url or "").path)

    def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        prefix = own or _told(environ, web)
        if prefix and environ.get("SCRIPT_NAME", "") != prefix:
            path = environ.get("PATH_INFO", "")
            if path == prefix or path.startswith(f"{prefix}/"):
                environ["PATH_INFO"] = path[len(prefix) :] or "/"
            environ["SCRIPT_NAME"] = prefix
        return inner(environ, start_response)

    return application


def _told(environ: "WSGIEnvironment", web: Web) -> str:
    """What the proxy says, "" if it says nothing or is none of ours."""
    told: str = environ.get("HTTP_X_FORWARDED_PREFIX", "").strip().rstrip("/")
    is_path = len(told) <= _LONGEST and _PATH.match(told) is not None
    return told if is_path and peers.is_trusted(environ.get("REMOTE_ADDR"), web.trusted_proxies) else ""
