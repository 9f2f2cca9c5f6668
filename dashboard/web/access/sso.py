"""Logging in at an OpenID Connect provider: to it and back.

Who comes this way needs no user here: the groups decide.
"""

import logging
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

from flask import abort, current_app, redirect, request, url_for
from werkzeug.wrappers import Response

from collector import roles
from collector.errors import LoginProviderUnavailable
from dashboard.text import say
from dashboard.web import state
from dashboard.web.access import audit, identify, login, session

if TYPE_CHECKING:
    from dashboard.web.access.oidc import Pending, Provider

log = logging.getLogger("tlsrpt.web")

_COOKIE = "tlsrpt-login"
_LASTS = timedelta(minutes=10)
_REFUSED = say("The login did not come through. Try once more, from here.")
_NO_GROUP = say("You are in no group that may see this. An admin decides: the setting is web.groups.")
_AWAY = say("The login provider does not answer at the moment. Try again later.")
_KEY = "tlsrpt.oidc"
_lock = threading.Lock()


@login.blueprint.get("/login/oidc")
def to_provider() -> Response:
    """Off to the provider. The cookie brings back what only this browser may know."""
    from dashboard.web.access.oidc import Pending

    pending = Pending.new()
    try:
        response = redirect(_provider().address(pending, state.now()))
    except LoginProviderUnavailable as error:
        return _is_away(error)
    wanted = request.args.get("next", "")
    told = [pending.state, pending.nonce, pending.verifier, wanted, int((state.now() + _LASTS).timestamp())]
    sealed = identify.access().sessions().seal_for("oidc", told)
    session.set_cookie(response, session.cookie_name(_COOKIE), sealed, _LASTS)
    return response


@login.blueprint.get("/login/oidc/callback")
def from_provider() -> Response:
    """Back again: checks what came, and begins a session for whom the groups let in."""
    from dashboard.web.access.oidc import Refused

    begun = _begun()
    if begun is None:
        return login.form(400, _REFUSED)
    pending, wanted = begun
    try:
        found = _provider().person(pending, request.args, state.now())
    except LoginProviderUnavailable as error:
        return _is_away(error)
    if isinstance(found, Refused):
        log.warning("login refused: %s, from %s", found.why, identify.client_address())
        audit.refused(None, "oidc", found.why)
        return _over(login.form(403, _REFUSED))
    grant = roles.granted(state.settings().web.groups, found.groups)
    if grant is None:
        log.warning("login refused: %r is in no group of web.groups", found.name)
        audit.refused(found.name, "oidc", "in no group of web.groups")
        return _over(login.form(403, _NO_GROUP))
    log.info("login: %r by the provider from %s", found.name, identify.client_address())
    response = redirect(login.local_path(wanted), 303)
    login.begin(response, found.name, "oidc", role=grant.role, domains=grant.domains)
    return _over(response)


@login.blueprint.app_template_global("provider_logout")
def logout_address() -> str | None:
    """Where one logs out at the provider; None if there is no such place, or it does not answer."""
    if state.settings().web.oidc_issuer is None:
        return None
    try:
        return _provider().logout_address(state.now())
    except LoginProviderUnavailable as error:
        log.warning("%s", error)
        return None


def _begun() -> "tuple[Pending, str] | None":
    """The login that this browser began, and where it wanted to go; None if it is too old, or not ours."""
    from dashboard.web.access.oidc import Pending

    text = request.cookies.get(session.cookie_name(_COOKIE), "")
    match identify.access().sessions().unseal_for("oidc", text):
        case [str(word), str(nonce), str(verifier), str(wanted), int(until)] if until > state.now().timestamp():
            return Pending(word, nonce, verifier), wanted
    return None


def _provider() -> "Provider":
    """One for the application, made when it is first needed: its libraries take their time."""
    web = state.settings().web
    if web.oidc_issuer is None:
        abort(404)
    from dashboard.web.access.oidc import Provider

    with _lock:
        found: Provider | None = current_app.extensions.get(_KEY)
        if found is None:
            back = (web.public_url or "") + url_for("access.from_provider").removeprefix(request.script_root)
            found = current_app.extensions[_KEY] = Provider(web, back)
        return found


def _over(response: Response) -> Response:
    """What was begun is used once."""
    session.drop_cookie(response, session.cookie_name(_COOKIE))
    return response


def _is_away(error: LoginProviderUnavailable) -> Response:
    log.warning("%s", error)
    return login.form(503, _AWAY)
