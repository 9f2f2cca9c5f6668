"""How the API answers: errors in one shape, CSV where it is asked for."""

import csv
import io

import pytest
from flask.testing import FlaskClient

from collector.store.engine import Engine
from tests.web import world
from tests.web.conftest import MakeApp

LISTS = ["domains", "reports", "deliveries"]
OF_A_DOMAIN = ["daily", "mx", "failures", "reporters"]
WITH_CSV = [*LISTS, *(f"domains/example.com/{name}" for name in OF_A_DOMAIN)]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("domains?from=2026-13-01", 400, "bad_request"),
        ("domains?from=2026-11-21&to=2026-11-20", 400, "bad_request"),
        ("domains?limit=0", 400, "bad_request"),
        ("domains?limit=1001", 400, "bad_request"),
        ("domains?cursor=!!!", 400, "bad_request"),
        ("domains?cursor=ü", 400, "bad_request"),
        ("domains?cursor=AAA", 400, "bad_request"),  # base64 of NULs
        ("domains?authenticated=maybe", 400, "bad_request"),
        ("domains?format=xml", 400, "bad_request"),
        ("domains?search=%00", 400, "bad_request"),
        ("domains/example.com/daily?to=today", 400, "bad_request"),
        ("domains/example.com/mx?from=2026-11-25", 400, "bad_request"),
        ("domains/example.com/failures?cursor=xyz", 400, "bad_request"),
        ("domains/example.com/failures?limit=x", 400, "bad_request"),
        ("domains/example.com/policies?format=csv", 400, "bad_request"),
        ("reports?cursor=xyz", 400, "bad_request"),
        ("reports?outcome=lost", 400, "bad_request"),
        ("reports?domain=not%20a%20name", 400, "bad_request"),
        ("deliveries?cursor=xyz", 400, "bad_request"),
        ("deliveries?channel=pigeon", 400, "bad_request"),
        ("deliveries?from=2026-11-31", 400, "bad_request"),
        *((f"domains/unknown.example/{name}", 404, "not_found") for name in (*OF_A_DOMAIN, "policies", "chart")),
        ("domains/foreign.example/daily", 404, "not_found"),  # reported, but nobody added it
        ("domains/not%20a%20name/daily", 404, "not_found"),
        ("domains/example.com/adopt", 405, "method_not_allowed"),
        ("reports/1", 404, "not_found"),
        ("nothing", 404, "not_found"),
        ("", 404, "not_found"),
    ],
)
def test_error(client: FlaskClient, path: str, status: int, code: str) -> None:
    answer = client.get(f"/api/v1/{path}")
    assert answer.status_code == status
    assert answer.json is not None
    assert set(answer.json) == {"error"}
    assert answer.json["error"]["code"] == code
    assert answer.json["error"]["message"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_wrong_method(client: FlaskClient, method: str) -> None:
    answer = client.open("/api/v1/domains", method=method)
    assert answer.status_code == 405
    assert answer.json is not None
    assert answer.json["error"]["code"] == "method_not_allowed"
    assert "GET" in answer.headers["Allow"]


def test_own_mistake_tells_strangers_nothing(filled: Engine, make_app: MakeApp) -> None:
    app = make_app()

    def broken() -> str:
        raise RuntimeError("the password is swordfish")

    app.add_url_rule("/api/v1/broken", view_func=broken)
    answer = app.test_client().get("/api/v1/broken")
    assert answer.status_code == 500
    assert answer.json == {"error": {"code": "internal", "message": "Something went wrong here; the log says what."}}


@pytest.mark.parametrize("path", WITH_CSV)
@pytest.mark.parametrize(
    ("query", "accept", "is_csv"),
    [
        ("", None, False),
        ("", "*/*", False),
        ("", "text/html,application/xhtml+xml,*/*;q=0.8", False),  # a browser
        ("", "application/json", False),
        ("", "text/csv", True),
        ("", "text/csv, application/json;q=0.5", True),
        ("?format=csv", "application/json", True),
        ("?format=json", "text/csv", False),
    ],
)
def test_csv_or_json(client: FlaskClient, path: str, query: str, accept: str | None, is_csv: bool) -> None:
    answer = client.get(f"/api/v1/{path}{query}", headers={} if accept is None else {"Accept": accept})
    assert answer.status_code == 200
    assert answer.mimetype == ("text/csv" if is_csv else "application/json")
    assert "Accept" in answer.headers["Vary"]
    assert ("attachment" in answer.headers.get("Content-Disposition", "")) == is_csv


def rows(client: FlaskClient, path: str) -> list[dict[str, str]]:
    answer = client.get(f"/api/v1/{path}", query_string={"format": "csv", "from": "2026-11-20", "to": "2026-11-24"})
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def test_csv_of_domains(client: FlaskClient) -> None:
    assert rows(client, "domains")[2] == {
        "domain": "quiet.example",
        "mode": "unknown",
        "verdict": "not_applicable",
        "successful": "0",
        "failed": "0",
        "last_report": "",
    }


def test_csv_of_days(client: FlaskClient) -> None:
    found = rows(client, "domains/example.com/daily")
    assert [row["day"] for row in found] == [f"2026-11-{number}" for number in range(20, 25)]
    assert found[0].items() >= {"sts_successful": "90", "sts_failed": "10", "tlsa_successful": "0"}.items()


def test_csv_of_mx(client: FlaskClient) -> None:
    assert [list(row.values()) for row in rows(client, "domains/example.com/mx")] == [
        ["mx1.example.com", "6", "", "6", "0"],  # unknown is empty, not zero
        ["mx2.example.com", "4", "", "0", "4"],
        ["not_attributable", "0", "95", "0", "0"],
    ]


def test_csv_of_failures_holds_no_formula(client: FlaskClient) -> None:
    found = rows(client, "domains/example.com/failures")
    assert [row["reason"] for row in found] == ["", f"'{world.FORMULA}"]
    assert [row["failed"] for row in found] == ["6", "4"]


def test_csv_of_reporters(client: FlaskClient) -> None:
    assert {row["reporter"]: row["silent"] for row in rows(client, "domains/example.com/reporters")} == {
        "reporter.example": "no",
        "other.example": "no",
    }


def test_csv_of_reports(client: FlaskClient) -> None:
    assert [(row["report_id"], row["findings"]) for row in rows(client, "reports")] == [
        ("r3", ""),
        ("r2", "Q30"),
        ("r1", ""),
    ]


def test_csv_of_deliveries(client: FlaskClient) -> None:
    found = rows(client, "deliveries")
    assert (found[0]["outcome"], found[0]["reason_code"]) == ("quarantined", "json")
    assert found[2]["reports"] == found[5]["reports"] != ""
