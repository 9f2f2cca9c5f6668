"""The setup page and its API: ticks by a real look, the self-test, and what may be changed by whom."""

import time
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from collector.store import hosted
from tests.setup.conftest import MakeApp
from tests.support.dns import DnsServer
from tests.support.page import Page, read
from tests.support.policy_host import Host, PolicyHost, ok
from tests.web import world
from tests.web.conftest import add_token, add_user, enter

PAGE = "/domains/example.com/setup"
API = "/api/v1/domains/example.com/setup"
POLICY = b"version: STSv1\r\nmode: testing\r\nmx: mx1.example.com\r\nmx: mx2.example.com\r\nmax_age: 86400\r\n"
FORM = {"mode": "enforce", "max_age": "604800", "mx": "mx1.example.com\r\n*.EXAMPLE.net\r\n"}


@pytest.fixture
def client(make_app: MakeApp) -> FlaskClient:
    return make_app().test_client()


def page(client: FlaskClient, address: str = PAGE) -> Page:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    found = read(answer.text)
    assert found.problems == []
    return found


def ticks(client: FlaskClient) -> dict[str, bool | None]:
    return {step["key"]: step["seen"] for step in client.get(API).json["steps"]}  # type: ignore[index]


def test_the_steps_are_ticked_as_they_become_live(make_app: MakeApp, dns: DnsServer, policy_host: PolicyHost) -> None:
    shown = page(make_app().test_client())
    assert 'IN TXT "v=TLSRPTv1; rua=mailto:tlsrpt@reports.example.com"' in shown.text
    assert "mode: testing mx: mx1.example.com mx: mx2.example.com" in shown.text
    assert ticks(make_app().test_client()) == {
        "tlsrpt": True, "policy": False, "record": False, "wait": None, "enforce": False, "enforce-record": None,
        "pickup": None, "none": False, "none-record": None, "outlast": None, "remove": None,
    }  # fmt: skip
    policy_host.hosts["example.com"] = Host(ok(POLICY))
    dns.zone["mta-sts.example.com", "A"] = ["127.0.0.1"]
    dns.zone["_mta-sts.example.com", "TXT"] = ["v=STSv1; id=20261124;"]
    after = ticks(make_app().test_client())  # another application remembers nothing of the first look
    assert (after["tlsrpt"], after["policy"], after["record"]) == (True, True, True)


def test_who_asks_again_at_once_hears_the_same(client: FlaskClient, dns: DnsServer) -> None:
    for _ in range(5):
        page(client)
        ticks(client)
    assert dns.queries["_smtp._tls.example.com", "TXT"] == 1


def test_only_known_domains_are_looked_at(client: FlaskClient, dns: DnsServer) -> None:
    for address in ("/domains/stranger.example/setup", "/api/v1/domains/stranger.example/setup"):
        assert client.get(address).status_code == 404
    assert not any("stranger" in name for name, _ in dns.queries)


def test_the_removal_waits_for_what_was_seen_published(client: FlaskClient) -> None:
    """example.com was seen with a max_age of a week until now."""
    assert "Wait until 1 Dec 2026" in page(client).text


def test_a_self_test_by_the_button(client: FlaskClient, filled: Engine) -> None:
    """It stops before the MX, for there is none; how far it came stands on the page."""
    answer = client.post(f"{PAGE}/self-test")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{PAGE}#self-test")
    give_up = time.monotonic() + 10
    while client.get(API).json["self_test"]["arrived"] is None and time.monotonic() < give_up:  # type: ignore[index]
        time.sleep(0.02)
    shown = page(client)
    assert "it did not arrive" in shown.text
    assert "mailto:tlsrpt@reports.example.com ok DNS: the record names" in shown.text
    assert "stopped MX: reports.example.com does not exist in DNS" in shown.text
    again = client.post(f"{PAGE}/self-test")
    assert "told=too-soon" in again.headers["Location"]
    refused = client.post("/api/v1/domains/example.com/self-test")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")


def test_a_preview_changes_nothing(client: FlaskClient, filled: Engine) -> None:
    shown = page(client, f"{PAGE}?mode=enforce&max_age=604800&mx=mx1.example.com")
    assert "mx2.example.com would be refused" in shown.text
    assert "Senders begin to hold back mail" in shown.text
    assert shown.all("input", name="mx", type="hidden")[0]["value"] == "mx1.example.com"
    assert hosted.served(filled, "example.com") is None


@pytest.mark.parametrize(
    ("query", "said"),
    [
        pytest.param("mode=enforce&max_age=604800&mx=", "there is no mx line", id="no MX"),
        pytest.param("mode=strict&max_age=604800&mx=mx1.example.com", "mode must be enforce, testing", id="mode"),
        pytest.param("mode=testing&max_age=99999999&mx=mx1.example.com", "the most allowed is 31557600", id="max_age"),
        pytest.param("mode=testing&max_age=week&mx=mx1.example.com", "a number of seconds", id="no number"),
        pytest.param("mode=testing&max_age=1&mx=mx*.example.com", "mx*.example.com", id="pattern"),
    ],
)
def test_a_bad_draft_says_why_and_cannot_be_served(client: FlaskClient, filled: Engine, query: str, said: str) -> None:
    shown = page(client, f"{PAGE}?{query}")
    assert said in shown.text
    assert shown.all("input", name="mx", type="hidden") == []
    answer = client.post(f"{PAGE}/policy", data=query, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 400
    assert hosted.served(filled, "example.com") is None


def test_a_field_brings_no_lines_of_its_own(client: FlaskClient) -> None:
    assert client.post(f"{PAGE}/policy", data=FORM | {"mode": "testing\r\nmx: evil.example"}).status_code == 400


def test_a_policy_is_served_and_its_history_kept(client: FlaskClient, filled: Engine) -> None:
    assert client.post(f"{PAGE}/policy", data=FORM).status_code == 303
    served = hosted.served(filled, "example.com")
    assert served is not None
    assert (served.mode, served.max_age, served.mx) == ("enforce", 604800, ("mx1.example.com", "*.example.net"))
    assert served.policy_id == "20261124T120000Z"
    shown = page(client)
    # The record to publish has the id of what is served.
    assert 'IN TXT "v=STSv1; id=20261124T120000Z;"' in shown.text
    assert "What was set, newest first" in shown.text


def test_serving_ends(client: FlaskClient, filled: Engine, clock: world.Clock) -> None:
    client.post(f"{PAGE}/policy", data=FORM)
    # At that very moment somebody else has changed it.
    assert client.post(f"{PAGE}/policy/end").status_code == 400
    assert hosted.served(filled, "example.com") is not None
    clock.at += timedelta(seconds=1)
    assert client.post(f"{PAGE}/policy/end").status_code == 303
    assert hosted.served(filled, "example.com") is None
    assert "Nothing is served at" in page(client).text


def test_each_change_has_an_id_of_its_own(client: FlaskClient, filled: Engine, clock: world.Clock) -> None:
    client.post(f"{PAGE}/policy", data=FORM)
    clock.at += timedelta(milliseconds=10)
    client.post(f"{PAGE}/policy", data=FORM | {"mode": "testing"})
    served = hosted.served(filled, "example.com")
    assert served is not None
    assert (served.mode, served.policy_id) == ("testing", "20261124T120001Z")


def test_who_may_change_it(client: FlaskClient, filled: Engine) -> None:
    enter(client, filled, add_user(filled, "vera", "viewer"))
    shown = page(client)
    assert shown.all("form", method="post", action=f"{PAGE}/self-test") == []
    assert shown.all("form", class_="policy") == []
    for path in ("self-test", "policy", "policy/end"):
        assert client.post(f"{PAGE}/{path}", data=FORM).status_code in (400, 403)
    assert hosted.served(filled, "example.com") is None


def test_an_operator_changes_it_with_the_token_of_the_form(client: FlaskClient, filled: Engine) -> None:
    enter(client, filled, add_user(filled, "otto", "operator", "example.com"))
    token = page(client).all("input", name="csrf_token")[0]["value"]
    assert client.post(f"{PAGE}/policy", data=FORM).status_code == 400
    assert client.post(f"{PAGE}/policy", data=FORM | {"csrf_token": token}).status_code == 303
    served = hosted.served(filled, "example.com")
    assert served is not None
    assert served.set_by == "otto"
    assert client.get("/domains/example.net/setup").status_code == 404


def test_a_token_that_may_write_starts_a_self_test(client: FlaskClient, filled: Engine) -> None:
    add_user(filled)
    header = add_token(filled, "write")
    answer = client.post("/api/v1/domains/example.com/self-test", headers=header)
    assert answer.status_code == 202
    assert answer.json["self_test"]["started_at"] == "2026-11-24T12:00:00Z"  # type: ignore[index]


def test_it_works_while_dns_is_silent(make_app: MakeApp, tmp_path: Path) -> None:
    shown = page(make_app(**{"dns.nameservers": "127.0.0.1:1", "dns.timeout": "0.2"}).test_client())
    assert "could not be looked up just now" in shown.text


def test_the_tab_leads_there(client: FlaskClient) -> None:
    assert any(link.startswith(PAGE) for link in read(client.get("/domains/example.com").text).links())
