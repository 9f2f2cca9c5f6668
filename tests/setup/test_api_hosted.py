"""The policy that the dashboard serves, set by the API as by the page."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from collector.store import audit, hosted
from tests.setup.conftest import MakeApp
from tests.web import world
from tests.web.conftest import add_token, add_user

API = "/api/v1/domains/example.com/setup"
WANTED = {"mode": "enforce", "max_age": 604800, "mx": ["mx1.example.com", "*.EXAMPLE.net"]}


@pytest.fixture
def client(make_app: MakeApp) -> FlaskClient:
    return make_app().test_client()


def draft(client: FlaskClient, **query: object) -> Any:
    answer = client.get(f"{API}/draft", query_string=query)
    assert answer.status_code == 200, answer.text
    return answer.json


def test_a_draft_says_what_would_change(client: FlaskClient, filled: Engine) -> None:
    found = draft(client, mode="enforce", max_age=604800, mx="mx1.example.com")
    assert found["policy"]["text"].startswith("version: STSv1\r\nmode: enforce\r\nmx: mx1.example.com\r\n")
    said = {each["text"]: each["severity"] for each in found["consequences"]}
    assert any("mx2.example.com would be refused" in text and severity == "error" for text, severity in said.items())
    assert (found["problems"], hosted.served(filled, "example.com")) == ([], None)


def test_without_one_it_suggests_one(client: FlaskClient) -> None:
    suggested = draft(client)["policy"]
    assert (suggested["mode"], suggested["mx"]) == ("testing", ["mx1.example.com", "mx2.example.com"])
    assert "text" in suggested


def test_a_bad_draft_says_why_and_cannot_be_served(client: FlaskClient, filled: Engine) -> None:
    found = draft(client, mode="enforce", max_age=604800)
    assert (found["policy"], found["problems"][0]["severity"]) == (None, "error")
    for bad in (
        WANTED | {"mx": []},
        WANTED | {"mode": "strict"},
        WANTED | {"max_age": -1},
        WANTED | {"mx": ["mx1.example.com\nmx: evil.example"]},
        WANTED | {"mode": "testing\nmx: evil.example"},
        {"mode": "testing"},
        [],
    ):
        assert client.post(f"{API}/policy", json=bad).status_code == 400, bad
    assert hosted.served(filled, "example.com") is None


def test_it_is_served_and_ends(client: FlaskClient, filled: Engine, clock: world.Clock) -> None:
    served = client.post(f"{API}/policy", json=WANTED).json
    assert served is not None
    assert served == client.get(f"{API}/policy").json
    assert (served["domain"], served["served_since"]) == ("example.com", "2026-11-24T12:00:00Z")
    assert served["history"] == [
        {
            "set_at": "2026-11-24T12:00:00Z",
            "set_by": None,
            "mode": "enforce",
            "max_age": 604800,
            "mx": ["mx1.example.com", "*.example.net"],
            "id": "20261124T120000Z",
        }
    ]
    policy = client.get("/.well-known/mta-sts.txt", headers={"Host": "mta-sts.example.com"})
    assert policy.text.startswith("version: STSv1\r\nmode: enforce\r\n")
    clock.at += timedelta(seconds=1)
    ended = client.post(f"{API}/policy/end").json
    assert ended is not None
    assert (ended["served_since"], [row["mode"] for row in ended["history"]]) == (None, [None, "enforce"])
    assert [entry.action for entry in audit.entries(filled).items] == ["policy_ended", "policy_served"]


def test_who_may(make_app: MakeApp, filled: Engine) -> None:
    add_user(filled)
    client = make_app().test_client()
    assert client.post(f"{API}/policy", json=WANTED).status_code == 401
    reader = add_token(filled, "read")
    assert client.get(f"{API}/policy", headers=reader).status_code == 200
    assert client.post(f"{API}/policy", json=WANTED, headers=reader).status_code == 403
    assert client.post(f"{API}/policy/end", headers=reader).status_code == 403


def test_a_writing_token_is_named_in_the_history(make_app: MakeApp, filled: Engine) -> None:
    add_user(filled)
    client, writer = make_app().test_client(), add_token(filled, "write")
    answer = client.post(f"{API}/policy", json=WANTED, headers=writer)
    assert answer.json is not None
    assert (answer.status_code, answer.json["history"][0]["set_by"]) == (200, "grafana")
    other = "/api/v1/domains/stranger.example/setup/policy"
    assert client.post(other, json=WANTED, headers=writer).status_code == 404
