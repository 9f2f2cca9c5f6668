"""What went wrong, for whoever asked: JSON under /api, a page elsewhere, and never our own text to a stranger."""

import logging

from flask import Flask, Response, make_response, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response as WsgiResponse

from collector.errors import CheckBusy, KeyUnavailable, SchemaOutdated, TemporaryError, UsageError
from dashboard.text import say
from dashboard.web import respond

log = logging.getLogger("tlsrpt.web")

_TRY_AGAIN_SECONDS = "10"
_STORE_AWAY = say("The database does not answer at the moment.")
_KEY_AWAY = say("DNS could not deliver the DKIM key of the mail just now. Nothing was changed; try again later.")
# Codes are words, so that programs need not know HTTP; anything else is called by its number.
_CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    413: "too_large",
    415: "unsupported_media_type",
    421: "misdirected",
    429: "too_many_requests",
    500: "internal",
    503: "unavailable",
}
# HTTP's own words, as headings of the error pages.
_NAMES = {
    400: say("Bad Request"),
    401: say("Unauthorized"),
    403: say("Forbidden"),
    404: say("Not Found"),
    405: say("Method Not Allowed"),
    406: say("Not Acceptable"),
    413: say("Request Entity Too Large"),
    415: say("Unsupported Media Type"),
    421: say("Misdirected Request"),
    429: say("Too Many Requests"),
    500: say("Internal Server Error"),
    503: say("Service Unavailable"),
}
# Where HTTP says no more than that name: what whoever came can do.
_ADVICE = {
    404: say(
        "There is nothing at this address. Look for a slip in it, or whether its end was cut off; "
        "what it showed may also have been removed since."
    ),
    405: say("This address is not opened like that. Go back, load the page again, and send its form once more."),
}


def register(app: Flask) -> None:
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(UsageError, _usage)
    app.register_error_handler(TemporaryError, _unavailable)
    app.register_error_handler(SchemaOutdated, _unavailable)
    # The last line of defence: logged with its traceback, answered without a word of it.
    app.register_error_handler(Exception, _unexpected)


def _http(error: HTTPException) -> WsgiResponse:
    if isinstance(error, RequestRedirect):
        return error.get_response(request.environ)
    # werkzeug's own texts speak to whoever types addresses; ours were given where the error was raised.
    is_ours = error.description != type(error).description
    status = error.code or 500
    response = answer(status, error.description if is_ours and error.description else _advice(status))
    # What belongs to the status (Allow, WWW-Authenticate, Retry-After) goes along; the body is ours.
    for name, value in error.get_headers(request.environ):
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


def _advice(status: int) -> str:
    if for_programs(request.path):
        return "There is no such path: /api/v1/docs names them all." if status == 404 else f"{_name(status)}."
    return _ADVICE.get(status) or say("%(s)s.", s=_name(status))


def _usage(error: UsageError) -> Response:
    return answer(400, str(error))


def _unavailable(error: Exception) -> Response:
    log.warning("%s %s: %s", request.method, request.path, error)
    response = answer(503, _what_is_away(error))
    response.headers["Retry-After"] = _TRY_AGAIN_SECONDS
    return response


def _what_is_away(error: Exception) -> str:
    match error:
        case CheckBusy():
            return say("%(what)s.", what=str(error))
        case KeyUnavailable():
            return _KEY_AWAY
        case _:
            return _STORE_AWAY


def _unexpected(error: Exception) -> Response:
    log.error("%s %s failed", request.method, request.path, exc_info=error)
    return answer(500, say("Something went wrong here; the log says what."))


def answer(status: int, message: str) -> Response:
    """The error in the form its reader understands."""
    code = _CODES.get(status, f"http_{status}")
    if for_programs(request.path):
        return respond.error(status, code, message)
    title = say("%(status)s %(name)s", status=str(status), name=_name(status))
    return make_response(render_template("error.html", title=title, message=message), status)


def _name(status: int) -> str:
    """`Not Found`"""
    return _NAMES.get(status) or HTTP_STATUS_CODES.get(status, "")


def for_programs(path: str) -> bool:
    """Whether programs read what is at `path`, and no people."""
    if path == "/api/v1/docs":
        return False
    return path in ("/api", "/metrics") or path.startswith(("/api/", "/v1/"))
