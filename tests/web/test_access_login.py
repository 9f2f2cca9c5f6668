"""Once a user exists: pages want a session, the API and the metrics a token."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from collector.store import accounts, tokens
from collector.store.engine import Engine
from dashboard.passwords import hash_password, hash_token
from dashboard.web.access import session, throttle
from tests.web import world
from tests.web.conftest import PASSWORD, TOKEN, MakeApp, add_token, add_user, enter

COOKIE = "tlsrpt"


@pytest.fixture
def client(filled: Engine, make_app: MakeApp) -> FlaskClient:
    """A stranger, while there is one user."""
    add_user(filled, "ada")
    return make_app().test_client()


def csrf_token(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([0-9a-f]{64})"', page)
    assert found is not None
    return found[1]


def log_in(client: FlaskClient, name: str = "ada", password: str = PASSWORD, **more: str) -> TestResponse:
    form = {"csrf_token": csrf_token(client.get("/login").text), "name": name, "password": password}
    return client.post("/login", data=form | more)


@pytest.mark.parametrize("path", ["/api/v1/domains", "/api/v1/nothing", "/api/v1/deliveries?format=csv", "/metrics"])
@pytest.mark.parametrize(
    "header",
    [None, "Bearer wrong", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer ", "Bearer ü".encode().decode("latin-1")],
)
def test_programs_need_a_token(client: FlaskClient, filled: Engine, path: str, header: str | None) -> None:
    add_token(filled)
    answer = client.get(path, headers={} if header is None else {"Authorization": header})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")
    assert answer.json is not None
    assert answer.json["error"]["code"] == "unauthorized"


@pytest.mark.parametrize(
    "path", ["/api/v1/domains", "/api/v1/domains/example.com/chart", "/api/v1/deliveries", "/metrics"]
)
def test_token(client: FlaskClient, filled: Engine, path: str) -> None:
    assert client.get(path, headers=add_token(filled)).status_code == 200


def test_token_ends(client: FlaskClient, filled: Engine, clock: world.Clock) -> None:
    ends = world.NOW + timedelta(days=1)
    tokens.add(filled, "a", scope="read", token_hash=hash_token("tlsrpt_x"), expires_at=ends, now=world.NOW)
    for at, status in ((ends - timedelta(seconds=1), 200), (ends, 401)):
        clock.at = at
        assert client.get("/api/v1/domains", headers={"Authorization": "Bearer tlsrpt_x"}).status_code == status


def test_removed_token(client: FlaskClient, filled: Engine) -> None:
    header = add_token(filled)
    tokens.remove(filled, "grafana")
    assert client.get("/api/v1/domains", headers=header).status_code == 401


@pytest.mark.parametrize(("scope", "status"), [("read", 403), ("write", 405)])
def test_scope(client: FlaskClient, filled: Engine, scope: str, status: int) -> None:
    """A token that may write gets as far as finding that nothing takes a POST there."""
    client.application.add_url_rule("/api/v1/change", view_func=lambda: "done", methods=["POST"])
    answer = client.post("/api/v1/change", headers=add_token(filled, scope))
    assert answer.status_code == (200 if scope == "write" else status)


def test_token_opens_no_page(client: FlaskClient, filled: Engine) -> None:
    assert client.get("/", headers=add_token(filled)).status_code == 403


@pytest.mark.parametrize(
    ("path", "login"),
    [
        ("/", "/login"),
        ("/domains", "/login?next=%2Fdomains"),
        (
            "/domains/example.com?from=2026-11-01&to=",
            "/login?next=%2Fdomains%2Fexample.com%3Ffrom%3D2026-11-01%26to%3D",
        ),
        ("/nothing", "/login?next=%2Fnothing"),
    ],
)
def test_pages_ask_to_log_in(client: FlaskClient, path: str, login: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["Location"]) == (302, login)


def test_target_of_reports_asks_nobody_to_log_in(client: FlaskClient) -> None:
    """A redirect would count as delivered for a sender that does not look (Q104)."""
    assert client.post("/v1/tlsrpt", data=b"{}").status_code == 404


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/login"])
def test_open_to_everybody(client: FlaskClient, path: str) -> None:
    assert client.get(path, environ_overrides={"REMOTE_ADDR": "192.0.2.1"}).status_code == 200


def test_login_and_logout(client: FlaskClient) -> None:
    answer = log_in(client, next="/domains/example.com")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/domains/example.com")
    page = client.get("/domains/example.com")
    assert page.status_code == 200
    assert client.get("/api/v1/domains/example.com/chart").status_code == 200  # the page's script asks for it
    assert client.get("/login").headers["Location"] == "/"
    answer = client.post("/logout", data={"csrf_token": csrf_token(page.text)})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login")
    assert client.get("/").status_code == 302


@pytest.mark.parametrize(
    ("wanted", "leads_to"),
    [
        ("", "/"),
        ("/reports?limit=5", "/reports?limit=5"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("/\t/evil.example/", "/"),
        ("/\r\nSet-Cookie: a=b", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_login_leads_to_no_other_site(client: FlaskClient, wanted: str, leads_to: str) -> None:
    assert log_in(client, next=wanted).headers["Location"] == leads_to


@pytest.mark.parametrize(
    ("name", "password"),
    [("ada", "wrong"), ("ada", ""), ("Ada", PASSWORD), ("nobody", PASSWORD), ("", ""), ("ada", PASSWORD + "x" * 2000)],
)
def test_wrong_login(client: FlaskClient, name: str, password: str) -> None:
    answer = log_in(client, name, password)
    assert answer.status_code == 403
    assert "Name or password is wrong." in answer.text  # the same for each of them
    assert client.get("/").status_code == 302


def test_login_form_needs_its_token(client: FlaskClient) -> None:
    client.get("/login")
    for token in ("", "0" * 64, "ü"):
        form = {"csrf_token": token, "name": "ada", "password": PASSWORD}
        assert client.post("/login", data=form).status_code == 400


def test_login_form_needs_its_cookie(client: FlaskClient) -> None:
    token = csrf_token(client.get("/login").text)
    client.delete_cookie(COOKIE)
    assert client.post("/login", data={"csrf_token": token, "name": "ada", "password": PASSWORD}).status_code == 400


def test_no_cross_site_login(client: FlaskClient) -> None:
    form = {"csrf_token": csrf_token(client.get("/login").text), "name": "ada", "password": PASSWORD}
    assert client.post("/login", data=form, headers={"Origin": "https://evil.example"}).status_code == 403


def test_session_is_rotated_at_login(client: FlaskClient) -> None:
    client.get("/login")
    before = client.get_cookie(COOKIE)
    log_in(client)
    after = client.get_cookie(COOKIE)
    assert before is not None
    assert after is not None
    assert before.value != after.value


@pytest.mark.parametrize(
    ("public_url", "attributes"),
    [
        ("", {"HttpOnly", "SameSite=Lax", "Path=/"}),
        ("http://tls.example.net", {"HttpOnly", "SameSite=Lax", "Path=/"}),
        ("https://tls.example.net", {"HttpOnly", "SameSite=Lax", "Path=/", "Secure"}),
    ],
)
def test_cookie(filled: Engine, make_app: MakeApp, public_url: str, attributes: set[str]) -> None:
    add_user(filled, "ada")
    answer = make_app(**{"web.public_url": public_url}).test_client().get("/login")
    name_and_value, *found = answer.headers["Set-Cookie"].split("; ")
    assert {item for item in found if not item.startswith(("Expires", "Max-Age"))} == attributes
    assert name_and_value.startswith("__Host-" if "Secure" in attributes else "tlsrpt=")


def test_session_ends(client: FlaskClient, filled: Engine, clock: world.Clock) -> None:
    enter(client, filled, accounts.users(filled)[0])
    clock.at += session.LASTS - timedelta(seconds=1)
    assert client.get("/").status_code == 200
    clock.at += timedelta(seconds=1)
    assert client.get("/").status_code == 302


def test_session_ends_with_its_user(client: FlaskClient, filled: Engine) -> None:
    enter(client, filled, accounts.users(filled)[0])
    assert client.get("/").status_code == 200
    add_user(filled, "grace")
    accounts.remove_user(filled, "ada")
    assert client.get("/").status_code == 302
    add_user(filled, "ada")  # another one of that name
    assert client.get("/").status_code == 302


@pytest.mark.parametrize("change", ["", "x", "reversed"])
def test_forged_session(client: FlaskClient, filled: Engine, change: str) -> None:
    enter(client, filled, accounts.users(filled)[0])
    cookie = client.get_cookie(COOKIE)
    assert cookie is not None
    forged = cookie.value[::-1] if change == "reversed" else change + cookie.value[1:]
    client.set_cookie(COOKIE, forged)
    assert client.get("/").status_code == 302


def test_session_of_another_database_is_none(client: FlaskClient) -> None:
    strange = session.Sessions(b"k" * 32)
    client.set_cookie(COOKIE, strange.seal(strange.begin(world.NOW)))
    assert client.get("/").status_code == 302


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("operator", 200), ("admin", 200)])
def test_who_may_change(filled: Engine, make_app: MakeApp, role: str, status: int) -> None:
    client = make_app().test_client()
    client.application.add_url_rule("/change", view_func=lambda: "done", methods=["POST"])
    enter(client, filled, add_user(filled, "ada", role))
    token = csrf_token(client.get("/").text)
    assert client.post("/change").status_code == 400
    assert client.post("/change", data={"csrf_token": token}).status_code == status
    assert client.post("/change", headers={"X-CSRF-Token": token}).status_code == status
    assert client.post("/logout", data={"csrf_token": token}).status_code == 303


def test_failed_logins_have_to_wait(client: FlaskClient, clock: world.Clock) -> None:
    for _ in range(throttle.FAILURES_PER_NAME):
        assert log_in(client, password="wrong").status_code == 403
    answer = log_in(client)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == str(15 * 60)
    # Another name or address is not kept out by it.
    assert log_in(client, name="grace").status_code == 403
    form = {"csrf_token": csrf_token(client.get("/login").text), "name": "ada", "password": PASSWORD}
    elsewhere = client.post("/login", data=form, environ_overrides={"REMOTE_ADDR": "192.0.2.9"})
    assert elsewhere.status_code == 303
    clock.at += throttle.WINDOW
    client.delete_cookie(COOKIE)
    assert log_in(client).status_code == 303


def test_refused_logins_are_logged(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    log_in(client, password="wrong")
    log_in(client, name="my password", password="x")
    assert [record.getMessage() for record in caplog.records if record.name == "tlsrpt.web"] == [
        "login refused: 'ada' from 127.0.0.1",
        "login refused: an unknown name from 127.0.0.1",
    ]


def test_throttle_per_address(filled: Engine, clock: world.Clock) -> None:
    """Each number asks a throttle of its own, as processes do; a site of IPv6 counts as one address."""
    for number in range(throttle.FAILURES_PER_ADDRESS):
        counted = throttle.Throttle(filled, b"k")
        assert not counted.wait(f"name{number}", f"2001:db8::{number}", clock())
        counted.failed(f"name{number}", f"2001:db8::{number}", clock())
    assert counted.wait("fresh", "2001:db8::1:1", clock()) == throttle.WINDOW
    assert not counted.wait("fresh", "2001:db8:0:1::1", clock())
    assert not counted.wait("fresh", "192.0.2.2", clock())


def test_right_password_forgets_the_wrong_ones(filled: Engine, clock: world.Clock) -> None:
    counted = throttle.Throttle(filled, b"k")
    for _ in range(2):
        for _ in range(throttle.FAILURES_PER_NAME - 1):
            counted.failed("ada", "192.0.2.1", clock())
        assert not counted.wait("ada", "192.0.2.1", clock())
        counted.succeeded("ada", "192.0.2.1")


def test_hostile_name_is_escaped(client: FlaskClient) -> None:
    answer = log_in(client, name='"><script>alert(1)</script>')
    assert "<script>alert" not in answer.text


def test_password_hash_says_how() -> None:
    assert hash_password("x").startswith("$argon2id$")
