"""The one place where a request is let in or not. It runs before every view.

While no user is defined and the address is a loopback one, local callers may do everything. Once a user exists,
pages want a session, the API and /metrics a token; reading the API with a session is allowed, the pages do it.
"""

import hmac
from urllib.parse import urlencode

from flask import Flask, abort, current_app, redirect, request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import MisdirectedRequest, Unauthorized
from werkzeug.wrappers import Response

from collector import domains
from collector.store import accounts
from dashboard.passwords import hash_token
from dashboard.web import errors, state
from dashboard.web.access import local
from dashboard.web.access.session import Session, Sessions
from dashboard.web.access.throttle import Throttle
from dashboard.web.access.viewer import LOCAL, Viewer, enter, may_see, only, viewer

# Open to everybody at all times, under any name: whether it is up, and the target of `rua=https:`.
ALWAYS_OPEN = frozenset({"/healthz", "/readyz", "/v1/tlsrpt"})
# Open to strangers who are about to say who they are.
BEFORE_LOGIN = frozenset({"access.login", "access.log_in"})
# What a viewer limited to some domains may see beside pages about one of these: lists that are narrowed to them.
# Everything else, deliveries above all, may hold other domains' figures.
NARROWED = frozenset({"/", "/domains", "/reports", "/reports/<uuid:report_id>", "/reports/<uuid:report_id>/raw"})

_KEY = "session"


class Access:
    """What the guard keeps between requests."""

    def __init__(self) -> None:
        self.throttle = Throttle()
        self._sessions: Sessions | None = None

    def sessions(self) -> Sessions:
        # The key is read late: the database may be away when the program starts.
        if self._sessions is None:
            self._sessions = Sessions(accounts.secret(state.engine(), _KEY, now=state.now()))
        return self._sessions


def access() -> Access:
    found: Access = current_app.extensions["tlsrpt.access"]
    return found


def register(app: Flask) -> None:
    app.extensions["tlsrpt.access"] = Access()
    app.before_request(_guard)
    app.jinja_env.globals["viewer"] = viewer  # pages say who is logged in


def is_open() -> bool:
    """Whether nobody has to say who they are. An address that others can reach is never open."""
    return state.settings().web.listen.is_loopback and not accounts.any_user(state.engine())


def _guard() -> Response | None:
    endpoint = request.endpoint or ""
    if request.path in ALWAYS_OPEN:
        return None
    if is_open():
        _check_local()
        _refuse_other_sites()
        enter(LOCAL)
        return None
    if is_static(endpoint):
        return None
    if (token := _bearer()) is not None:
        _enter(_by_token(token))
        return None
    _refuse_other_sites()
    if endpoint in BEFORE_LOGIN:
        return None
    found = _by_session()
    if found is None:
        return _ask_to_log_in()
    _enter(found)
    return None


def is_static(endpoint: str) -> bool:
    """Files of the program itself, the same for everybody."""
    return endpoint.rpartition(".")[2].startswith("static")


def _check_local() -> None:
    if not local.answers_to(request.host, state.settings().web.public_url):
        raise MisdirectedRequest("This dashboard answers to localhost and to the host of web.public_url only.")
    if not local.is_local_caller(request.remote_addr, request.headers):
        abort(403, "Without a user only callers on this machine are let in. Define one: tlsrpt user add NAME")


def _refuse_other_sites() -> None:
    changes = request.method not in local.SAFE_METHODS
    if changes and local.is_cross_site(request.headers, state.settings().web.public_url):
        abort(403, "Another site sent this.")


def _bearer() -> str | None:
    authorization = request.authorization
    return authorization.token if authorization is not None and authorization.type == "bearer" else None


def _by_token(text: str) -> Viewer:
    if not errors.for_programs(request.path):
        abort(403, "A token is for the API; pages want a login.")
    token = accounts.token_with_hash(state.engine(), hash_token(text), now=state.now())
    if token is None:
        raise Unauthorized("There is no such token, or it has expired.", www_authenticate=_challenge())
    return Viewer(token.name, may_change=token.scope == "write", by_token=True)


def _by_session() -> Viewer | None:
    session = read_session()
    if session is None or session.user_id is None:
        return None
    user = accounts.user_with_id(state.engine(), session.user_id)
    if user is None or not access().sessions().is_of(session, user):
        return None
    token = access().sessions().csrf_token(session)
    return Viewer(user.name, may_change=user.role != "viewer", domains=user.domains, csrf_token=token)


def read_session() -> Session | None:
    """The session of the request's cookie, whoever it belongs to."""
    text = request.cookies.get(cookie_name())
    return None if text is None else access().sessions().unseal(text, state.now())


def cookie_name() -> str:
    # `__Host-`: no other host and no plain-text page can have set it.
    return "__Host-tlsrpt" if state.is_https() else "tlsrpt"


def _enter(found: Viewer) -> None:
    enter(found)
    if request.method not in local.SAFE_METHODS and request.endpoint is not None:
        _check_change(found)
    _check_domain()


def _check_change(found: Viewer) -> None:
    if not found.by_token:
        check_csrf(found.csrf_token)
    if not found.may_change and request.endpoint != "access.log_out":
        abort(403, "This login or token may read and not change.")


def check_csrf(expected: str) -> None:
    """A form of ours carries its session's token; a script of ours sends it as a header."""
    given = request.headers.get("X-CSRF-Token") or request.form.get("csrf_token", "")
    if not hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode()):
        abort(400, "The form is too old. Load the page again and send it once more.")


def _check_domain() -> None:
    """The limit of a viewer to some domains, for every page and every path of the API (404: it is none of theirs)."""
    rule = request.url_rule
    if only() is None or rule is None or request.endpoint == "access.log_out" or is_static(request.endpoint or ""):
        return
    if "domain" in rule.arguments:
        name = domains.normalise(str((request.view_args or {})["domain"]))
        if name is None or not may_see(name):
            abort(404)
    elif (rule.rule.removeprefix("/api/v1") or "/") not in NARROWED:
        abort(403, "This login is limited to some domains.")


def _ask_to_log_in() -> Response:
    if errors.for_programs(request.path):
        raise Unauthorized("Send `Authorization: Bearer TOKEN`; `tlsrpt token add` makes one.", None, _challenge())
    wanted = request.full_path.removesuffix("?") if request.method in local.SAFE_METHODS else "/"
    return redirect("/login" + ("" if wanted == "/" else "?" + urlencode({"next": wanted})))


def _challenge() -> WWWAuthenticate:
    return WWWAuthenticate("bearer", {"realm": "tlsrpt"})
