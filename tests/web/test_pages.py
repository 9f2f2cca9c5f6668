"""The pages over a living installation: every one is whole, says what is wrong, and lets no stranger's string act."""

from collections import Counter
from typing import Any

import pytest
from flask.testing import FlaskClient

from collector import settings
from collector.store import queries
from collector.store.engine import Engine
from dashboard.web import create_app
from tests.support import living
from tests.support.page import Page, read

# One worker fills one database.
pytestmark = pytest.mark.xdist_group("pages")


def get(reader: FlaskClient, path: str, status: int = 200, **query: str) -> Page:
    answer = reader.get(path, query_string={name.rstrip("_"): value for name, value in query.items()})
    assert answer.status_code == status
    assert answer.mimetype == "text/html"
    return read(answer.text)


def ids(reader: FlaskClient, living_engine: Engine) -> dict[str, str]:
    """A page of each kind that has an id in its path."""
    page = queries.reports(living_engine, domain="example.com", reporter=living.SCRIPT)
    [hostile] = page.items
    [quarantined] = queries.deliveries(living_engine, outcome="quarantined").items
    return {
        "report": f"/reports/{hostile.id}",
        "delivery": f"/deliveries/{hostile.delivery_id}",
        "quarantined": f"/deliveries/{quarantined.id}",
    }


DOMAIN_PAGES = ["", "/daily", "/mx", "/failures", "/reporters", "/policies"]
PATHS = [
    "/",
    "/domains",
    *[f"/domains/example.com{path}" for path in DOMAIN_PAGES],
    *[f"/domains/{name}" for name in living.NAMES],
    "/reports",
    "/deliveries",
    "report",
    "delivery",
    "quarantined",
]


@pytest.fixture(params=PATHS)
def page(request: pytest.FixtureRequest, reader: FlaskClient, living_engine: Engine) -> Page:
    """Every page in turn."""
    path: str = request.param
    return get(reader, path if path.startswith("/") else ids(reader, living_engine)[path])


def test_the_html_is_whole_and_nothing_is_inline(page: Page) -> None:
    assert page.problems == []


def test_nothing_comes_from_another_origin(page: Page) -> None:
    sources = [
        given.get("src") or given.get("href", "") for tag in ("script", "link", "img") for given in page.all(tag)
    ]
    assert sources
    assert all(source.startswith("/static/") for source in sources)


def test_it_has_a_title_one_heading_landmarks_and_a_way_past_the_navigation(page: Page) -> None:
    assert [len(page.all(tag)) for tag in ("title", "h1", "main", "header", "footer")] == [1] * 5
    assert page.all("a", class_="skip", href="#content")
    assert page.all("html", lang="en")


def test_every_field_has_a_label_and_every_column_a_heading(page: Page) -> None:
    labelled = len(page.all("label"))
    fields = [given for tag in ("input", "select") for given in page.all(tag) if given.get("type") != "hidden"]
    assert len(fields) == labelled
    assert all(given.get("scope") in ("col", "row") for given in page.all("th"))


def test_links_lead_to_pages_and_to_the_api_only(page: Page) -> None:
    ours = [link for link in page.links() if not link.startswith("https://help.example/")]
    assert all(link.startswith(("/", "#")) for link in ours)


def test_every_link_within_the_pages_works(page: Page, reader: FlaskClient) -> None:
    for link in {link for link in page.links() if link.startswith("/") and not link.startswith("/reports/")}:
        assert reader.get(link).status_code == 200, link


def test_problems_come_first_on_the_list_of_domains(reader: FlaskClient) -> None:
    page = get(reader, "/")
    links = [link for link in page.links() if link.startswith("/domains/")]
    # What needs attention stands on top, each with its next step.
    assert links[:3] == [
        "/domains/example.com#causes-title",
        "/domains/example.net/check",
        "/domains/quiet.example/setup",
    ]
    assert "See the cause and what to do" in page.text
    names = [link.rpartition("/")[2] for link in links[3:]]
    assert names == ["example.com", "example.net", "quiet.example", "example.org"]
    assert "2 domains with trouble. 1 domain to look at." in page.text
    assert "failing now, mail held back" in page.text
    assert "policy fetch fails: timeout" in page.text


def test_the_list_is_searched_and_paged(reader: FlaskClient) -> None:
    assert "example.org" not in get(reader, "/", search="example.c").text
    assert "No domain with this in its name: nowhere." in get(reader, "/", search="nowhere").text
    first = get(reader, "/", limit="3")
    [following] = [given["href"] for given in first.all("a", rel="next")]
    assert "limit=3" in following
    rest = read(reader.get(following).text)
    assert "quiet.example" in rest.text
    assert "problems first" in rest.text
    assert "by name" in get(reader, "/", limit="3", policy_type="sts").text
    assert not rest.all("a", rel="next")


def test_foreign_names_are_offered_for_adoption(reader: FlaskClient) -> None:
    assert "foreign.example" in get(reader, "/").text
    assert "tlsrpt domain add NAME" in get(reader, "/").text


def test_the_domain_says_what_is_wrong_how_bad_since_when_whose_fault_and_what_to_do(reader: FlaskClient) -> None:
    text = get(reader, "/domains/example.com").text
    assert "Sessions 57,403 Failed 366 Failure rate 0.64 %" in text
    assert "failed on 7 days, Tue 27 Oct to Sun 22 Nov 2026. Still failing on the last day reported." in text
    assert "Certificate expired (350), mx2.example.com, Thu 19 Nov to Sun 22 Nov 2026" in text
    assert "366 held back" in text
    assert "Most likely yours" in text
    assert "Renew the certificate" in text


def test_the_domain_of_which_nothing_came_says_what_to_check(reader: FlaskClient) -> None:
    page = get(reader, "/domains/quiet.example")
    assert "None has ever come." in page.text
    assert "_smtp._tls.quiet.example" in page.text
    assert page.all("div", id="main-chart") == []


def test_a_policy_that_cannot_be_fetched_is_said_with_its_reason(reader: FlaskClient) -> None:
    assert "The policy cannot be fetched since 21 Nov 2026, 06:30 UTC" in get(reader, "/domains/example.net").text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, {"from": "2026-10-25", "to": "2026-11-23"}),
        ({"from": "2026-11-01", "to": "2026-11-02"}, {"from": "2026-11-01", "to": "2026-11-02"}),
        ({"to": "2026-11-02"}, {"from": "2026-10-04", "to": "2026-11-02"}),
    ],
)
def test_the_range_stands_in_a_get_form(reader: FlaskClient, query: dict[str, str], expected: dict[str, str]) -> None:
    page = get(reader, "/domains/example.com", **query)
    dates = {given["name"]: given["value"] for given in page.all("input", type="date")}
    assert dates == expected
    assert page.all("form", method="get")


WITH_DAYS = (
    *("/", "/reports", "/deliveries", "/result-types", "/result-types/validation-failure"),
    *("/reporters/bigmail.example", "/mx/mx1.example.com", "/domains/example.com"),
    *(f"/domains/example.com/{tab}" for tab in ("daily", "mx", "failures", "reporters")),
    *("/domains/example.com/mx/mx1.example.com", "/domains/example.com/reporters/bigmail.example"),
)


@pytest.mark.parametrize("path", WITH_DAYS)
def test_presets_reach_back_from_today(reader: FlaskClient, path: str) -> None:
    page = get(reader, path, authenticated="yes")
    for first in ("2026-11-17", "2026-10-25", "2026-08-26", "2025-11-24"):
        assert f"{path}?authenticated=yes&from={first}&to=2026-11-23" in page.links()
    [box] = page.all("input", name="authenticated")
    assert "checked" in box


@pytest.mark.parametrize("path", ["/reports", "/domains/example.com/mx"])
def test_the_preset_that_is_chosen_is_marked(reader: FlaskClient, path: str) -> None:
    chosen = get(reader, path, **{"from": "2026-11-17", "to": "2026-11-23"})
    assert [given["href"] for given in chosen.all("a", **{"aria-current": "true"})][-1:] == [
        f"{path}?from=2026-11-17&to=2026-11-23"
    ]


def test_the_range_goes_along_to_chart_downloads_and_tabs(reader: FlaskClient) -> None:
    page = get(reader, "/domains/example.com", **{"from": "2026-11-01", "to": "2026-11-20", "authenticated": "yes"})
    kept = "from=2026-11-01&to=2026-11-20&authenticated=yes"
    [chart] = page.all("div", id="main-chart")
    assert chart["data-figure"] == f"/api/v1/domains/example.com/chart?{kept}"
    assert f"/api/v1/domains/example.com/daily?format=csv&{kept}" in page.links()
    assert f"/domains/example.com/mx?{kept}" in page.links()


def test_unauthenticated_reports_are_left_out_on_demand(reader: FlaskClient) -> None:
    assert "made-up-type" in get(reader, "/domains/example.com/failures").text
    assert "made-up-type" not in get(reader, "/domains/example.com/failures", authenticated="yes").text


def test_one_reporter_or_policy_type_is_shown_by_itself_and_goes_along(reader: FlaskClient) -> None:
    page = get(reader, "/domains/example.com", reporter="office.example", **{"from": "2026-09-01", "to": "2026-11-23"})
    assert "Only what one reporter told: office.example. Show everything" in page.text
    assert "at one MX only" not in page.text.lower()
    assert "STARTTLS" in page.text
    kept = "from=2026-09-01&to=2026-11-23&reporter=office.example"
    assert f"/domains/example.com/mx?{kept}" in page.links()
    [chart] = page.all("div", id="main-chart")
    assert chart["data-figure"].endswith(f"?{kept}")
    figures = reader.get(f"/api/v1/domains/example.com/daily?{kept}&policy_type=tlsa").json["days"]
    # Every second day 600 sessions, 8 of them failed on three days.
    assert sum(day["successful"] for day in figures) == 600 * sum(1 for day in figures if day["reports"])
    assert sum(day["failed"] for day in figures) == 8 * 3


def test_causes_stand_under_whose_side_to_look_at(reader: FlaskClient) -> None:
    text = get(reader, "/domains/example.com").text
    assert (
        "One reporter only: look for the fault on its side, or on the way to it Certificate expired 350 failures"
        in text
    )


def test_more_than_120_days_are_weeks(reader: FlaskClient) -> None:
    page = get(reader, "/domains/example.com", **{"from": "2026-01-01", "to": "2026-11-23"})
    assert "Sessions per week" in page.text
    assert len([given for given in page.all("time") if given["datetime"] == "2026-11-16"]) >= 1
    assert "Failures by MX and week" in page.text


def test_failures_by_mx_and_day_have_a_table_behind_them(reader: FlaskClient) -> None:
    page = get(reader, "/domains/example.com/mx")
    assert "mx2.example.com 350 104, Thu 19 Nov 2026" in page.text
    assert "Sun 22 Nov 2026 mx2.example.com 71" in page.text


def test_successes_nobody_can_attribute_are_unknown_and_not_zero(reader: FlaskClient) -> None:
    assert "mx2.example.com 350 certificate-expired 350 unknown yes" in get(reader, "/domains/example.com/mx").text


def test_the_chart_has_a_table_behind_it(reader: FlaskClient) -> None:
    page = get(reader, "/domains/example.com", **{"from": "2026-10-22", "to": "2026-10-25"})
    assert "Thu 22 Oct 2026 testing" in page.text
    assert "Sat 24 Oct 2026 enforce" in page.text
    assert "24 Oct 2026, 06:30 UTC: testing → enforce" in page.text


def test_strings_of_strangers_are_text_and_nothing_else(reader: FlaskClient, living_engine: Engine) -> None:
    page = get(reader, ids(reader, living_engine)["report"])
    assert living.SCRIPT in page.text
    assert all("src" in given for given in page.all("script"))
    assert "\\u202e\\u0007" in page.text
    assert "\u202e" not in page.text


def test_only_web_addresses_become_links_and_these_know_nothing_of_us(
    reader: FlaskClient, living_engine: Engine
) -> None:
    page = get(reader, ids(reader, living_engine)["report"])
    [link] = [given for given in page.all("a") if given["href"].startswith("http")]
    assert link["rel"] == "noopener noreferrer nofollow"
    assert "javascript:alert(1)" in page.text


def test_a_count_that_is_not_given_is_not_zero(reader: FlaskClient, living_engine: Engine) -> None:
    assert "made-up-type n/a" in get(reader, ids(reader, living_engine)["report"]).text


def test_a_quarantined_delivery_says_why_and_can_be_taken_along(reader: FlaskClient, living_engine: Engine) -> None:
    page = get(reader, ids(reader, living_engine)["quarantined"])
    assert "dkim_fail The DKIM signature of bigmail.example" in page.text
    assert "A banner, a footer or a virus scanner" in page.text
    assert any(link.startswith("/deliveries/") and link.endswith("/raw") for link in page.links())


@pytest.mark.parametrize("outcome", ["stored", "quarantined", "unassigned"])
def test_deliveries_are_filtered(reader: FlaskClient, outcome: str) -> None:
    page = get(reader, "/deliveries", outcome=outcome)
    rows = Counter(given["class"] for given in page.all("span") if given.get("class", "").startswith("outcome "))
    # Each outcome stands once above the list, with how many there are.
    assert rows.pop(f"outcome outcome-{outcome}") > 1
    assert set(rows.values()) <= {1}


def test_reports_are_paged_under_their_filter(reader: FlaskClient) -> None:
    page = get(reader, "/reports", domain="example.org", limit="10")
    [following] = [given["href"] for given in page.all("a", rel="next")]
    assert "domain=example.org" in following
    assert "example.com" not in read(reader.get(following).text).text


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("/domains/nowhere.example", {}, 404),
        ("/domains/not a name", {}, 404),
        ("/domains/example.com", {"from": "yesterday"}, 400),
        ("/domains/example.com", {"from": "2026-11-02", "to": "2026-11-01"}, 400),
        ("/domains/example.com/failures", {"limit": "0"}, 400),
        ("/reports", {"cursor": "?"}, 400),
        ("/reports/00000000-0000-7000-8000-000000000000", {}, 404),
        ("/reports/17", {}, 404),
        ("/deliveries/00000000-0000-7000-8000-000000000000", {}, 404),
        ("/deliveries", {"outcome": "lost"}, 400),
    ],
)
def test_what_cannot_be_is_refused_with_a_page(
    reader: FlaskClient, path: str, query: dict[str, Any], status: int
) -> None:
    assert get(reader, path, status, **query).problems == []


def test_a_name_is_found_in_any_of_its_forms(reader: FlaskClient) -> None:
    assert "example.com" in get(reader, "/domains/EXAMPLE.com.").text


def test_an_empty_installation_shows_the_steps_and_no_empty_charts(sqlite_engine: Engine) -> None:
    empty = create_app(settings.load(environ={}), sqlite_engine, now=lambda: living.NOW).test_client()
    page = get(empty, "/")
    assert page.problems == []
    assert "tlsrpt domain add example.com" in page.text
    assert '"v=TLSRPTv1; rua=mailto:tlsrpt@' in page.text
    assert page.all("svg") == []
    assert page.all("table") == []
    assert page.all("form", method="post", action="/settings/domains")
    [token] = page.all("input", name="csrf_token")
    empty.post("/settings/domains", data={"csrf_token": token["value"], "name": "First.Example"})
    assert "first.example" in get(empty, "/").text


def test_where_there_is_nothing_it_says_what_to_do(reader: FlaskClient) -> None:
    page = get(reader, "/nothing", 404)
    assert "Look for a slip in it" in page.text
    assert "/" in page.links()
    told = reader.get("/api/v1/nothing").json
    assert told is not None
    assert "/api/v1/docs" in told["error"]["message"]
