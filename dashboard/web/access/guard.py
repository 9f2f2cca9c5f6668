"""The one place where a request is let in or not. It runs before every view.

While there is nobody who could log in and the address is a loopback one, local callers may do everything. Otherwise
pages want a session or the word of a trusted proxy, the API and /metrics a token; reading the API as a page does is
allowed. `rules` says what each route asks for.
"""

import hmac
from urllib.parse import urlencode

from flask import Flask, abort, redirect, request, url_for
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import MisdirectedRequest, Unauthorized
from werkzeug.wrappers import Response

from collector import domains
from collector.roles import at_least
from collector.store import accounts
from dashboard.text import say
from dashboard.web import errors, state
from dashboard.web.access import audit, identify, local, rules
from dashboard.web.access.viewer import LOCAL, Viewer, enter, may_see, viewer

_FOR_ADMINS = say("This is for admins.")


def register(app: Flask) -> None:
    identify.register(app)
    app.before_request(_guard)
    audit.register(app)
    app.jinja_env.globals["viewer"] = viewer  # pages say who is logged in


def is_open() -> bool:
    """Whether nobody has to say who they are. An address that others can reach is never open."""
    web = state.settings().web
    if not web.listen.is_loopback or web.oidc_issuer is not None or web.proxy_auth_header is not None:
        return False
    return not accounts.any_user(state.engine())


def _guard() -> Response | None:
    if request.path in rules.ALWAYS_OPEN or _is_of(rules.ALWAYS_OPEN) or is_static(request.endpoint or ""):
        return None
    if is_open():
        _check_local()
        _refuse_other_sites()
        enter(LOCAL)
        return None
    if (text := _bearer()) is not None:
        _enter(_by_token(text))
        return None
    _refuse_other_sites()
    if _is_of(rules.BEFORE_LOGIN):
        return None
    found = identify.by_proxy() or identify.by_session()
    if found is None:
        return _ask_to_log_in()
    _enter(found)
    return None


def _is_of(paths: frozenset[str]) -> bool:
    """Whether the route that the request leads to is one of these."""
    return request.url_rule is not None and rules.path(request.url_rule) in paths


def is_static(endpoint: str) -> bool:
    """Files of the program itself, the same for everybody."""
    return endpoint.rpartition(".")[2].startswith("static")


def _check_local() -> None:
    if not local.answers_to(request.host, state.settings().web.public_url):
        raise MisdirectedRequest(say("This dashboard answers to localhost and to the host of web.public_url only."))
    if not local.is_local_caller(request.remote_addr, request.headers):
        abort(403, say("Without a user only callers on this machine are let in. Define one: tlsrpt user add NAME"))


def _refuse_other_sites() -> None:
    changes = request.method not in local.SAFE_METHODS
    if changes and local.is_cross_site(request.headers, state.settings().web.public_url):
        abort(403, say("Another site sent this."))


def _bearer() -> str | None:
    authorization = request.authorization
    return authorization.token if authorization is not None and authorization.type == "bearer" else None


def _by_token(text: str) -> Viewer:
    if not errors.for_programs(request.path):
        abort(403, say("A token is for the API; pages want a login."))
    found = identify.by_token(text)
    if found is None:
        raise Unauthorized("There is no such token, or it has expired.", www_authenticate=_challenge())
    return found


def _enter(found: Viewer) -> None:
    enter(found)
    if request.url_rule is None:
        return
    if request.method not in local.SAFE_METHODS and found.way != "token":
        check_csrf(found.csrf_token)
    if not at_least(found.role, rules.role(request.url_rule, request.method)):
        abort(403, _may_not(found))
    if found.domains:
        _check_reach(rules.reach(request.url_rule))


def _may_not(found: Viewer) -> str:
    if request.method in local.SAFE_METHODS:
        return _FOR_ADMINS
    return say("This login or token may read and not change.") if not found.may_change else _FOR_ADMINS


def check_csrf(expected: str) -> None:
    """A form of ours carries its session's token; a script of ours sends it as a header."""
    given = request.headers.get("X-CSRF-Token") or request.form.get("csrf_token", "")
    if not hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode()):
        abort(400, say("The form is too old. Load the page again and send it once more."))


def _check_reach(reach: str) -> None:
    """The limit of a viewer to some domains, for every page and every path of the API (404: it is none of theirs)."""
    if is_static(request.endpoint or "") or reach in ("general", "narrowed"):
        return
    if reach == "closed":
        abort(403, say("This login is limited to some domains."))
    name = domains.normalise(str((request.view_args or {})["domain"]))
    if name is None or not may_see(name):
        abort(404)


def _ask_to_log_in() -> Response:
    if errors.for_programs(request.path):
        raise Unauthorized("Send `Authorization: Bearer TOKEN`; `tlsrpt token add` makes one.", None, _challenge())
    if identify.only_by_proxy():
        abort(403, say("Log in at the web server in front of this dashboard: only it is asked who you are."))
    wanted = request.full_path.removesuffix("?") if request.method in local.SAFE_METHODS else "/"
    login = url_for("access.login")
    return redirect(login if wanted == "/" else f"{login}?{urlencode({'next': wanted})}")


def _challenge() -> WWWAuthenticate:
    return WWWAuthenticate("bearer", {"realm": "tlsrpt"})
