"""A check that somebody asks for: by the API and by the button; what it answers, and what its page shows."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from collector.store import queries
from collector.store.engine import Engine
from tests.support.dns import DnsServer
from tests.support.policy_host import Host, PolicyHost, ok
from tests.web.conftest import MakeApp, add_token, add_user

POLICY = b"version: STSv1\r\nmode: testing\r\nmax_age: 86400\r\nmx: mx1.example.com\r\n"
ZONE = {
    ("_smtp._tls.example.com", "TXT"): ["v=TLSRPTv1; rua=<script>alert(1)</script>@example.com"],
    ("_mta-sts.example.com", "TXT"): ["v=STSv1; id=77"],
    ("mta-sts.example.com", "A"): ["127.0.0.1"],
    ("example.com", "MX"): ["10 mx1.example.com", "20 mx2.example.com"],
}


@pytest.fixture
def dns() -> Iterator[DnsServer]:
    with DnsServer(ZONE) as server:
        yield server


@pytest.fixture
def client(make_app: MakeApp, dns: DnsServer) -> Iterator[FlaskClient]:
    with PolicyHost() as host:
        host.hosts["example.com"] = Host(ok(POLICY))
        yield make_app(
            **{
                "dns.nameservers": str(dns.address),
                "dns.timeout": "2",
                "monitor.ca_file": str(host.ca_file),
                "monitor.https_port": str(host.port),
                "monitor.smtp_port": "1",
                "monitor.timeout": "10",
            }
        ).test_client()


def test_the_api_answers_as_the_command_does(client: FlaskClient, filled: Engine) -> None:
    answer = client.post("/api/v1/domains/Example.COM./check")
    assert answer.status_code == 200
    found = answer.json
    assert found is not None
    assert set(found) == {"domain", "at", "ok", "tlsrpt", "mta_sts", "mx"}
    assert (found["domain"], found["ok"]) == ("example.com", False)
    assert (found["mta_sts"]["id"], found["mta_sts"]["error"]) == ("77", None)
    assert [(each["host"], each["matches_policy"]) for each in found["mx"]] == [
        ("mx1.example.com", True),
        ("mx2.example.com", False),
    ]
    # It is the last look in the history, too.
    domain_id = queries.find_domain(filled, "example.com")
    assert domain_id is not None
    kept = queries.last_check(filled, domain_id)
    assert kept is not None
    assert (kept.mta_sts.id, len(kept.problems)) == ("77", len(_problems(found)))


def _problems(found: dict[str, Any]) -> list[Any]:
    parts = [found["tlsrpt"], found["mta_sts"], *found["mx"]]
    return [problem for part in parts for problem in part["problems"]]


def test_the_page_shows_each_problem_with_what_to_publish(client: FlaskClient) -> None:
    assert "were never checked" in client.get("/domains/example.com").text
    assert "Nobody has checked" in client.get("/domains/example.com/check").text
    answer = client.post("/domains/example.com/check")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/domains/example.com/check")
    page = client.get("/domains/example.com/check").text
    assert "the policy does not name the MX host mx2.example.com" in page
    assert "v=TLSRPTv1; rua=mailto:tlsrpt@example.com" in page
    assert "<script>alert" not in page
    assert "Last check" in client.get("/domains/example.com").text


def test_a_domain_that_was_not_added_is_not_contacted(client: FlaskClient, dns: DnsServer) -> None:
    assert client.post("/api/v1/domains/nobody.example/check").status_code == 404
    assert not dns.queries


@pytest.mark.parametrize(("scope", "status"), [("read", 403), ("write", 200)])
def test_it_wants_a_token_that_may_write(client: FlaskClient, filled: Engine, scope: str, status: int) -> None:
    add_user(filled)
    answer = client.post("/api/v1/domains/example.com/check", headers=add_token(filled, scope))
    assert answer.status_code == status
