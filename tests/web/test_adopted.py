"""A domain comes or goes, and results about its hosts change over: what the API and the pages say of it.

d.example is known, and so is a report about its host mx1.d.example, until that name is added too (rule 9).
"""

from dataclasses import dataclass, field

import pytest
from flask.testing import FlaskClient

from collector.store import queries
from collector.store.engine import Engine
from dashboard.text import language
from dashboard.web import adopted
from dashboard.web.access.viewer import LOCAL, Viewer, enter
from tests.support import reports
from tests.support.collector import Collector
from tests.support.page import Page, read
from tests.web.conftest import MakeApp, add_token, add_user
from tests.web.conftest import enter as log_in

HOST = "mx1.d.example"
ADOPT = f"/domains/{HOST}/adopt"


@pytest.fixture
def collector(filled: Engine) -> Collector:
    """One report about the host alone, and one about the domain and the host."""
    made = Collector(filled)
    made.add("d.example")
    of_host = reports.policy_result(HOST, policy_type="tlsa", successful=5)
    made.take(reports.report([of_host], report_id="host"), domain="d.example")
    both = [reports.policy_result("d.example", successful=7), of_host]
    made.take(reports.report(both, report_id="both"), domain="d.example")
    return made


def submit_about_host(collector: Collector) -> None:
    """A report that waits for the host's name: nothing in it says that d.example is above it."""
    result = reports.policy_result(HOST, successful=1)
    assert collector.take(reports.report([result], report_id="waits"), domain=HOST) == "unassigned"


def shown(client: FlaskClient, path: str, **form: str) -> Page:
    """The page that a POST leads to."""
    answer = client.post(path, data=form, follow_redirects=True)
    assert answer.status_code == 200
    return read(answer.text)


def test_the_api_says_which_domains_these_counted_for(client: FlaskClient, collector: Collector) -> None:
    submit_about_host(collector)
    before = collector.totals("d.example")
    assert client.post(f"/api/v1{ADOPT}").json == {
        "domain": HOST,
        "added": True,
        "reports_counted": 3,
        "counted_before": [{"domain": "d.example", "reports": 2}],
        "complete": True,
    }
    assert collector.totals(HOST) == (3, 11, 0)
    assert before[0] == 2
    assert collector.totals("d.example") == (1, 7, 0)  # it keeps what is about itself


def test_what_the_reader_may_not_see_is_not_named(client: FlaskClient, collector: Collector) -> None:
    add_user(collector.engine)
    answer = client.post(f"/api/v1{ADOPT}", headers=add_token(collector.engine, "write", HOST)).json
    assert answer is not None
    assert (answer["reports_counted"], answer["counted_before"]) == (2, [])


def test_an_address_does_not_name_it_either(client: FlaskClient, collector: Collector) -> None:
    log_in(client, collector.engine, add_user(collector.engine, "grace", "operator", HOST))
    token = read(client.get("/").text).all("input", name="csrf_token")[0]["value"]
    address = client.post(ADOPT, data={"csrf_token": token}).headers["Location"]
    assert "&before=" not in address
    assert "more_before=0" in address


@pytest.mark.parametrize(("path", "form"), [(ADOPT, {}), ("/settings/domains", {"name": HOST})])
def test_the_pages_say_it(client: FlaskClient, collector: Collector, path: str, form: dict[str, str]) -> None:
    submit_about_host(collector)
    page = shown(client, path, **form)
    assert f"Added {HOST}. 3 reports now count for it; 2 of them counted for d.example before." in page.text
    assert f"/domains/{HOST}" in page.links()
    assert page.problems == []
    again = shown(client, path, **form)
    assert f"{HOST} was there already." in again.text
    assert "now count" not in again.text


def test_a_single_report(client: FlaskClient, filled: Engine) -> None:
    collector = Collector(filled)
    collector.add("d.example")
    collector.take(reports.report([reports.policy_result(HOST, policy_type="tlsa")]), domain="d.example")
    assert f"Added {HOST}. 1 report now counts for it; it counted for d.example before." in shown(client, ADOPT).text


def test_a_domain_that_nothing_came_for(client: FlaskClient) -> None:
    assert "Added never.example. No earlier report counts for it." in shown(client, "/domains/never.example/adopt").text


def test_the_first_domain_of_an_empty_installation(client: FlaskClient, filled: Engine) -> None:
    for name in ("example.com", "example.net", "quiet.example"):
        client.post(f"/settings/domains/{name}/remove")
    assert "Set up your first domain" in client.get("/").text
    page = shown(client, "/settings/domains", name="foreign.example")
    assert "Added foreign.example. 1 report now counts for it." in page.text
    assert "/domains/foreign.example/setup" in page.links()


@dataclass
class Adoption:
    """As the action answers."""

    reports: int
    before: dict[str, int] = field(default_factory=dict)
    is_whole: bool = True
    is_new: bool = True


MANY = {f"{n}.example": n for n in range(1, 9)}
REST = "The scheduler counts the rest within minutes."


@pytest.mark.parametrize(
    ("done", "text"),
    [
        (Adoption(0), "No earlier report counts for it."),
        (Adoption(0, is_whole=False), REST),
        (Adoption(1), "1 report now counts for it."),
        (Adoption(1234, is_whole=False), f"1,234 reports now count for it. {REST}"),
        (
            Adoption(9, {"example.com": 1, "example.net": 3}, is_whole=False),
            "9 reports now count for it; 3 of them counted for example.net before; 1 of them counted for example.com"
            f" before. {REST}",
        ),
    ],
)
def test_what_a_page_says(make_app: MakeApp, done: Adoption, text: str) -> None:
    assert by_redirect(make_app, done, LOCAL).text == text


def by_redirect(make_app: MakeApp, done: Adoption, viewer: Viewer, *, reader: Viewer | None = None) -> adopted.Done:
    """What is told at the other end."""
    app = make_app()
    with app.test_request_context("/"):
        enter(viewer)
        address = app.url_for("settings.domains", **adopted.query("quiet.example", done))  # type: ignore[arg-type]
    assert len(address) < 2000
    with app.test_request_context(address):
        enter(reader or viewer)
        told = adopted.told()
    assert told is not None
    return told


def test_a_page_tells_the_most_of_many(make_app: MakeApp, filled: Engine) -> None:
    Collector(filled).add(*MANY)
    told = by_redirect(make_app, Adoption(40, MANY), LOCAL)
    assert [name for name, _ in told.before] == ["8.example", "7.example", "6.example", "5.example", "4.example"]
    assert told.text.endswith("; some counted for 3 more domains before.")
    assert "うち8件はこれまで 8.example に集計" in told.text.told(language("ja"))


def test_who_is_limited_reads_of_own_domains_only(make_app: MakeApp) -> None:
    done = Adoption(9, {"example.com": 1, "example.net": 3})
    limited = Viewer("grace", "operator", "password", ("quiet.example", "example.com"))
    for viewer in (limited, LOCAL):  # whoever followed the redirect
        told = by_redirect(make_app, done, viewer, reader=limited)
        assert told.before == (("example.com", 1),)
        assert told.more_before == 0


def test_a_name_is_shown_as_people_write_it(make_app: MakeApp, filled: Engine) -> None:
    Collector(filled).add("xn--mnchen-3ya.example")
    told = by_redirect(make_app, Adoption(2, {"xn--mnchen-3ya.example": 1}), LOCAL)
    assert "1 of them counted for münchen.example before" in told.text


@pytest.mark.parametrize("way", ["page", "api"])
def test_removing_gives_results_about_hosts_back(client: FlaskClient, collector: Collector, way: str) -> None:
    before = collector.totals("d.example")
    client.post(f"/api/v1{ADOPT}")
    assert collector.totals("d.example") == (1, 7, 0)
    if way == "api":
        assert client.delete(f"/api/v1/domains/{HOST}").json == {"domain": HOST}
        assert client.delete(f"/api/v1/domains/{HOST}").status_code == 404
    else:
        asked = read(client.get(f"/settings/domains/{HOST}/remove").text).text
        assert "a tlsa result about a host that lies under that domain" in asked
        page = shown(client, f"/settings/domains/{HOST}/remove")
        assert f"Removed {HOST} with its figures. Its deliveries stay" in page.text
        assert page.problems == []
    assert queries.find_domain(collector.engine, HOST) is None
    assert collector.totals("d.example") == before
    again = client.post(f"/api/v1{ADOPT}").json
    assert again is not None
    assert again["counted_before"] == [{"domain": "d.example", "reports": 2}]
    assert collector.totals(HOST) == (2, 10, 0)


def test_deliveries_that_are_kept_for_ever_need_no_warning(make_app: MakeApp) -> None:
    client = make_app(**{"keep.foreign_days": "0"}).test_client()
    page = client.get("/settings/domains/example.com/remove").text
    assert "Its deliveries stay." in page
    assert "after it arrived" not in page
