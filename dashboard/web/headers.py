"""Headers that every answer carries: what a browser may do with it, and that nobody keeps it."""

from flask import Flask, Response, request

from dashboard.web import state
from dashboard.web.access.guard import is_static
from dashboard.web.csp import CSP

_ALWAYS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_HALF_A_YEAR = "max-age=15552000"


def register(app: Flask) -> None:
    app.after_request(_set)


def _set(response: Response) -> Response:
    for name, value in _ALWAYS.items():
        response.headers.setdefault(name, value)
    # Files of the program itself are the same for everybody; all else may be somebody's own.
    if not is_static(request.endpoint or ""):
        response.headers.setdefault("Cache-Control", "no-store")
    if state.is_https():
        response.headers.setdefault("Strict-Transport-Security", _HALF_A_YEAR)
    return response
