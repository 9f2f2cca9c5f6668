"""One reporter, one MX host and the result types over all domains: pages and API tell the same, and only one's own."""

import csv
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from collector.monitor.model import Observation, StsPolicy
from collector.store import domains, published, queries
from collector.store.engine import Engine
from collector.store.queries import Filter, Side
from tests.support.page import read
from tests.web import world
from tests.web.conftest import add_user, enter
from tests.web.test_api_figures import get

RANGE = {"from": "2026-11-01", "to": "2026-11-24"}
FILTER = Filter(world.NOW.date() - timedelta(days=29), world.NOW.date())


@pytest.fixture
def shared(filled: Engine) -> Engine:
    """example.net has mx1.example.com as an MX too."""
    share(filled)
    return filled


def share(engine: Engine) -> None:
    domain_id = queries.find_domain(engine, "example.net")
    assert domain_id is not None
    hosts = ("mx.example.net", "mx1.example.com")
    policy = StsPolicy("testing", 604800, hosts, "version: STSv1\n")
    seen = Observation(at=world.NOW + timedelta(hours=1), policy_id="2", policy=policy, mx_hosts=hosts)
    published.record(engine, domain_id, seen, world.NOW + timedelta(days=1))


def test_a_reporter_over_all_domains(client: FlaskClient) -> None:
    found = get(client, "reporters/other.example", **RANGE)
    assert (found["reports"], found["successful"], found["failed"], found["domain_count"]) == (2, 12, 0, 2)
    assert [(row["domain"], row["successful"], row["authenticated"]) for row in found["domains"]] == [
        ("example.net", 7, False),
        ("example.com", 5, False),
    ]
    assert found["days"] == [{"day": "2026-11-21", "reports": 2, "successful": 12, "failed": 0}]
    failing = get(client, "reporters/reporter.example", **RANGE)["failures"]
    assert [share["name"] for share in failing["domains"]] == ["example.com"]
    assert [(share["name"], share["failed"]) for share in failing["result_types"]] == [
        ("certificate-expired", 6),
        ("validation-failure", 4),
    ]


def test_it_adds_up_to_what_each_domain_has(client: FlaskClient) -> None:
    told = get(client, "reporters/other.example", **RANGE)
    for row in told["domains"]:
        [listed] = get(client, f"domains/{row['domain']}/reporters/other.example", **RANGE)["figures"]
        assert {key: row[key] for key in ("reports", "successful", "failed", "last_report", "organization")} == {
            key: listed[key] for key in ("reports", "successful", "failed", "last_report", "organization")
        }


def test_the_page_of_a_reporter(client: FlaskClient) -> None:
    page = read(client.get("/reporters/reporter.example", query_string=RANGE).text)
    assert page.problems == []
    for expected in ("10 sessions failed", "10.0 % of 100", "1 report about 1 domain", "Certificate expired"):
        assert expected in page.text
    assert "/domains/example.com/reporters/reporter.example?from=2026-11-01&to=2026-11-24" in page.links()
    one = read(client.get("/domains/example.com/reporters/reporter.example").text)
    assert "/reporters/reporter.example" in one.links()


@pytest.mark.parametrize("path", ["reporters/nobody.example", "reporters/%00", "mx/mx.never.example", "mx/%00"])
def test_what_nobody_has_told_is_404(client: FlaskClient, path: str) -> None:
    for prefix in ("/", "/api/v1/"):
        assert client.get(prefix + path).status_code == 404


def test_no_report_of_these_days_is_404(client: FlaskClient) -> None:
    assert client.get("/api/v1/reporters/reporter.example?to=2026-11-19").status_code == 404
    assert client.get("/api/v1/reporters/other.example?authenticated=yes").status_code == 404


def test_an_mx_host_over_the_domains_that_share_it(client: FlaskClient, shared: Engine) -> None:
    found = get(client, "mx/MX1.example.com.", **RANGE)
    assert found["mx"] == "mx1.example.com"
    assert found["domains"] == [
        {"domain": "example.com", "failed": 6, "successful": None},
        {"domain": "example.net", "failed": 0, "successful": None},
    ]
    assert [(each["name"], each["failed"]) for each in found["failures"]["domains"]] == [("example.com", 6)]
    page = read(client.get("/mx/mx1.example.com", query_string=RANGE).text)
    assert page.problems == []
    assert "6 failures in 1 domain" in page.text
    assert "/domains/example.net/mx/mx1.example.com?from=2026-11-01&to=2026-11-24" in page.links()


def test_a_host_leads_to_the_others_where_there_are_some(client: FlaskClient, filled: Engine) -> None:
    path = "/domains/example.com/mx/mx1.example.com"
    assert "/mx/mx1.example.com" not in read(client.get(path).text).links()
    share(filled)
    assert "/mx/mx1.example.com" in read(client.get(path).text).links()


def test_result_types_have_their_figures(client: FlaskClient) -> None:
    rows = get(client, "result-types", **RANGE)["result_types"]
    assert [(row["result_type"], row["failed"], row["domains"]) for row in rows[:2]] == [
        ("certificate-expired", 6, 1),
        ("validation-failure", 4, 1),
    ]
    assert rows[0]["first_day"] == "2026-11-20"
    assert {row["failed"] for row in rows[2:]} == {0}
    assert (
        get(client, "result-types", **RANGE, authenticated="yes", reporter="other.example")["result_types"][0]["failed"]
        == 0
    )
    one = get(client, "result-types/validation-failure", **RANGE)
    assert [share["name"] for share in one["failures"]["domains"]] == ["example.com"]
    assert get(client, "result-types/made-up", **RANGE)["failures"]["failed"] == 0


def test_as_csv(client: FlaskClient) -> None:
    for path, columns in (
        ("result-types", ["result_type", "failed", "domains", "first_day", "last_day"]),
        ("reporters/other.example", ["domain", "authenticated", "reports", "successful", "failed", "last_report"]),
        ("mx/mx1.example.com", ["domain", "failed", "successful"]),
    ):
        rows = list(csv.reader(client.get(f"/api/v1/{path}?format=csv").text.splitlines()))
        assert rows[0][: len(columns)] == columns
        assert len(rows) > 1


def test_a_limited_viewer_gets_own_domains_only(client: FlaskClient, shared: Engine) -> None:
    enter(client, shared, add_user(shared, "grace", "viewer", "example.net"))
    assert [row["domain"] for row in get(client, "reporters/other.example", **RANGE)["domains"]] == ["example.net"]
    assert client.get("/api/v1/reporters/reporter.example", query_string=RANGE).status_code == 404
    found = get(client, "mx/mx1.example.com", **RANGE)
    assert ([row["domain"] for row in found["domains"]], found["failures"]["failed"]) == (["example.net"], 0)
    assert client.get("/api/v1/mx/mx2.example.com").status_code == 404
    assert "example.com" not in client.get("/mx/mx1.example.com").text.replace("mx1.example.com", "")
    assert {row["failed"] for row in get(client, "result-types", **RANGE)["result_types"]} == {0}


def test_both_databases_tell_the_same(engine: Engine) -> None:
    world.fill(engine)
    share(engine)
    told = queries.reporter_across(engine, FILTER, "other.example")
    assert told is not None
    assert (told.reports, told.successful, told.domain_count) == (2, 12, 2)
    assert [row.domain for row in told.domains] == ["example.net", "example.com"]
    assert queries.reporter_across(engine, FILTER, "reporter.example", only=("example.net",)) is None
    hosts = queries.domains_sharing(engine, FILTER, "mx1.example.com")
    assert [(row.domain, row.failed, row.successful) for row in hosts] == [
        ("example.com", 6, None),
        ("example.net", 0, None),
    ]
    assert queries.spread(engine, FILTER, Side(mx="mx1.example.com")).failed == 6
    domains.remove(engine, "example.com")
    assert queries.spread(engine, FILTER, Side(mx="mx1.example.com")).failed == 0
