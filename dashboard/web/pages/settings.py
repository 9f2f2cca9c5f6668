"""`/settings`: oneself, the domains, the configuration, the audit log. Users and tokens stand in `settings_people`."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from collector.errors import UsageError
from collector.store import accounts, audit, sessions
from collector.store.queries import added
from collector.store.sessions import LoggedIn
from dashboard.passwords import is_right
from dashboard.text import Text, say
from dashboard.web import access, adopted, changes, params, scope, state
from dashboard.web.access import audit as audit_hook
from dashboard.web.access import identify
from dashboard.web.api.audit import asked as asked_audit
from dashboard.web.configuration import configuration_lines
from dashboard.web.pages import settings_mail, settings_people, settings_preview

blueprint = Blueprint("settings", __name__, url_prefix="/settings")
settings_people.register(blueprint)
settings_mail.register(blueprint)
settings_preview.register(blueprint)


@blueprint.get("")
def account() -> str:
    """Who one is, and where one is logged in."""
    return _account()


@blueprint.post("/sessions/end")
def end_sessions() -> Response:
    """Ends one of one's sessions by `id`, or all of them."""
    mine = _my_session()
    if mine is None:
        raise UsageError(say("there is no session to end"))
    given = request.form.get("id", "")
    for each in sessions.of(state.engine(), mine, now=state.now()):
        if given in ("", str(each.id)):
            sessions.end(state.engine(), each.id)
    audit_hook.about(mine.name, sessions="one" if given else "all")
    return redirect(url_for("settings.account"), 303)


@blueprint.post("/password")
def password() -> Response | tuple[str, int]:
    """A new password for oneself; it logs out everywhere."""
    found = access.viewer()
    user = None if found is None or found.user_id is None else accounts.user_with_id(state.engine(), found.user_id)
    if user is None:
        raise UsageError(say("your password is not kept here"))
    throttle, address = identify.access().throttle(), identify.client_address()
    old = request.form.get("old", "")
    good = not throttle.wait(user.name, address, state.now()) and is_right(user.password_hash, old)
    if not good:
        throttle.failed(user.name, address, state.now())
    try:
        changes.change_own_password(user.id, old, request.form.get("new", ""), good)
    except UsageError as error:
        return _account(error.args[0]), 400
    return redirect(url_for("access.login"), 303)


@blueprint.get("/domains")
def domains() -> str:
    return _domains()


@blueprint.post("/domains")
def add_domain() -> Response | tuple[str, int]:
    try:
        name, done = changes.add_domain(request.form.get("name", ""))
    except UsageError as error:
        return _domains(error.args[0]), 400
    return redirect(url_for("settings.domains", **adopted.query(name, done)), 303)  # type: ignore[arg-type]


@blueprint.get("/domains/<domain>/remove")
def ask_to_remove_domain(domain: str) -> str:
    """What would be lost, before it is."""
    name, _ = scope.domain(domain)
    is_seeded = name in state.settings().domains
    return render_template(
        "settings_domain_remove.html",
        name=name,
        loss=added.loss(state.engine(), name),
        kept_days=state.settings().keep.foreign_days,
        is_seeded=is_seeded,
    )


@blueprint.post("/domains/<domain>/remove")
def remove_domain(domain: str) -> Response:
    name, _ = scope.domain(domain)
    changes.remove_domain(name)
    return redirect(url_for("settings.domains", removed=name), 303)


@blueprint.get("/configuration")
def configuration() -> str:
    return render_template("settings_configuration.html", lines=configuration_lines())


@blueprint.get("/audit")
def audit_log() -> str:
    page = asked_audit()
    return render_template("settings_audit.html", entries=page.items, next=page.next, actions=audit.ACTIONS)


def _account(message: str | Text = "") -> str:
    mine = _my_session()
    found = () if mine is None else sessions.of(state.engine(), mine, now=state.now())
    return render_template("settings.html", mine=mine, sessions=found, message=message)


def _domains(message: str | Text = "") -> str:
    search = params.text(request.args, "search")
    page = added.added(
        state.engine(), search=search, limit=params.limit(request.args), cursor=params.cursor(request.args)
    )
    return render_template(
        "settings_domains.html",
        domains=page.items,
        next=page.next,
        search=search,
        seeded=frozenset(state.settings().domains),
        done=adopted.told(),
        removed=params.domain(request.args, "removed"),
        given=request.form.get("name", ""),
        message=message,
    )


def _my_session() -> LoggedIn | None:
    cookie = identify.read_session() if access.viewer() else None
    return None if cookie is None else sessions.find(state.engine(), cookie.secret_hash, now=state.now())
