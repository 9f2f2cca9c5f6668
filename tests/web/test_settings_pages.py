"""The pages under /settings: what they show, what they change, and what they say when it cannot be."""

import re

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from collector.store import accounts, audit, queries, sessions, tokens
from collector.store.engine import Engine
from dashboard.passwords import is_right
from tests.web import world
from tests.web.conftest import PASSWORD, MakeApp, add_user, enter

PAGES = ("", "/domains", "/users", "/tokens", "/mail", "/configuration", "/audit")
SECRET = "hunter2-in-the-settings"


@pytest.fixture
def admin(filled: Engine, make_app: MakeApp) -> FlaskClient:
    overrides = {
        "mail.password": SECRET,
        "summary.recipients": "ops@example.com,ann@example.net=example.net",
        "domains": "example.net",
    }
    client = make_app(**overrides).test_client()
    enter(client, filled, add_user(filled, "ada"))
    return client


def send(client: FlaskClient, path: str, **form: str) -> TestResponse:
    found = re.search(r'name="csrf_token" value="([0-9a-f]{64})"', client.get("/settings").text)
    return client.post(f"/settings{path}", data=form | {"csrf_token": found[1] if found else ""})


def told(engine: Engine) -> list[tuple[str | None, str, str | None]]:
    return [(entry.by.name, entry.action, entry.subject) for entry in audit.entries(engine).items]


@pytest.mark.parametrize("page", PAGES)
def test_pages(admin: FlaskClient, page: str) -> None:
    answer = admin.get(f"/settings{page}")
    assert answer.status_code == 200
    assert answer.text.count('aria-current="page"') >= 1
    assert SECRET not in answer.text
    assert "style=" not in answer.text


def test_mail_and_configuration_say_where_from(admin: FlaskClient) -> None:
    page = admin.get("/settings/mail").text
    assert "ann@example.net" in page
    assert "TLSRPT_SUMMARY_RECIPIENTS" in page
    page = admin.get("/settings/configuration").text
    assert "--set mail.password" in page
    assert "(hidden)" in page


def test_users(admin: FlaskClient, filled: Engine) -> None:
    new = {"name": "grace", "role": "operator", "domains": "Example.COM, example.net", "password": PASSWORD}
    assert send(admin, "/users", **new).headers["Location"] == "/settings/users?told=added:grace"
    grace = accounts.user_named(filled, "grace")
    assert grace is not None
    assert (grace.role, grace.domains) == ("operator", ("example.com", "example.net"))
    assert is_right(grace.password_hash, PASSWORD)
    other = admin.application.test_client()
    enter(other, filled, grace)
    assert other.get("/settings").status_code == 200
    assert other.get("/settings/users").status_code == 403
    assert send(admin, f"/users/{grace.id}", role="viewer", domains="", password="").status_code == 303
    assert other.get("/settings").status_code == 302  # what changed ends the sessions
    assert accounts.user_named(filled, "grace") == accounts.User(
        grace.id, "grace", "viewer", grace.password_hash, (), grace.created_at
    )
    assert "grace" in admin.get(f"/settings/users/{grace.id}/remove").text
    assert send(admin, f"/users/{grace.id}/remove").status_code == 303
    assert accounts.user_named(filled, "grace") is None
    assert told(filled) == [
        ("ada", "user_removed", "grace"),
        ("ada", "user_changed", "grace"),
        ("ada", "user_added", "grace"),
    ]


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ({"name": " x"}, "A name has 1 to 255 printable characters"),
        ({"role": "king"}, "The role is one of"),
        ({"domains": "example.com no_name!"}, "is no domain name"),
        ({"password": "short"}, "A password has 8 to"),
        ({"name": "ada"}, "there is a user"),
        ({"name": "<script>alert(1)</script>", "role": "x"}, "The role is one of"),
    ],
)
def test_users_that_cannot_be(admin: FlaskClient, filled: Engine, form: dict[str, str], why: str) -> None:
    answer = send(admin, "/users", **{"name": "grace", "role": "viewer", "password": PASSWORD, "domains": ""} | form)
    assert answer.status_code == 400
    assert why in answer.text
    assert "<script>alert" not in answer.text
    assert [user.name for user in accounts.users(filled)] == ["ada"]


def test_the_last_admin_stays(admin: FlaskClient, filled: Engine) -> None:
    (ada,) = accounts.users(filled)
    for path, form in ((f"/users/{ada.id}/remove", {}), (f"/users/{ada.id}", {"role": "viewer"})):
        answer = send(admin, path, **form)
        assert answer.status_code == 400
        assert "This is the last admin" in answer.text
    assert accounts.users(filled) == (ada,)


def test_the_first_user_is_an_admin_and_closes_the_door(client: FlaskClient, filled: Engine) -> None:
    form = {"name": "ada", "role": "viewer", "password": PASSWORD}
    assert "The first user has to be an admin" in client.post("/settings/users", data=form).text
    assert client.post("/settings/users", data=form | {"role": "admin"}).status_code == 303
    assert client.get("/").status_code == 302
    assert told(filled) == [(None, "user_added", "ada")]


def test_tokens(admin: FlaskClient, filled: Engine) -> None:
    answer = send(admin, "/tokens", name="grafana", scope="read", domains="example.net", days="30")
    found = re.search(r"tlsrpt_[A-Za-z0-9_-]{43}", answer.text)
    assert answer.status_code == 201
    assert found is not None
    assert answer.headers["Cache-Control"] == "no-store"
    api = admin.application.test_client()
    listed = api.get("/api/v1/domains", headers={"Authorization": f"Bearer {found[0]}"}).get_json()
    assert [each["domain"] for each in listed["domains"]] == ["example.net"]
    page = admin.get("/settings/tokens").text
    assert found[0] not in page
    assert "24 Dec 2026" in page
    (token,) = tokens.tokens(filled)
    assert send(admin, f"/tokens/{token.id}/remove").status_code == 303
    assert api.get("/api/v1/domains", headers={"Authorization": f"Bearer {found[0]}"}).status_code == 401
    for form in ({"scope": "all"}, {"days": "0"}, {"days": "x"}, {"name": ""}, {"domains": "!"}):
        fields = {"name": "ci", "scope": "read", "domains": "", "days": ""} | form
        assert send(admin, "/tokens", **fields).status_code == 400
    assert [entry[1] for entry in told(filled)] == ["token_removed", "token_added"]


def test_domains(admin: FlaskClient, filled: Engine) -> None:
    page = admin.get("/settings/domains/example.com/remove").text
    assert "the figures of 2 reports" in page
    assert "It also stands in the setting" not in page
    added = send(admin, "/domains", name="Foreign.Example.")
    assert "1 report now counts for it." in admin.get(added.headers["Location"]).text
    assert "was there already" in admin.get(send(admin, "/domains", name="foreign.example").headers["Location"]).text
    assert send(admin, "/domains", name="no_name!").status_code == 400
    assert "It also stands in the setting" in admin.get("/settings/domains/example.net/remove").text
    assert queries.find_domain(filled, "example.com") is not None  # asking removes nothing
    assert "undo this for 90 days" in page
    removed = send(admin, "/domains/example.com/remove")
    assert "Removed example.com with its figures." in admin.get(removed.headers["Location"]).text
    assert queries.find_domain(filled, "example.com") is None
    assert admin.get("/settings/domains/example.com/remove").status_code == 404
    assert next(entry[1:] for entry in told(filled)) == ("domain_removed", "example.com")
    assert "quiet.example" not in admin.get("/settings/domains?search=FOREIGN&limit=1").text


def test_log_out_everywhere(admin: FlaskClient, filled: Engine) -> None:
    (ada,) = accounts.users(filled)
    phone = admin.application.test_client()
    enter(phone, filled, ada)
    page = phone.get("/settings").text
    assert page.count("a test") == 2  # the browser of both
    one = sessions.every(filled, now=world.NOW, limit=10)[0]
    assert send(admin, "/sessions/end", id=str(one.id)).status_code == 303
    assert phone.get("/").status_code == 302
    assert admin.get("/").status_code == 200
    assert send(admin, "/sessions/end").status_code == 303
    assert admin.get("/").status_code == 302


def test_a_cookie_that_was_logged_out_is_worth_nothing(admin: FlaskClient) -> None:
    cookie = admin.get_cookie("tlsrpt")
    assert cookie is not None
    found = re.search(r'name="csrf_token" value="([0-9a-f]{64})"', admin.get("/settings").text)
    assert found is not None
    admin.post("/logout", data={"csrf_token": found[1]})
    admin.set_cookie("tlsrpt", cookie.value)
    assert admin.get("/").status_code == 302


def test_own_password(admin: FlaskClient, filled: Engine) -> None:
    wrong = send(admin, "/password", old="wrong", new="another long one")
    assert (wrong.status_code, "The present password is wrong." in wrong.text) == (400, True)
    assert send(admin, "/password", old=PASSWORD, new="short").status_code == 400
    assert send(admin, "/password", old=PASSWORD, new="another long one").headers["Location"] == "/login"
    assert admin.get("/").status_code == 302
    (ada,) = accounts.users(filled)
    assert is_right(ada.password_hash, "another long one")


def test_audit_page_and_api(admin: FlaskClient, filled: Engine) -> None:
    audit.record(filled, audit.By("=1+1", "password", "192.0.2.1"), "login", "<script>", now=world.NOW)
    page = admin.get("/settings/audit?action=login").text
    assert "<script>" not in page.replace('<script src="', "")
    answer = admin.get("/api/v1/audit?limit=1").get_json()
    assert [(each["actor"], each["action"], each["address"]) for each in answer["entries"]] == [
        ("=1+1", "login", "192.0.2.1")
    ]
    assert "'=1+1" in admin.get("/api/v1/audit?format=csv").text
    assert admin.get("/api/v1/audit?action=nothing").status_code == 400
    assert admin.get("/api/v1/audit?cursor=x").status_code == 400
