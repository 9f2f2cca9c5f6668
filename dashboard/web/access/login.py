"""The login form, and the way out."""

import logging
import math
from datetime import timedelta

from flask import Blueprint, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from collector.store import accounts
from dashboard.passwords import is_right
from dashboard.web import state
from dashboard.web.access import guard
from dashboard.web.access.local import client_address
from dashboard.web.access.session import LASTS, Session

log = logging.getLogger("tlsrpt.web")
blueprint = Blueprint("access", __name__)

_WRONG = "Name or password is wrong."
_LONGEST_NAME = 255


@blueprint.get("/login")
def login() -> Response:
    if guard.is_open() or _logged_in():
        return redirect("/")
    return _form(200)


@blueprint.post("/login")
def log_in() -> Response:
    session = guard.read_session()
    if session is None:
        return _form(400, "The form is too old, or the browser keeps no cookies. Try once more.")
    guard.check_csrf(guard.access().sessions().csrf_token(session))
    name = request.form.get("name", "")[:_LONGEST_NAME]
    address = client_address(request.remote_addr, request.headers)
    throttle = guard.access().throttle
    wait = throttle.wait(name, address, state.now())
    if wait > timedelta(0):
        return _too_many(wait)
    user = accounts.user_named(state.engine(), name)
    if not is_right(None if user is None else user.password_hash, request.form.get("password", "")) or user is None:
        throttle.failed(name, address, state.now())
        # A name that nobody has may be a password in the wrong field.
        log.warning("login refused: %s from %s", "an unknown name" if user is None else repr(name), address)
        return _form(403, _WRONG)
    throttle.succeeded(name, address)
    log.info("login: %r from %s", name, address)
    response = redirect(_local_path(request.form.get("next", "")), 303)
    _set_cookie(response, guard.access().sessions().begin(user, state.now()))
    return response


@blueprint.post("/logout")
def log_out() -> Response:
    response = redirect("/login", 303)
    response.delete_cookie(guard.cookie_name(), path="/", secure=state.is_https(), httponly=True, samesite="Lax")
    return response


def _logged_in() -> bool:
    found = guard.read_session()
    if found is None or found.user_id is None:
        return False
    user = accounts.user_with_id(state.engine(), found.user_id)
    return user is not None and guard.access().sessions().is_of(found, user)


def _form(status: int, message: str = "") -> Response:
    """The form, with a session of its own for its CSRF token: what was there before a login is never kept."""
    sessions = guard.access().sessions()
    session = sessions.begin(None, state.now())
    page = render_template(
        "login.html",
        message=message,
        name=request.form.get("name", ""),
        next=_local_path(request.values.get("next", "")),
        csrf_token=sessions.csrf_token(session),
    )
    response = make_response(page, status)
    _set_cookie(response, session)
    return response


def _too_many(wait: timedelta) -> Response:
    seconds = math.ceil(wait.total_seconds())
    response = _form(429, f"Too many failed logins. Try again in {math.ceil(seconds / 60)} minutes.")
    response.headers["Retry-After"] = str(seconds)
    return response


def _set_cookie(response: Response, session: Session) -> None:
    response.set_cookie(
        guard.cookie_name(),
        guard.access().sessions().seal(session),
        max_age=LASTS,
        path="/",
        secure=state.is_https(),
        httponly=True,
        samesite="Lax",
    )


def _local_path(wanted: str) -> str:
    """Where to go after the login: a path of ours, never another site (`//evil.example`, `/\\evil.example`)."""
    is_ours = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isprintable()
    return wanted if is_ours else "/"
