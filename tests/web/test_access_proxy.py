"""A web server in front says who is logged in: only a trusted one is believed, and only what it is asked for."""

import re

import pytest
from flask.testing import FlaskClient

from collector.store import audit
from collector.store.engine import Engine
from tests.web.conftest import MakeApp, add_token, add_user

STRANGER = {"REMOTE_ADDR": "192.0.2.66"}
SETTINGS = {"web.proxy_auth_header": "Remote-User", "web.trusted_proxies": "127.0.0.0/8,198.51.100.7"}
GROUPS = {
    "web.proxy_groups_header": "Remote-Groups",
    "web.groups": "ops=operator,customer=viewer:example.net,admins=admin",
}


@pytest.fixture
def client(make_app: MakeApp) -> FlaskClient:
    return make_app(**SETTINGS).test_client()


@pytest.mark.parametrize("path", ["/", "/domains/example.com", "/api/v1/domains"])
def test_trusted(client: FlaskClient, path: str) -> None:
    for peer in ("127.0.0.1", "198.51.100.7"):
        answer = client.get(path, headers={"Remote-User": "grace"}, environ_overrides={"REMOTE_ADDR": peer})
        assert answer.status_code == 200


@pytest.mark.parametrize(("path", "status"), [("/", 403), ("/domains/example.com", 403), ("/api/v1/domains", 401)])
@pytest.mark.parametrize("header", [{"Remote-User": "admin"}, {}, {"X-Forwarded-For": "127.0.0.1", "Remote-User": "a"}])
def test_anybody_else_is_refused(client: FlaskClient, path: str, status: int, header: dict[str, str]) -> None:
    answer = client.get(path, headers=header, environ_overrides=STRANGER)
    assert answer.status_code == status
    assert b"quiet.example" not in answer.data


@pytest.mark.parametrize("name", ["", " ", "a\u0085b".encode().decode("latin-1"), "x" * 256])
def test_names_that_are_none(client: FlaskClient, name: str) -> None:
    assert client.get("/", headers={"Remote-User": name}).status_code == 403


def test_there_are_users_besides(client: FlaskClient, filled: Engine) -> None:
    """Who is not named by the proxy may log in here, and programs have their tokens."""
    add_user(filled)
    assert client.get("/", environ_overrides=STRANGER).headers["Location"] == "/login"
    assert client.get("/api/v1/domains", headers=add_token(filled), environ_overrides=STRANGER).status_code == 200


@pytest.mark.parametrize(
    ("groups", "page", "deliveries", "post"),
    [
        ("ops", 200, 200, 303),
        ("guests, customer", 200, 403, 403),
        ("customer;ops", 200, 200, 303),
        ("guests", 403, 403, 403),
        ("", 403, 403, 403),
    ],
)
def test_groups_decide(make_app: MakeApp, filled: Engine, groups: str, page: int, deliveries: int, post: int) -> None:
    client = make_app(**SETTINGS, **GROUPS).test_client()
    headers = {"Remote-User": "grace", "Remote-Groups": groups}
    answer = client.get("/", headers=headers)
    assert answer.status_code == page
    assert client.get("/deliveries", headers=headers).status_code == deliveries
    path = "/domains/foreign.example/adopt"
    assert client.post(path, headers=headers).status_code in (400, 403)  # without the form's token
    found = re.search(
        r'name="csrf_token" value="([0-9a-f]{64})"', client.get("/deliveries/foreign", headers=headers).text
    )
    token = found[1] if found else ""
    done = client.post(path, headers=headers, data={"csrf_token": token})
    assert done.status_code == post if found else done.status_code in (400, 403)
    told = [(entry.by.name, entry.by.way, entry.action, entry.subject) for entry in audit.entries(filled).items]
    assert told == ([("grace", "proxy", "domain_added", "foreign.example")] if post == 303 else [])


def test_one_persons_form_is_not_anothers(make_app: MakeApp) -> None:
    client = make_app(**SETTINGS, **{"web.proxy_role": "operator"}).test_client()
    page = client.get("/settings/domains", headers={"Remote-User": "ada"}).text
    token = re.search(r'value="([0-9a-f]{64})"', page)
    assert token is not None
    data = {"csrf_token": token[1], "name": "example.com"}
    assert client.post("/settings/domains", headers={"Remote-User": "grace"}, data=data).status_code == 400
    assert client.post("/settings/domains", headers={"Remote-User": "ada"}, data=data).status_code == 303


@pytest.mark.parametrize(
    ("peer", "told", "secure"),
    [
        ("127.0.0.1", "https", True),
        ("127.0.0.1", "http", False),
        ("127.0.0.1", "", False),
        ("192.0.2.66", "https", False),
    ],
)
def test_tls_ends_at_a_trusted_proxy(filled: Engine, make_app: MakeApp, peer: str, told: str, secure: bool) -> None:
    add_user(filled)
    headers = {"X-Forwarded-Proto": told} if told else {}
    answer = make_app().test_client().get("/login", headers=headers, environ_overrides={"REMOTE_ADDR": peer})
    assert ("Secure" in answer.headers["Set-Cookie"]) is secure
    assert ("Strict-Transport-Security" in answer.headers) is secure
