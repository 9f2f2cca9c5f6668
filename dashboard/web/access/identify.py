"""The three ways to say who one is: a session, a token, the header of a trusted proxy. Each answers with a viewer."""

import re

from flask import Flask, abort, current_app, request

from collector import roles
from collector.roles import Grant
from collector.store import accounts, sessions, tokens
from dashboard.passwords import hash_token
from dashboard.text import say
from dashboard.web import peers, state
from dashboard.web.access import session
from dashboard.web.access.session import Session, Sessions
from dashboard.web.access.throttle import Throttle
from dashboard.web.access.viewer import Viewer

_KEY = "session"
_ROLE_OF_SCOPE = {"read": "viewer", "write": "operator", "admin": "admin"}


class Access:
    """What is kept between requests. The key is read late: the database may be away when the program starts."""

    def __init__(self) -> None:
        self._key: bytes | None = None

    def key(self) -> bytes:
        if self._key is None:
            self._key = accounts.secret(state.engine(), _KEY, now=state.now())
        return self._key

    def sessions(self) -> Sessions:
        return Sessions(self.key())

    def throttle(self) -> Throttle:
        return Throttle(state.engine(), self.key())


def access() -> Access:
    found: Access = current_app.extensions["tlsrpt.access"]
    return found


def register(app: Flask) -> None:
    app.extensions["tlsrpt.access"] = Access()


def by_token(text: str) -> Viewer | None:
    """None: there is no such token."""
    token = tokens.with_hash(state.engine(), hash_token(text), now=state.now())
    if token is None:
        return None
    tokens.note_use(state.engine(), token, state.now())
    return Viewer(token.name, _ROLE_OF_SCOPE[token.scope], "token", token.domains)


def by_session() -> Viewer | None:
    """None: nobody is logged in with this cookie."""
    cookie = read_session()
    found = None if cookie is None else sessions.find(state.engine(), cookie.secret_hash, now=state.now())
    if cookie is None or found is None:
        return None
    return Viewer(
        found.name,
        found.role,
        "password" if found.user_id is not None else "oidc",
        found.domains,
        access().sessions().csrf_token(cookie),
        found.user_id,
        found.id,
    )


def read_session() -> Session | None:
    """The session of the request's cookie, whoever it belongs to."""
    text = request.cookies.get(session.cookie_name())
    return None if text is None else access().sessions().unseal(text, state.now())


def by_proxy() -> Viewer | None:
    """None: no proxy of ours says who it is. Aborts with 403 if it is somebody who may nothing."""
    web = state.settings().web
    if web.proxy_auth_header is None or not peers.is_trusted(request.remote_addr, web.trusted_proxies):
        return None
    name = request.headers.get(web.proxy_auth_header, "").strip()
    if not name:
        return None
    if not name.isprintable() or len(name) > 255:
        abort(403, say("The web server in front gave a name that cannot be one."))
    grant = _granted()
    if grant is None:
        abort(403, say("You are in no group that may see this. An admin decides: the setting is web.groups."))
    # There is no session whose secret could be in the form; the name's own word does, and the browser's headers.
    return Viewer(name, grant.role, "proxy", grant.domains, access().sessions().mac("csrf.proxy", name))


def only_by_proxy() -> bool:
    """Whether a login form would lead nowhere."""
    web = state.settings().web
    if web.proxy_auth_header is None or web.oidc_issuer is not None:
        return False
    return not accounts.any_user(state.engine())


def client_address() -> str:
    """Whence the request comes, past the proxies that are trusted."""
    return peers.client_address(request.remote_addr, request.headers, state.settings().web.trusted_proxies)


def _granted() -> Grant | None:
    web = state.settings().web
    if web.proxy_groups_header is None:
        return Grant(web.proxy_role)
    given = request.headers.get(web.proxy_groups_header, "")
    return roles.granted(web.groups, (part.strip() for part in re.split(r"[,;|]", given)))
