"""Users and tokens by the API: for admins, told to the audit log, with the same rules as the pages."""

from typing import Any

import pytest

from collector.store import accounts, audit, tokens
from collector.store.engine import Engine
from tests.web.conftest import PASSWORD, MakeApp, add_token, add_user, enter


def test_a_user_is_made_listed_and_removed(filled: Engine, make_app: MakeApp) -> None:
    add_user(filled)
    client, token = make_app().test_client(), add_token(filled, "admin")
    asked = {"name": "grace", "role": "viewer", "password": PASSWORD, "domains": ["Example.COM"]}
    made = client.post("/api/v1/users", json=asked, headers=token)
    assert made.status_code == 201
    assert made.json is not None
    assert {key: made.json[key] for key in ("name", "role", "domains")} == {
        "name": "grace",
        "role": "viewer",
        "domains": ["example.com"],
    }
    listed = client.get("/api/v1/users", headers=token)
    assert listed.json is not None
    assert [user["name"] for user in listed.json["users"]] == ["ada", "grace"]
    assert made.json in listed.json["users"]
    assert "argon2" not in listed.text
    assert client.post("/api/v1/users", json=asked, headers=token).status_code == 400  # the name is taken
    path = f"/api/v1/users/{made.json['id']}"
    assert client.delete(path, headers=token).json == {"name": "grace"}
    assert client.delete(path, headers=token).status_code == 404
    (ada,) = accounts.users(filled)
    last = client.delete(f"/api/v1/users/{ada.id}", headers=token)
    assert (last.status_code, [user.name for user in accounts.users(filled)]) == (400, ["ada"])
    told = [(entry.action, entry.subject, entry.by.name) for entry in audit.entries(filled).items]
    assert told == [("user_removed", "grace", "grafana"), ("user_added", "grace", "grafana")]
    assert PASSWORD not in str(audit.entries(filled))


def test_a_token_is_told_once_works_and_is_removed(filled: Engine, make_app: MakeApp) -> None:
    add_user(filled)
    client, token = make_app().test_client(), add_token(filled, "admin")
    made = client.post("/api/v1/tokens", json={"name": "ci", "scope": "read", "days": 30}, headers=token)
    assert made.status_code == 201
    assert made.json is not None
    own = {"Authorization": f"Bearer {made.json['token']}"}
    assert client.get("/api/v1/domains", headers=own).status_code == 200
    assert client.get("/api/v1/tokens", headers=own).status_code == 403
    listed = client.get("/api/v1/tokens", headers=token)
    assert listed.json is not None
    assert made.json["token"] not in listed.text
    [found] = [each for each in listed.json["tokens"] if each["name"] == "ci"]
    assert (found["scope"], found["domains"], found["expires_at"][:10]) == ("read", [], "2026-12-24")
    assert client.delete(f"/api/v1/tokens/{found['id']}", headers=token).json == {"name": "ci"}
    assert client.get("/api/v1/domains", headers=own).status_code == 401
    told = [(entry.action, entry.subject) for entry in audit.entries(filled).items]
    assert told == [("token_removed", "ci"), ("token_added", "ci")]


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("users", b""),
        ("users", b"[]"),
        ("users", b"{\xff"),
        ("users", {"name": "x", "role": "viewer"}),
        ("users", {"name": "x", "role": "god", "password": PASSWORD}),
        ("users", {"name": 1, "role": "viewer", "password": PASSWORD}),
        ("users", {"name": "a\0b", "role": "viewer", "password": PASSWORD}),
        ("users", {"name": "x", "role": "viewer", "password": "short"}),
        ("tokens", {"name": "x", "scope": "all"}),
        ("tokens", {"name": "x", "scope": "read", "days": 0}),
        ("tokens", {"name": "x", "scope": "read", "days": True}),
        ("tokens", {"name": "x", "scope": "read", "domains": ["no name"]}),
        ("tokens", {"name": "x", "scope": "read", "domains": "example.com"}),
        ("tokens", {"name": "x", "scope": "read", "domains": [""]}),
        ("tokens", {"name": "x", "scope": "read", "domains": ["example.com", "a.example,b.example"]}),
    ],
)
def test_what_is_not_understood_changes_nothing(filled: Engine, make_app: MakeApp, path: str, sent: Any) -> None:
    add_user(filled)
    how = {"data": sent} if isinstance(sent, bytes) else {"json": sent}
    answer = make_app().test_client().post(f"/api/v1/{path}", headers=add_token(filled, "admin"), **how)
    assert answer.status_code == 400
    assert answer.json is not None
    assert answer.json["error"]["code"] == "bad_request"
    assert ([user.name for user in accounts.users(filled)], len(tokens.tokens(filled))) == (["ada"], 1)


@pytest.mark.parametrize("scope", ["read", "write"])
def test_only_admins_come_here(filled: Engine, make_app: MakeApp, scope: str) -> None:
    add_user(filled)
    client, token = make_app().test_client(), add_token(filled, scope)
    for path in ("users", "tokens"):
        assert client.get(f"/api/v1/{path}", headers=token).status_code == 403
        assert client.post(f"/api/v1/{path}", json={}, headers=token).status_code == 403


def test_a_user_is_changed_and_logged_out(filled: Engine, make_app: MakeApp) -> None:
    add_user(filled)
    grace = add_user(filled, "grace", "viewer", "example.com")
    client, token = make_app().test_client(), add_token(filled, "admin")
    enter(client, filled, grace)
    path = f"/api/v1/users/{grace.id}"
    changed = client.patch(path, json={"role": "operator"}, headers=token)
    assert (changed.status_code, changed.json["role"], changed.json["domains"]) == (200, "operator", ["example.com"])  # type: ignore[index]
    assert client.get("/api/v1/sessions", headers=token).json == {"sessions": []}
    lifted = client.patch(path, json={"domains": []}, headers=token).json
    assert lifted is not None
    assert (lifted["role"], lifted["domains"]) == ("operator", [])
    for bad in ({"role": "king"}, {"domains": [""]}, {"password": "short"}, {"role": 1}):
        assert client.patch(path, json=bad, headers=token).status_code == 400, bad
    (ada,) = [user for user in accounts.users(filled) if user.name == "ada"]
    assert client.patch(f"/api/v1/users/{ada.id}", json={"role": "viewer"}, headers=token).status_code == 400
    told = [(entry.action, entry.subject) for entry in audit.entries(filled).items]
    assert told == [("user_changed", "grace"), ("user_changed", "grace")]


def test_sessions_are_listed_and_ended(filled: Engine, make_app: MakeApp) -> None:
    grace = add_user(filled, "grace", "admin")
    client, token = make_app().test_client(), add_token(filled, "admin")
    enter(client, filled, grace)
    listed = client.get("/api/v1/sessions", headers=token).json
    assert listed is not None
    [row] = listed["sessions"]
    assert (row["name"], row["role"], row["address"]) == ("grace", "admin", "127.0.0.1")
    path = f"/api/v1/sessions/{row['id']}"
    assert client.delete(path, headers=token).json == {"name": "grace"}
    assert client.delete(path, headers=token).status_code == 404
    assert client.get("/").status_code == 302
    [entry] = audit.entries(filled).items
    assert (entry.action, entry.subject) == ("sessions_ended", "grace")
