"""Reports and deliveries in the API: lists, one of them, and the bytes as they came."""

from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from collector.store.engine import Engine
from tests.web import world
from tests.web.test_api_figures import get


def test_report_in_a_list(client: FlaskClient) -> None:
    answer = get(client, "reports")
    assert [row["report_id"] for row in answer["reports"]] == ["r3", "r2", "r1"]  # the last to arrive first
    row = answer["reports"][1]
    assert (
        row.items()
        >= {
            "organization": "Reporter Example",
            "reporter": "other.example",
            "authenticated": False,
            "contact": "tls@reporter.example",
            "domain": "example.com",
            "start": "2026-11-21T00:00:00Z",
            "end": "2026-11-21T23:59:59Z",
            "day": "2026-11-21",
            "successful": 5,
            "failed": 0,
            "findings": [{"code": "Q30", "message": "the times have no zone"}],
        }.items()
    )
    assert "policies" not in row


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"domain": "example.com"}, ["r2", "r1"]),
        ({"domain": "EXAMPLE.NET"}, ["r3"]),
        ({"domain": "other.example"}, []),
        ({"reporter": "reporter.example"}, ["r1"]),
        ({"outcome": "stored"}, ["r3", "r2", "r1"]),
        ({"outcome": "duplicate"}, ["r1"]),  # the report that a delivery repeats
        ({"outcome": "conflict"}, []),
        ({"from": "2026-11-21"}, ["r3", "r2"]),  # the day that it counts for
        ({"to": "2026-11-20"}, ["r1"]),
        ({"authenticated": "yes"}, ["r1"]),
    ],
)
def test_report_filters(client: FlaskClient, query: dict[str, str], expected: list[str]) -> None:
    assert [row["report_id"] for row in get(client, "reports", **query)["reports"]] == expected


def test_one_report(client: FlaskClient, filled: Engine) -> None:
    report = get(client, f"reports/{world.report_ids(filled)['r1']}")
    (policy,) = report["policies"]
    assert policy == {
        "policy_type": "sts",
        "policy_domain": "example.com",
        "mode": "enforce",
        "policy_string": [
            "version: STSv1",
            "mode: enforce",
            "mx: mx1.example.com",
            "mx: mx2.example.com",
            "max_age: 604800",
        ],
        "mx_host": ["mx1.example.com", "mx2.example.com"],
        "successful": 90,
        "failed": 10,
        "failures": [
            {
                "result_type": "certificate-expired",
                "sending_mta_ip": "192.0.2.25",
                "receiving_mx_hostname": "mx1.example.com",
                "receiving_mx_helo": None,
                "receiving_ip": "198.51.100.1",
                "failed": 6,
                "additional_information": None,
                "failure_reason_code": None,
            },
            {
                "result_type": "validation-failure",
                "sending_mta_ip": "2001:db8::25",
                "receiving_mx_hostname": "mx2.example.com",
                "receiving_mx_helo": None,
                "receiving_ip": None,
                "failed": 4,
                "additional_information": None,
                "failure_reason_code": world.FORMULA,
            },
        ],
    }


def test_report_as_it_came(client: FlaskClient, filled: Engine) -> None:
    answer = client.get(f"/api/v1/reports/{world.report_ids(filled)['r1']}/raw")
    assert answer.data == world.DOCUMENT
    assert answer.content_type == "application/json"
    assert answer.headers["Content-Disposition"].startswith("attachment; ")


def deliveries(client: FlaskClient, **query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = get(client, "deliveries", **query)["deliveries"]
    return found


def test_every_delivery_is_listed(client: FlaskClient) -> None:
    rows = deliveries(client)
    assert [(row["channel"], row["outcome"], row["domains"]) for row in rows] == [
        ("smtp", "quarantined", []),
        ("https", "unassigned", ["foreign.example"]),
        ("smtp", "duplicate", ["example.com"]),
        ("import", "stored", ["example.net"]),
        ("https", "stored", ["example.com"]),
        ("smtp", "stored", ["example.com"]),
    ]
    assert rows[0]["reason"] == {"code": "json", "message": "this is no JSON"}
    assert rows[1]["reason"] is None
    assert rows[2]["reports"] == rows[5]["reports"] != []
    assert set(rows[5]) == {"id", "received_at", "channel", "outcome", "reason", "reporter", "authenticated"} | {
        "domains",
        "reports",
        "findings",
        "size",
    }


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ({"outcome": "quarantined"}, 1),
        ({"outcome": "stored"}, 3),
        ({"domain": "example.com"}, 3),
        ({"domain": "foreign.example"}, 1),
        ({"reporter": "reporter.example"}, 2),
        ({"channel": "import"}, 1),
        ({"reason": "json"}, 1),
        ({"from": "2026-11-24", "to": "2026-11-24"}, 6),  # the day of arrival
        ({"to": "2026-11-23"}, 0),
        ({"authenticated": "yes"}, 2),
    ],
)
def test_delivery_filters(client: FlaskClient, query: dict[str, str], number: int) -> None:
    assert len(deliveries(client, **query)) == number


def test_one_delivery(client: FlaskClient) -> None:
    row = deliveries(client, outcome="duplicate")[0]
    whole = get(client, f"deliveries/{row['id']}")
    assert whole.items() >= row.items()
    part = {"domain": "example.com", "outcome": "duplicate", "report": row["reports"][0], "position": 0}
    assert whole["parts"] == [part]
    assert whole["envelope"]["peer"] == "192.0.2.1"
    assert whole["dkim"] == "A DKIM signature of reporter.example verifies."
    assert whole["headers"].startswith("From: ")
    assert whole["to_do"] is None
    refused = get(client, f"deliveries/{deliveries(client, outcome='quarantined')[0]['id']}")
    assert refused["to_do"].startswith("Download one and look at it.")


@pytest.mark.parametrize("under", ["", "/api/v1"])
@pytest.mark.parametrize(
    ("channel", "content_type", "ending"),
    [("smtp", "message/rfc822", "eml"), ("https", "application/octet-stream", "bin")],
)
def test_delivery_as_it_came(client: FlaskClient, under: str, channel: str, content_type: str, ending: str) -> None:
    row = deliveries(client, channel=channel)[-1]
    answer = client.get(f"{under}/deliveries/{row['id']}/raw")
    assert (world.DOCUMENT in answer.data) == (channel == "https")
    assert len(answer.data) == row["size"]
    assert answer.content_type == content_type
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{row["id"]}.{ending}"'


@pytest.mark.parametrize(
    ("what", "key"), [("reports", "reports"), ("deliveries", "deliveries"), ("domains", "domains")]
)
def test_page_by_page(client: FlaskClient, what: str, key: str) -> None:
    whole = get(client, what)[key]
    found: list[Any] = []
    cursor: dict[str, str] = {}
    pages = 0
    while True:
        response = client.get(f"/api/v1/{what}", query_string={"limit": "2", **cursor})
        assert response.json is not None
        found += response.json[key]
        pages += 1
        if response.json["next"] is None:
            break
        cursor = {"cursor": response.json["next"]}
        # CSV has no place for it but the header, which names the whole address.
        link = response.headers["Link"]
        assert link.endswith('>; rel="next"')
        assert client.get(link[1:].partition(">")[0]).json is not None
    assert found == whole
    assert pages == -(-len(whole) // 2)
    assert "Link" not in response.headers


@pytest.mark.parametrize("path", ["reports", "deliveries"])
@pytest.mark.parametrize("ending", ["", "/raw"])
def test_unknown_id(client: FlaskClient, path: str, ending: str) -> None:
    answer = client.get(f"/api/v1/{path}/{uuid4()}{ending}")
    assert answer.status_code == 404
    assert answer.json is not None
    assert answer.json["error"]["code"] == "not_found"
