"""The pages of an MX host, a reporter and a result type: the same facts from their side, and only the viewer's own."""

from datetime import date

from flask.testing import FlaskClient

from collector.store import queries
from collector.store.engine import Engine
from collector.store.queries import Filter, Side
from tests.support.page import read
from tests.web import world
from tests.web.conftest import add_user, enter

RANGE = "?from=2026-11-01&to=2026-11-24"
PAGES = {
    "/domains/example.com/mx/mx1.example.com": (
        "6 sessions failed at this host",
        "Certificate expired (6)",
        "held back",
        "Only reporter.example tells it, of 2 reporters",
        "In the policy yes",
        "Our last look It is not among the MX hosts that we checked.",
    ),
    "/domains/example.com/mx/mx2.example.com": ("4 sessions failed at this host", "Validation failed (4)"),
    "/domains/example.com/reporters/reporter.example": (
        "10 sessions failed, 10.0 % of 100.",
        "Authenticated 1 report, 100 sessions, 10 failed",
        "The other reporters tell no failures in these days",
        "Policy applied enforce",
    ),
    "/domains/example.com/reporters/other.example": ("No failures. 5 sessions.", "anybody can use this name"),
    "/domains/example.com/failures/certificate-expired": (
        "6 failures, Sun 1 Nov to Tue 24 Nov 2026",
        "Only reporter.example tells it, of 2 reporters",
        "Renew the certificate",
    ),
    "/domains/example.com/failures/dane-required": ("No such failure in these days.",),
    "/result-types": ("certificate-expired", "dane-required", "most failures first"),
    "/result-types/validation-failure": ("4 failures in 1 domain", "example.com", "reporter.example"),
}


def test_a_side_says_what_when_whose_fault_and_what_to_do(client: FlaskClient) -> None:
    for path, texts in PAGES.items():
        answer = client.get(path + RANGE)
        page = read(answer.text)
        assert (answer.status_code, page.problems) == (200, []), path
        for expected in texts:
            assert expected in page.text, path


def test_what_nobody_has_told_has_no_page(client: FlaskClient) -> None:
    for path in (
        "/domains/example.com/mx/mx.never.example",
        "/domains/example.com/reporters/nobody.example",
        "/domains/example.com/failures/made-up",
        "/result-types/made-up",
        "/domains/never.example/mx/mx1.example.com",
    ):
        assert client.get(path + RANGE).status_code == 404, path


def test_the_filter_goes_along(client: FlaskClient) -> None:
    path = "/domains/example.com/reporters/other.example"
    assert "No report by it about these days." in read(client.get(f"{path}{RANGE}&authenticated=yes").text).text
    links = read(client.get("/domains/example.com/mx" + RANGE).text).links()
    assert "/domains/example.com/mx/mx1.example.com?from=2026-11-01&to=2026-11-24" in links
    listed = read(client.get(f"/reports{RANGE}&reporter=reporter.example").text).links()
    assert "/domains/example.com" + RANGE in listed
    across = read(client.get("/reporters/reporter.example" + RANGE + "&policy_type=sts").text).links()
    assert f"/reports{RANGE}&reporter=reporter.example" in across  # a report holds results of several types


def test_a_page_beneath_a_tab_says_which(client: FlaskClient) -> None:
    beneath = {
        "/domains/example.com/mx/mx1.example.com": "mx",
        "/domains/example.com/reporters/other.example": "reporters",
        "/domains/example.com/failures/certificate-expired": "failures",
    }
    for path, tab in beneath.items():
        current = [given for given in read(client.get(path + RANGE).text).all("a") if "aria-current" in given]
        assert f"/domains/example.com/{tab}{RANGE}" in [given["href"] for given in current], path


def test_hosts_that_are_an_mx_of_ours_lead_to_their_page_over_all_domains(client: FlaskClient) -> None:
    for path in ("/reporters/reporter.example", "/result-types/certificate-expired"):
        page = read(client.get(path + RANGE).text)
        assert page.problems == []
        assert "/mx/mx1.example.com" + RANGE in page.links(), path


def test_a_limited_viewer_sees_own_domains_only(client: FlaskClient, filled: Engine) -> None:
    enter(client, filled, add_user(filled, "grace", "viewer", "example.net"))
    assert "No such failure" in read(client.get("/result-types/validation-failure" + RANGE).text).text
    assert client.get("/domains/example.com/failures/validation-failure").status_code == 404
    enter(client, filled, add_user(filled, "joan", "viewer", "example.com"))
    assert "4 failures" in read(client.get("/result-types/validation-failure" + RANGE).text).text


def test_a_breakdown_counts_the_range_and_knows_what_was_before(engine: Engine) -> None:
    world.fill(engine)
    domain_id = queries.find_domain(engine, "example.com")
    assert domain_id is not None
    asked, day = Filter(date(2026, 11, 20), date(2026, 11, 21)), date(2026, 11, 20)
    found = queries.breakdown(engine, domain_id, asked, Side(reporter="reporter.example"))
    assert (found.failed, found.days) == (10, ((day, 10),))
    assert [(share.name, share.failed) for share in found.mx] == [("mx1.example.com", 6), ("mx2.example.com", 4)]
    assert [(share.name, share.first_day) for share in found.modes] == [("enforce", day)]
    later = queries.breakdown(engine, domain_id, Filter(day.replace(day=22), day.replace(day=24)), Side())
    assert (later.failed, later.first_ever, later.last_ever) == (0, day, day)
    [report] = queries.reports_from(engine, domain_id, asked, Side(mx="mx1.example.com"))
    assert report.report_id == "r1"
    [expired, _] = queries.type_shares(engine, asked)
    assert (expired.result_type, expired.failed, expired.domains) == ("certificate-expired", 6, 1)
    assert queries.type_shares(engine, asked, only=("example.net",)) == ()
    assert [share.name for share in queries.spread(engine, asked, Side(result_type="validation-failure")).domains] == [
        "example.com"
    ]
    named = ("mx1.example.com", "mx.stranger.example")
    assert queries.mx_hosts_among(engine, named) == {"mx1.example.com"}
    assert queries.mx_hosts_among(engine, named, only=("example.net",)) == set()
    days = queries.reporter_days(engine, domain_id, asked, "reporter.example")
    assert [(each.day, each.reports, each.successful, each.failed) for each in days] == [(day, 1, 90, 10)]
