"""A report as the RFC builds it, and what stands around it; whatever its size and whatever its strings say."""

import html
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from collector.report.model import FailureDetail, Finding
from collector.store import queries
from collector.store.engine import Engine
from dashboard.differences import Difference, differences
from tests.support import reports as made
from tests.support.page import read
from tests.web import world
from tests.web.conftest import add_user, enter


def test_a_report_has_its_neighbours_its_findings_and_its_way(client: FlaskClient, filled: Engine) -> None:
    found = world.report_ids(filled)
    second = world.sts("example.com", 3)
    later = world._delivery("https", world._report("r2", world.TODAY - timedelta(days=2), second), "other.example")
    world.submit(filled, later)
    rows = queries.reports(filled, domain="example.com", reporter="other.example").items
    newest, oldest = rows
    page = read(client.get(f"/reports/{oldest.id}").text)
    assert page.problems == []
    assert [given["href"] for given in page.all("a", rel="next")] == [f"/reports/{newest.id}"]
    assert page.all("a", rel="prev") == []
    assert "A POST carries no signature" in page.text
    first = read(client.get(f"/reports/{found['r1']}").text)
    assert "A DKIM signature of reporter.example verifies." in first.text
    assert "Headers of the mail" in first.text
    assert "Address of the client 192.0.2.1" in first.text
    readable = client.get(f"/reports/{found['r1']}/json")
    assert '"organization-name": ' in html.unescape(readable.text)


def test_a_limited_viewer_sees_the_report_and_not_the_mail_around_it(client: FlaskClient, filled: Engine) -> None:
    enter(client, filled, add_user(filled, "grace", "viewer", "example.com"))
    page = read(client.get(f"/reports/{world.report_ids(filled)['r1']}").text)
    assert "Policy result 1: sts" in page.text
    assert "Headers of the mail" not in page.text
    assert "192.0.2.1" not in page.text.replace("192.0.2.25", "")


def test_a_huge_report_is_cut_with_what_is_left(client: FlaskClient, filled: Engine) -> None:
    details = tuple(FailureDetail("certificate-expired", 1, f"192.0.2.{n % 250}") for n in range(700))
    long = FailureDetail("validation-failure", 1, None, None, failure_reason_code="x" * 500_000)
    results = [
        world.sts("example.com", 1, failures=(long, *details)),
        *(world.sts("example.com", n) for n in range(40)),
    ]
    findings = (Finding("Q1", "/policies/0/policy/mx-host: a string"), Finding("Q30", "/date-range/start: no zone"))
    report = world._report("huge", world.TODAY, *results)
    object.__setattr__(report, "findings", findings)
    world.submit(filled, world._delivery("https", report, "other.example"))
    path = f"/reports/{world.report_ids(filled)['huge']}"
    whole = client.get(path)
    page = read(whole.text)
    assert page.problems == []
    assert len(whole.text) < 200_000
    assert "498,000 characters more" in page.text
    assert "1 to 50 of 701" in page.text
    assert "The other 16 policy results" in page.text
    assert "Each stands beside the field that it is about." in page.text
    [rest] = [link for link in page.links() if "details=50" in link]
    alone = read(client.get(rest).text)
    assert "51 to 550 of 701" in alone.text
    assert "Policy result 2" not in alone.text
    assert "Policy result 41" in read(client.get(path, query_string={"policies": "25"}).text).text
    assert client.get(path, query_string={"policy": "999", "details": "7"}).status_code == 200
    assert client.get(path, query_string={"details": "x"}).status_code == 400


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (b'{"a": 1, "b": [1, 2]}', b'{"b": [1, 2], "a": 1}', ()),
        (b'{"a": 1}', b'{"a": true}', (Difference("/a", "1", "true"),)),
        (b'{"a/b": [1, 2]}', b'{"a/b": [1]}', (Difference("/a~1b/1", "2", None),)),
        (b"{}", b'{"a": "x"}', (Difference("/a", None, '"x"'),)),
        (b"[]", b"no JSON", None),
    ],
)
def test_what_differs(first: bytes, second: bytes, expected: tuple[Difference, ...] | None) -> None:
    assert differences(first, second) == expected
    assert len(differences(b"[1,2,3]", b"[4,5,6]", most=2) or ()) == 2


def test_a_conflict_shows_what_differs(client: FlaskClient, filled: Engine) -> None:
    for count in (4, 5):
        result = made.policy_result("example.com", successful=count)
        world.submit(filled, world.unassigned(made.report([result], day="2026-11-19")))
    [row] = queries.deliveries(filled, outcome="conflict").items
    page = read(client.get(f"/deliveries/{row.id}").text)
    assert page.problems == []
    [link] = [link for link in page.links() if link.endswith("/differences")]
    text = read(client.get(link).text).text
    assert "/policies/0/summary/total-successful-session-count 4 5" in text
    assert client.get(link.replace("documents/0", "documents/7")).status_code == 404
