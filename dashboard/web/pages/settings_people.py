"""`/settings/users` and `/settings/tokens`: who may come in; for admins."""

from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from collector.errors import UsageError
from collector.roles import ROLES
from collector.store import accounts, sessions, tokens
from collector.store.accounts import User
from collector.store.tokens import Token
from dashboard.text import Text, say
from dashboard.web import changes, state
from dashboard.web.access import audit

_MOST_SESSIONS = 100


def register(blueprint: Blueprint) -> None:
    for path, view, method in (
        ("/users", users, "GET"),
        ("/users", add_user, "POST"),
        ("/users/sessions/end", end_session, "POST"),
        ("/users/<uuid:user_id>", user, "GET"),
        ("/users/<uuid:user_id>", change_user, "POST"),
        ("/users/<uuid:user_id>/remove", ask_to_remove_user, "GET"),
        ("/users/<uuid:user_id>/remove", remove_user, "POST"),
        ("/tokens", tokens_page, "GET"),
        ("/tokens", add_token, "POST"),
        ("/tokens/<uuid:token_id>/remove", ask_to_remove_token, "GET"),
        ("/tokens/<uuid:token_id>/remove", remove_token, "POST"),
    ):
        blueprint.add_url_rule(path, view.__name__, view, methods=[method])


def users() -> str:
    return _users()


def add_user() -> Response | tuple[str, int]:
    form = request.form
    try:
        made = changes.add_user(
            form.get("name", ""), form.get("role", ""), form.get("domains", ""), form.get("password", "")
        )
    except UsageError as error:
        return _users(error.args[0]), 400
    return redirect(url_for("settings.users", told=f"added:{made.name}"), 303)


def end_session() -> Response:
    """Ends anybody's session."""
    try:
        wanted = UUID(request.form.get("id", ""))
    except ValueError:
        abort(404)
    ended = sessions.end(state.engine(), wanted)
    if ended is not None:
        audit.about(ended.name, sessions="one")
    return redirect(url_for("settings.users"), 303)


def user(user_id: UUID) -> str:
    return render_template("settings_user.html", user=_user(user_id), roles=ROLES, message="")


def change_user(user_id: UUID) -> Response | tuple[str, int]:
    found, form = _user(user_id), request.form
    try:
        changes.change_user(found, form.get("role", ""), form.get("domains", ""), form.get("password", ""))
    except UsageError as error:
        return render_template("settings_user.html", user=found, roles=ROLES, message=error.args[0]), 400
    return redirect(url_for("settings.users", told=f"changed:{found.name}"), 303)


def ask_to_remove_user(user_id: UUID) -> str:
    return render_template("settings_remove.html", kind="user", name=_user(user_id).name, message="")


def remove_user(user_id: UUID) -> Response | tuple[str, int]:
    found = _user(user_id)
    try:
        changes.remove_user(found)
    except UsageError as error:
        return render_template("settings_remove.html", kind="user", name=found.name, message=error.args[0]), 400
    return redirect(url_for("settings.users", told=f"removed:{found.name}"), 303)


def tokens_page() -> str:
    return _tokens()


def add_token() -> tuple[str, int]:
    """Answers with the token itself, this once: no address leads to it again."""
    form = request.form
    try:
        text = changes.add_token(
            form.get("name", ""), form.get("scope", ""), form.get("domains", ""), form.get("days", "")
        )
    except UsageError as error:
        return _tokens(error.args[0]), 400
    return _tokens(fresh=text), 201


def ask_to_remove_token(token_id: UUID) -> str:
    return render_template("settings_remove.html", kind="token", name=_token(token_id).name, message="")


def remove_token(token_id: UUID) -> Response:
    found = _token(token_id)
    changes.remove_token(found.name)
    return redirect(url_for("settings.tokens_page", told=f"removed:{found.name}"), 303)


def _users(message: str | Text = "") -> str:
    engine, now = state.engine(), state.now()
    return render_template(
        "settings_users.html",
        users=accounts.users(engine),
        sessions=sessions.every(engine, now=now, limit=_MOST_SESSIONS),
        roles=ROLES,
        groups=state.settings().web.groups,
        told=_told(),
        message=message,
    )


def _tokens(message: str | Text = "", fresh: str = "") -> str:
    return render_template(
        "settings_tokens.html",
        tokens=tokens.tokens(state.engine()),
        scopes=tokens.SCOPES,
        now=state.now(),
        fresh=fresh,
        told=_told(),
        message=message,
    )


def _told() -> tuple[str, str]:
    """What was done just now, and to whom; words that are none of ours are left out."""
    what, _, name = request.args.get("told", "").partition(":")
    return (what, name[:255]) if what in ("added", "changed", "removed") else ("", "")


def _user(user_id: UUID) -> User:
    found = accounts.user_with_id(state.engine(), user_id)
    if found is None:
        abort(404, say("There is no such user."))
    return found


def _token(token_id: UUID) -> Token:
    found = next((each for each in tokens.tokens(state.engine()) if each.id == token_id), None)
    if found is None:
        abort(404, say("There is no such token."))
    return found
