"""The API's figures: the contract's paths and shapes, over a world whose figures are known."""

from typing import Any

import plotly.graph_objects as go
import pytest
from flask.testing import FlaskClient

from collector.settings import Settings
from collector.store.engine import Engine
from dashboard.web import create_app
from tests.web import world

OF_A_DOMAIN = ["daily", "mx", "failures", "reporters", "policies", "chart"]


def get(client: FlaskClient, path: str, **query: str) -> Any:
    response = client.get(f"/api/v1/{path}", query_string=query)
    assert response.status_code == 200, response.text
    assert response.content_type == "application/json"
    return response.json


def test_domains(client: FlaskClient) -> None:
    answer = get(client, "domains")
    by_name = {row["domain"]: row for row in answer["domains"]}
    assert list(by_name) == ["example.com", "example.net", "quiet.example"]
    assert answer["next"] is None
    assert (
        by_name["example.com"].items()
        >= {
            "mode": "enforce",
            "verdict": "not_ready",
            "successful": 95,
            "failed": 10,
        }.items()
    )
    assert by_name["example.com"]["last_report"].startswith("2026-11-24T")
    assert by_name["example.com"]["last_report"].endswith("Z")
    assert by_name["quiet.example"] == {
        "domain": "quiet.example",
        "mode": "unknown",
        "verdict": "not_applicable",
        "successful": 0,
        "failed": 0,
        "last_report": None,
        "mode_error": "no_record",
        "level": "look",
        "state": ["no MTA-STS record", "no report yet"],
        "sessions_before": 0,
        "failed_before": 0,
    }


@pytest.mark.parametrize(
    ("query", "successful", "failed"),
    [
        ({}, 95, 10),
        ({"from": "2026-11-20", "to": "2026-11-20"}, 90, 10),
        ({"from": "2026-11-21"}, 5, 0),
        ({"to": "2026-11-19"}, 0, 0),
        ({"authenticated": "yes"}, 90, 10),
        ({"authenticated": "no"}, 95, 10),
    ],
)
def test_filter(client: FlaskClient, query: dict[str, str], successful: int, failed: int) -> None:
    row = get(client, "domains", search="example.com", **query)["domains"][0]
    assert (row["successful"], row["failed"]) == (successful, failed)
    days = get(client, "domains/example.com/daily", **query)["days"]
    assert sum(day["successful"] for day in days) == successful
    assert sum(day["failed"] for day in days) == failed


def test_daily(client: FlaskClient) -> None:
    days = get(client, "domains/example.com/daily", **{"from": "2026-11-08", "to": "2026-11-21"})["days"]
    assert [day["day"] for day in days] == [f"2026-11-{number:02}" for number in range(8, 22)]
    assert days[-2] == {
        "day": "2026-11-20",
        "mode": "enforce",
        "mode_source": "published",
        "successful": 90,
        "failed": 10,
        "reports": 1,
        "by_policy_type": {"sts": {"successful": 90, "failed": 10}},
        "unauthenticated": 0,
    }
    assert days[0] == {
        "day": "2026-11-08",
        "mode": "unknown",
        "mode_source": "reported",
        "successful": 0,
        "failed": 0,
        "reports": 0,
        "by_policy_type": {},
        "unauthenticated": 0,
    }


def test_daily_of_thirty_days_ends_today(client: FlaskClient) -> None:
    days = get(client, "domains/example.com/daily")["days"]
    assert (len(days), days[0]["day"], days[-1]["day"]) == (30, "2026-10-26", "2026-11-24")


def test_mx(client: FlaskClient) -> None:
    answer = get(client, "domains/example.com/mx")
    assert [(row["mx"], row["failed"], row["by_result_type"]) for row in answer["mx"]] == [
        ("mx1.example.com", 6, {"certificate-expired": 6}),
        ("mx2.example.com", 4, {"validation-failure": 4}),
    ]
    # Two MX in the policy: no success can be given to one of them (rule 6).
    assert {row["successful"] for row in answer["mx"]} == {None}
    assert answer["not_attributable"].items() >= {"successful": 95, "failed": 0}.items()


def test_failures(client: FlaskClient) -> None:
    assert get(client, "domains/example.com/failures")["failures"][0] == {
        "result_type": "certificate-expired",
        "mx": "mx1.example.com",
        "sending_mta_ip": "192.0.2.25",
        "receiving_ip": "198.51.100.1",
        "reporter": "reporter.example",
        "reason": None,
        "failed": 6,
        "first_day": "2026-11-20",
        "last_day": "2026-11-20",
        "authenticated": True,
        "mode": "enforce",
    }


def test_failures_page_by_page(client: FlaskClient) -> None:
    first = get(client, "domains/example.com/failures", limit="1")
    second = get(client, "domains/example.com/failures", limit="1", cursor=first["next"])
    assert [row["failed"] for row in first["failures"] + second["failures"]] == [6, 4]
    assert second["next"] is None


def test_reporters(client: FlaskClient) -> None:
    rows = {row["reporter"]: row for row in get(client, "domains/example.com/reporters")["reporters"]}
    assert (
        rows["reporter.example"].items()
        >= {
            "organization": "Reporter Example",
            "authenticated": True,
            "reports": 1,
            "successful": 90,
            "failed": 10,
            "silent": False,
        }.items()
    )
    assert rows["other.example"].items() >= {"authenticated": False, "reports": 1, "successful": 5}.items()


def test_policies(client: FlaskClient) -> None:
    answer = get(client, "domains/example.com/policies")
    assert answer["published"] == [
        {
            "mode": "enforce",
            "id": "20261110",
            "max_age": 604800,
            "mx": ["mx1.example.com", "mx2.example.com"],
            "from": "2026-11-10T00:00:00Z",
            "to": None,
            "error": None,
            "error_detail": None,
            "last_seen": "2026-11-24T12:00:00Z",
            "text": "version: STSv1\nmode: enforce\n",
        }
    ]
    assert answer["changes"] == [{"at": "2026-11-10T00:00:00Z", "kind": "first", "text": "first seen: enforce"}]
    assert {(row["reporter"], row["mode"], row["stale"]) for row in answer["reported"]} == {
        ("reporter.example", "enforce", False),
        ("other.example", "enforce", False),
    }


def test_policy_that_cannot_be_fetched(client: FlaskClient) -> None:
    (only,) = get(client, "domains/quiet.example/policies")["published"]
    assert (only["mode"], only["error"], only["id"]) == ("unknown", "no_record", None)


@pytest.mark.parametrize("name", ["example.com", "EXAMPLE.com", "example.com."])
def test_any_spelling_of_a_name(client: FlaskClient, name: str) -> None:
    assert get(client, f"domains/{name}/daily", to=str(world.TODAY))["days"]


@pytest.mark.parametrize("name", ["example.com", "quiet.example"])
@pytest.mark.parametrize("query", [{}, {"from": "2026-11-20", "to": "2026-11-20"}])
def test_chart_is_a_figure(client: FlaskClient, name: str, query: dict[str, str]) -> None:
    chart = get(client, f"domains/{name}/chart", **query)
    figure = go.Figure(chart)  # raises for anything that Plotly does not know
    assert {trace.name for trace in figure.data} >= {"Successful", "Failed"}
    bands = [shape.name for shape in figure.layout.shapes if shape.type == "rect"]
    assert "enforce" in bands or name != "example.com"


def test_both_databases_answer_alike(client: FlaskClient, postgres_engine: Engine, clock: world.Clock) -> None:
    world.fill(postgres_engine)
    other = create_app(Settings(), postgres_engine, now=clock).test_client()
    for path in ("domains", *(f"domains/example.com/{name}" for name in OF_A_DOMAIN)):
        for query in ({}, {"from": "2026-11-20", "to": "2026-11-21"}, {"authenticated": "yes"}, {"limit": "1"}):
            assert get(client, path, **query) == get(other, path, **query), (path, query)
    for path in ("reports", "deliveries"):
        for ours, theirs in zip(get(client, path)[path], get(other, path)[path], strict=True):
            same = set(ours) - {"id", "delivery", "reports"}  # ids are made anew each time
            assert {key: ours[key] for key in same} == {key: theirs[key] for key in same}
            for ending in ("", "/raw"):
                assert client.get(f"/api/v1/{path}/{ours['id']}{ending}").status_code == 200
                assert other.get(f"/api/v1/{path}/{theirs['id']}{ending}").status_code == 200
    assert other.get("/metrics").status_code == 200
