"""Logging in at an OpenID Connect provider: a real one, small, on loopback; and what a bad one gets."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, build_opener

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from collector.store import audit, sessions
from collector.store.engine import Engine
from tests.support import oidc
from tests.web import world
from tests.web.conftest import MakeApp

GROUPS = "operators=operator,customers=viewer:example.net,others=viewer:quiet.example,admins=admin"


@pytest.fixture
def provider(clock: world.Clock) -> Iterator[oidc.Provider]:
    with oidc.running(lambda: clock().timestamp()) as provider:
        yield provider


@pytest.fixture
def client(make_app: MakeApp, provider: oidc.Provider) -> FlaskClient:
    app = make_app(
        **{
            "web.public_url": "http://localhost",
            "web.oidc_issuer": provider.issuer,
            "web.oidc_client_id": oidc.CLIENT,
            "web.oidc_client_secret": oidc.SECRET,
            "web.groups": GROUPS,
        }
    )
    return app.test_client()


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def log_in(client: FlaskClient, wanted: str = "/") -> TestResponse:
    begun = client.get("/login/oidc", query_string={"next": wanted})
    assert begun.status_code == 302
    return client.get(back_from(begun.headers["Location"]))


def back_from(address: str) -> str:
    """Where the provider sends the browser back to."""
    with pytest.raises(HTTPError) as sent:
        build_opener(_Stay).open(address)
    with sent.value as answer:
        return answer.headers["Location"].removeprefix("http://localhost")


def test_in_and_out(client: FlaskClient, filled: Engine, provider: oidc.Provider) -> None:
    assert client.get("/reports").headers["Location"] == "/login?next=%2Freports"
    form = client.get("/login?next=/reports").text
    assert 'href="/login/oidc?next=/reports"' in form
    assert 'name="password"' not in form  # there is no user here who has one
    answer = log_in(client, "/reports?limit=5")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/reports?limit=5")
    page = client.get("/").text
    assert "Log out grace" in page
    (session,) = sessions.every(filled, now=world.NOW, limit=10)
    assert (session.user_id, session.name, session.role, session.domains) == (None, "grace", "operator", ())
    assert [(entry.by.name, entry.by.way, entry.action) for entry in audit.entries(filled).items] == [
        ("grace", "oidc", "login")
    ]
    token = page.split('name="csrf_token" value="')[1][:64]
    out = client.post("/logout", data={"csrf_token": token})
    assert f"{provider.issuer}/end?client_id=tlsrpt" in client.get(out.headers["Location"]).text
    assert client.get("/").status_code == 302
    assert sessions.every(filled, now=world.NOW, limit=10) == ()


@pytest.mark.parametrize(
    ("groups", "role", "domains"),
    [
        (["operators", "unknown"], "operator", ()),
        (["customers"], "viewer", ("example.net",)),
        (["customers", "others"], "viewer", ("example.net", "quiet.example")),
        (["customers", "operators"], "operator", ()),  # the highest role, over its own domains
        ("admins", "admin", ()),
    ],
)
def test_groups_decide(
    client: FlaskClient, filled: Engine, provider: oidc.Provider, groups: object, role: str, domains: tuple[str, ...]
) -> None:
    provider.claims["groups"] = groups
    assert log_in(client).status_code == 303
    (session,) = sessions.every(filled, now=world.NOW, limit=10)
    assert (session.role, session.domains) == (role, domains)


@pytest.mark.parametrize("subject", ["42", "43"])
def test_groups_of_userinfo_count_for_the_same_person(
    client: FlaskClient, provider: oidc.Provider, subject: str
) -> None:
    del provider.claims["groups"]
    provider.userinfo = {"sub": subject, "groups": ["admins"]}
    assert log_in(client).status_code == (303 if subject == "42" else 403)


Spoil = Callable[[dict[str, Any], dict[str, Any]], None]
BAD: dict[str, Spoil] = {
    "wrong nonce": lambda claims, _: claims.update(nonce="another"),
    "no nonce": lambda claims, _: claims.pop("nonce"),
    "wrong audience": lambda claims, _: claims.update(aud="another"),
    "another party of ours": lambda claims, _: claims.update(aud=[oidc.CLIENT, "another"], azp="another"),
    "wrong issuer": lambda claims, _: claims.update(iss="https://evil.example"),
    "expired": lambda claims, _: claims.update(exp=claims["iat"] - 61),
    "of the future": lambda claims, _: claims.update(iat=claims["iat"] + 3600),
    "never expires": lambda claims, _: claims.pop("exp"),
    "nobody": lambda claims, _: claims.pop("sub"),
    "a name that is none": lambda claims, _: claims.update(preferred_username="a\nb"),
    "in no group": lambda claims, _: claims.update(groups=["guests"]),
    "groups that are none": lambda claims, _: claims.update(groups={"operators": True}),
}


@pytest.mark.parametrize("how", BAD)
def test_refused(client: FlaskClient, filled: Engine, provider: oidc.Provider, how: str) -> None:
    provider.spoil = BAD[how]
    assert log_in(client).status_code == 403
    assert client.get("/").status_code == 302
    assert sessions.every(filled, now=world.NOW, limit=10) == ()
    (entry,) = audit.entries(filled).items
    assert (entry.by.name, entry.by.way, entry.action) == (None, "oidc", "login_refused")


def test_only_what_was_begun_here_comes_back(client: FlaskClient, clock: world.Clock, make_app: MakeApp) -> None:
    back = back_from(client.get("/login/oidc").headers["Location"])
    assert client.get(back.replace("state=", "state=x")).status_code == 403
    assert client.get(back).status_code == 400  # what was begun is used once
    back = back_from(client.get("/login/oidc").headers["Location"])
    assert client.application.test_client().get(back).status_code == 400  # another browser
    assert client.get("/login/oidc/callback?error=access_denied&error_description=%3Cb%3E").status_code == 403
    back = back_from(client.get("/login/oidc").headers["Location"])
    code = back.split("code=")[1].split("&")[0]
    assert client.get(back.replace(code, "another")).status_code == 403
    back = back_from(client.get("/login/oidc").headers["Location"])
    clock.at = clock.at.replace(hour=13)
    assert client.get(back).status_code == 400  # too late
    assert make_app().test_client().get("/login/oidc").status_code == 404  # there is no provider


def test_keys_are_changed_now_and_then(client: FlaskClient, provider: oidc.Provider) -> None:
    assert log_in(client).status_code == 303
    provider.change_keys()
    assert log_in(client).status_code == 303


def test_provider_is_away_or_another(client: FlaskClient, provider: oidc.Provider) -> None:
    issuer, provider.issuer = provider.issuer, "https://evil.example"
    answer = client.get("/login/oidc")
    assert answer.status_code == 503
    assert "does not answer at the moment" in answer.text
    provider.issuer = issuer
    assert log_in(client).status_code == 303
