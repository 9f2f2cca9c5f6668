"""The login form, and the way out."""

import logging
import math
from datetime import timedelta

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from collector.store import accounts, sessions
from dashboard.passwords import is_right
from dashboard.text import Text, say, say_n
from dashboard.web import state
from dashboard.web.access import audit, guard, identify, session
from dashboard.web.access.session import LASTS, Session
from dashboard.web.access.viewer import viewer

log = logging.getLogger("tlsrpt.web")
blueprint = Blueprint("access", __name__)

_WRONG = say("Name or password is wrong.")
_LONGEST_NAME = 255


@blueprint.get("/login")
def login() -> Response:
    if guard.is_open() or identify.by_session() is not None:
        return redirect(url_for("pages.overview"))
    return form(200)


@blueprint.post("/login")
def log_in() -> Response:
    cookie = identify.read_session()
    if cookie is None:
        return form(400, say("The form is too old, or the browser keeps no cookies. Try once more."))
    guard.check_csrf(identify.access().sessions().csrf_token(cookie))
    name = request.form.get("name", "")[:_LONGEST_NAME]
    address = identify.client_address()
    throttle = identify.access().throttle()
    wait = throttle.wait(name, address, state.now())
    if wait > timedelta(0):
        return _too_many(wait)
    user = accounts.user_named(state.engine(), name.replace("\0", "\ufffd"))
    if not is_right(None if user is None else user.password_hash, request.form.get("password", "")) or user is None:
        throttle.failed(name, address, state.now())
        # A name that nobody has may be a password in the wrong field.
        log.warning("login refused: %s from %s", "an unknown name" if user is None else repr(name), address)
        audit.refused(None if user is None else name, "password", "wrong name or password")
        return form(403, _WRONG)
    throttle.succeeded(name, address)
    log.info("login: %r from %s", name, address)
    response = redirect(local_path(request.form.get("next", "")), 303)
    begin(response, name, "password", accounts_user=user)
    return response


@blueprint.post("/logout")
def log_out() -> Response:
    found = viewer()
    # Somebody whom the provider knows may want to leave there too; a form may not be sent on to another site.
    told = {"out": "yes"} if found is not None and found.way == "oidc" else {}
    response = redirect(url_for("access.login", **told), 303)  # type: ignore[arg-type]
    if found is not None and found.session_id is not None:
        sessions.end(state.engine(), found.session_id)
    session.drop_cookie(response, session.cookie_name())
    return response


def begin(
    response: Response,
    name: str,
    way: str,
    *,
    accounts_user: accounts.User | None = None,
    role: str | None = None,
    domains: tuple[str, ...] | None = None,
) -> None:
    """Begins a session, never one that was there before, and tells the audit log."""
    before = identify.by_session()
    if before is not None and before.session_id is not None:
        sessions.end(state.engine(), before.session_id)
    fresh = identify.access().sessions().begin(state.now())
    sessions.begin(
        state.engine(),
        fresh.secret_hash,
        user_id=None if accounts_user is None else accounts_user.id,
        name=name,
        role=role,
        domains=domains,
        now=state.now(),
        ends_at=state.now() + LASTS,
        address=identify.client_address(),
        browser=request.headers.get("User-Agent", ""),
    )
    audit.entered(name, way)
    _put(response, fresh)


def form(status: int, message: str | Text = "") -> Response:
    """The form, with a session of its own for its CSRF token: what was there before a login is never kept."""
    keys = identify.access().sessions()
    fresh = keys.begin(state.now())
    web = state.settings().web
    page = render_template(
        "login.html",
        message=message,
        name=request.form.get("name", ""),
        next=path_of_ours(request.values.get("next", "")),
        csrf_token=keys.csrf_token(fresh),
        has_provider=web.oidc_issuer is not None,
        has_users=web.oidc_issuer is None or accounts.any_user(state.engine()),
        is_out=request.method == "GET" and request.args.get("out") == "yes",
    )
    response = make_response(page, status)
    _put(response, fresh)
    return response


def local_path(wanted: str) -> str:
    """Where to go after the login, as the browser has to ask for it."""
    return request.script_root + path_of_ours(wanted)


def path_of_ours(wanted: str) -> str:
    """A path of ours, without what we are below; never another site (`//evil.example`, `/\\evil.example`)."""
    is_ours = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isprintable()
    return wanted if is_ours else "/"


def _too_many(wait: timedelta) -> Response:
    seconds = math.ceil(wait.total_seconds())
    minutes = math.ceil(seconds / 60)
    response = form(
        429,
        say_n(
            "Too many failed logins. Try again in a minute.",
            "Too many failed logins. Try again in %(n)s minutes.",
            minutes,
        ),
    )
    response.headers["Retry-After"] = str(seconds)
    return response


def _put(response: Response, fresh: Session) -> None:
    session.set_cookie(response, session.cookie_name(), identify.access().sessions().seal(fresh), LASTS)
