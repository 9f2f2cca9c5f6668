"""`/api/v1/users`, `/sessions` and `/tokens`: who may come in, and who is in; for admins."""

from uuid import UUID

from flask import Blueprint, Response, abort

from collector.store import accounts, sessions, tokens
from collector.store.accounts import User
from dashboard.web import changes, respond, state
from dashboard.web.access import audit
from dashboard.web.api import answers
from dashboard.web.api.operation import operation
from dashboard.web.api.sent import limited_to, sent
from dashboard.web.api.types import people

_MOST_SESSIONS = 1000


def add_to(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/users", view_func=users)
    blueprint.add_url_rule("/users", view_func=add_user, methods=["POST"])
    blueprint.add_url_rule("/users/<uuid:user_id>", view_func=remove_user, methods=["DELETE"])
    blueprint.add_url_rule("/users/<uuid:user_id>", view_func=change_user, methods=["PATCH"])
    blueprint.add_url_rule("/sessions", "sessions", sessions_)
    blueprint.add_url_rule("/sessions/<uuid:session_id>", view_func=end_session, methods=["DELETE"])
    blueprint.add_url_rule("/tokens", "tokens", tokens_)
    blueprint.add_url_rule("/tokens", view_func=add_token, methods=["POST"])
    blueprint.add_url_rule("/tokens/<uuid:token_id>", view_func=remove_token, methods=["DELETE"])


@operation(people.Users)
def users() -> Response:
    """The users that are kept here, by name."""
    return answers.only_json({"users": [_shape(user) for user in accounts.users(state.engine())]})


@operation(people.User, status=201, errors=(400, 413), body=people.NewUser)
def add_user() -> Response:
    """Makes a user. From the first one on everybody has to say who they are."""
    given = sent(people.NewUser)
    made = changes.add_user(given["name"], given["role"], limited_to(given.get("domains", ())), given["password"])
    return respond.json(_shape(made), status=201)


@operation(people.RemovedOne, errors=(400, 404, 413))
def remove_user(user_id: UUID) -> Response:
    """Removes a user, who is logged out at once. The last admin without a limit stays."""
    found = _user(user_id)
    changes.remove_user(found)
    return respond.json({"name": found.name})


@operation(people.User, errors=(400, 404, 413), body=people.ChangedUser)
def change_user(user_id: UUID) -> Response:
    """Changes role, limit or password of a user, who is logged out everywhere. The last admin without a limit stays."""
    found, given = _user(user_id), sent(people.ChangedUser)
    limit = limited_to(given.get("domains", found.domains))
    changes.change_user(found, given.get("role", found.role), limit, given.get("password", ""))
    return respond.json(_shape(_user(user_id)))


@operation(people.Sessions)
def sessions_() -> Response:
    """Who is logged in, the newest first."""
    return answers.only_json(
        {
            "sessions": [
                {
                    "id": each.id,
                    "name": each.name,
                    "role": each.role,
                    "domains": each.domains,
                    "begun_at": each.begun_at,
                    "ends_at": each.ends_at,
                    "address": each.address,
                    "browser": each.browser,
                }
                for each in sessions.every(state.engine(), now=state.now(), limit=_MOST_SESSIONS)
            ]
        }
    )


@operation(people.RemovedOne, errors=(404, 413))
def end_session(session_id: UUID) -> Response:
    """Logs somebody out."""
    ended = sessions.end(state.engine(), session_id)
    if ended is None:
        abort(404, "There is no such session.")
    audit.about(ended.name, sessions="one")
    return respond.json({"name": ended.name})


@operation(people.Tokens)
def tokens_() -> Response:
    """All tokens, by name, without what they say."""
    return answers.only_json(
        {
            "tokens": [
                {
                    "id": token.id,
                    "name": token.name,
                    "scope": token.scope,
                    "domains": token.domains,
                    "created_at": token.created_at,
                    "expires_at": token.expires_at,
                    "last_used_at": token.last_used_at,
                }
                for token in tokens.tokens(state.engine())
            ]
        }
    )


@operation(people.MadeToken, status=201, errors=(400, 413), body=people.NewToken)
def add_token() -> Response:
    """Makes a token and answers with what it says, this once."""
    given = sent(people.NewToken)
    days = given.get("days")
    text = changes.add_token(
        given["name"], given["scope"], limited_to(given.get("domains", ())), "" if days is None else str(days)
    )
    return respond.json({"name": given["name"], "token": text}, status=201)


@operation(people.RemovedOne, errors=(404, 413))
def remove_token(token_id: UUID) -> Response:
    """Removes a token; whoever shows it is refused from then on."""
    found = next((token for token in tokens.tokens(state.engine()) if token.id == token_id), None)
    if found is None:
        abort(404, "There is no such token.")
    changes.remove_token(found.name)
    return respond.json({"name": found.name})


def _user(user_id: UUID) -> User:
    found = accounts.user_with_id(state.engine(), user_id)
    if found is None:
        abort(404, "There is no such user.")
    return found


def _shape(user: User) -> people.User:
    return {
        "id": user.id,
        "name": user.name,
        "role": user.role,
        "domains": user.domains,
        "created_at": user.created_at,
    }
