"""Why sessions failed, in the API: as on the page of the domain, and from the side of a result type."""

import csv
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.support.page import read
from tests.web.test_api_figures import get

RANGE = {"from": "2026-11-01", "to": "2026-11-24"}


def test_causes_have_the_figures_of_the_failures(client: FlaskClient) -> None:
    answer = get(client, "domains/example.com/causes", **RANGE)
    first, second = answer["causes"]
    explanation = first.pop("explanation")
    assert first == {
        "result_type": "certificate-expired",
        "common": "one_reporter",
        "failed": 6,
        "by_mode": {"enforce": 6},
        "mx": [{"name": "mx1.example.com", "failed": 6}],
        "reporters": [{"name": "reporter.example", "failed": 6}],
        "first_day": "2026-11-20",
        "last_day": "2026-11-20",
    }
    assert (second["result_type"], second["failed"]) == ("validation-failure", 4)
    assert (answer["consequences"], answer["complete"]) == ({"enforce": 10}, True)
    assert "DOMAIN" not in explanation["causes"] + explanation["action"]
    assert get(client, "domains/quiet.example/causes") == {"causes": [], "consequences": {}, "complete": True}


@pytest.mark.xdist_group("pages")
def test_causes_say_what_their_failures_have_in_common(living_app: Flask) -> None:
    found = get(living_app.test_client(), "domains/example.com/causes")["causes"]
    of_type = {cause["result_type"]: cause["common"] for cause in found}
    page = read(living_app.test_client().get("/domains/example.com").text).text
    titles = {
        "everybody": "Most reporters tell it: look at your side first",
        "one_mx": "At one MX only: look at that host first",
        "one_reporter": "One reporter only: look for the fault on its side",
        "several": "Neither one reporter nor one MX stands out",
    }
    assert of_type
    assert {word for word, title in titles.items() if title in page} == set(of_type.values())


def test_causes_as_csv(client: FlaskClient) -> None:
    answer = client.get("/api/v1/domains/example.com/causes", query_string=RANGE | {"format": "csv"})
    rows = list(csv.DictReader(answer.text.splitlines()))
    assert [(row["result_type"], row["failed"], row["enforce"], row["mx"]) for row in rows] == [
        ("certificate-expired", "6", "6", "1"),
        ("validation-failure", "4", "4", "1"),
    ]


def test_causes_follow_the_filter(client: FlaskClient) -> None:
    for narrowed in ({"reporter": "other.example"}, {"policy_type": "tlsa"}, {"to": "2026-11-19"}):
        assert get(client, "domains/example.com/causes", **narrowed)["causes"] == [], narrowed


def test_the_headline(client: FlaskClient) -> None:
    assert get(client, "domains/example.com/headline", **RANGE) == {
        "sessions": 105,
        "successful": 95,
        "failed": 10,
        "reports": 2,
        "failed_days": 1,
        "clean_days": 1,
        "first_failed": "2026-11-20",
        "last_failed": "2026-11-20",
    }


def test_weeks_are_the_sums_of_their_days(client: FlaskClient) -> None:
    asked = {"from": "2026-11-12", "to": "2026-11-24"}
    weeks = get(client, "domains/example.com/weekly", **asked)["weeks"]
    assert [(week["week"], week["monday"]) for week in weeks] == [
        ("2026-W46", "2026-11-09"),
        ("2026-W47", "2026-11-16"),
        ("2026-W48", "2026-11-23"),
    ]
    assert (weeks[1]["successful"], weeks[1]["failed"], weeks[1]["unauthenticated"]) == (95, 10, 5)
    days = get(client, "domains/example.com/daily", **asked)["days"]
    for figure in ("successful", "failed", "reports", "unauthenticated"):
        assert sum(week[figure] for week in weeks) == sum(day[figure] for day in days)
    table = client.get("/api/v1/domains/example.com/weekly", query_string=asked | {"format": "csv"}).text
    assert table.splitlines()[0].startswith("monday,mode,")


def test_one_result_type_of_a_domain(client: FlaskClient) -> None:
    found = get(client, "domains/example.com/failures/certificate-expired", **RANGE)
    assert found["failures"]["failed"] == 6
    assert [share["name"] for share in found["failures"]["mx"]] == ["mx1.example.com"]
    assert found["whose"].startswith("Only reporter.example tells it, of 2 reporters")
    [report] = found["reports"]
    assert get(client, f"reports/{report}")["report_id"] == "r1"
    assert client.get("/api/v1/domains/example.com/failures/made-up").status_code == 404
    nothing = get(client, "domains/example.com/failures/dane-required")
    assert (nothing["failures"]["failed"], nothing["whose"], nothing["reports"]) == (0, None, [])


def test_one_domain_is_as_in_the_list_with_what_is_kept(client: FlaskClient) -> None:
    listed: dict[str, Any] = {row["domain"]: row for row in get(client, "domains")["domains"]}
    for name, row in listed.items():
        found = get(client, f"domains/{name}")
        kept = found.pop("kept")
        assert found.pop("added_at") == "2026-11-04T12:00:00Z"
        assert found == row
        assert kept["policies"] == 1
        assert (kept["reports"] > 0) == (kept["first_day"] is not None)
    assert listed["example.com"]["state"] == ["failing now, mail held back"]


def test_those_in_trouble_first(client: FlaskClient) -> None:
    assert [row["domain"] for row in get(client, "domains", order="worst")["domains"]][-1] == "example.net"
    page = get(client, "domains", order="worst", limit="1")
    assert page["domains"][0]["domain"] == "example.com"
    rest = get(client, "domains", order="worst", cursor=page["next"])["domains"]
    assert [row["domain"] for row in rest] == ["quiet.example", "example.net"]
    answer = client.get("/api/v1/domains?order=worst&reporter=x")
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "bad_request")  # type: ignore[index]
