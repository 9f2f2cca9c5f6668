"""What the API tells of one MX host, one reporter, what stands around a report, and the settings; and removing a domain."""

from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from collector.store import audit, queries
from collector.store.engine import Engine
from tests.web import world
from tests.web.conftest import MakeApp, add_token, add_user


def get(client: FlaskClient, path: str) -> Any:
    answer = client.get(f"/api/v1/{path}")
    assert answer.status_code == 200, path
    return answer.json


def test_one_mx_host_is_as_in_the_list(client: FlaskClient) -> None:
    listed = {row["mx"]: row for row in get(client, "domains/example.com/mx")["mx"]}
    found = get(client, "domains/example.com/mx/MX1.example.com.")
    assert found["mx"] == "mx1.example.com"
    assert found["figures"] == listed["mx1.example.com"]
    failures = found["failures"]
    assert failures["days"] == [{"day": "2026-11-20", "failed": 6}]
    assert failures["failed"] == 6 == sum(each["failed"] for each in failures["result_types"])
    assert {each["name"] for each in failures["mx"]} == {"mx1.example.com"}
    assert (failures["first_ever"], failures["last_ever"]) == ("2026-11-20", "2026-11-20")
    earlier = get(client, "domains/example.com/mx/mx1.example.com?from=2026-01-01&to=2026-01-02")
    assert (earlier["failures"]["failed"], earlier["failures"]["first_ever"]) == (0, "2026-11-20")


def test_one_reporter_is_as_in_the_list(client: FlaskClient) -> None:
    for name in {row["reporter"] for row in get(client, "domains/example.com/reporters")["reporters"]}:
        found = get(client, f"domains/example.com/reporters/{name}")
        rows = [row for row in get(client, "domains/example.com/reporters")["reporters"] if row["reporter"] == name]
        assert found["figures"] == rows
        for figure in ("reports", "successful", "failed"):
            assert sum(row[figure] for row in rows) == sum(day[figure] for day in found["days"]), (name, figure)


@pytest.mark.parametrize("path", ["mx/nobody.example", "mx/%00", "reporters/nobody.example", "reporters/%00"])
def test_what_nobody_named_is_404(client: FlaskClient, path: str) -> None:
    assert client.get(f"/api/v1/domains/example.com/{path}").status_code == 404


def test_no_database_stumbles_over_a_name_that_it_cannot_hold(engine: Engine) -> None:
    assert not queries.is_known_host(engine, uuid4(), "mx\0.example")
    assert not queries.is_known_reporter(engine, uuid4(), "\0")


def test_neighbours_lead_there_and_back(client: FlaskClient, filled: Engine) -> None:
    world.submit(filled, world.both_domains())
    seen = 0
    for report in world.report_ids(filled).values():
        following = get(client, f"reports/{report}/neighbours")["following"]
        if following is not None:
            seen += 1
            assert get(client, f"reports/{following}/neighbours")["previous"] == str(report)
    assert seen


def test_deliveries_are_counted_as_they_are_listed(client: FlaskClient) -> None:
    counts = get(client, "deliveries/counts")
    listed = get(client, "deliveries?limit=1000")["deliveries"]
    for outcome, count in counts["outcomes"].items():
        assert count == sum(1 for row in listed if row["outcome"] == outcome)
    assert sum(counts["reasons"].values()) == counts["outcomes"]["quarantined"]


def test_settings_are_told_without_their_secrets(make_app: MakeApp) -> None:
    secret = {"database.url": "postgresql://u:hunter2@db.example/x", "imap.password": "hunter2"}
    answer = make_app(**secret).test_client().get("/api/v1/configuration")
    assert answer.json is not None
    found = {each["name"]: each for each in answer.json["settings"]}
    assert "hunter2" not in answer.text
    assert (found["imap.password"]["value"], found["imap.password"]["source"]) == ("(hidden)", "--set imap.password")
    assert found["smtp.listen"] == {
        "name": "smtp.listen",
        "variable": "TLSRPT_SMTP_LISTEN",
        "value": "127.0.0.1:2525",
        "source": None,
    }


def test_removing_a_domain_is_for_admins_and_told(filled: Engine, make_app: MakeApp) -> None:
    add_user(filled)
    client = make_app().test_client()
    path = "/api/v1/domains/example.com"
    assert client.delete(path).status_code == 401
    assert client.delete("/api/v1/domains/absent.example", headers=add_token(filled, "write")).status_code == 403
    assert queries.find_domain(filled, "example.com") is not None


def test_a_removed_domain_is_gone_and_its_deliveries_wait(filled: Engine, make_app: MakeApp) -> None:
    add_user(filled)
    client, token = make_app().test_client(), add_token(filled, "admin")
    answer = client.delete("/api/v1/domains/EXAMPLE.com", headers=token)
    assert (answer.status_code, answer.json) == (200, {"domain": "example.com"})
    assert client.delete("/api/v1/domains/example.com", headers=token).status_code == 404
    [entry] = audit.entries(filled, action="domain_removed").items
    assert (entry.subject, entry.by.name) == ("example.com", "grafana")
    waiting = client.get("/api/v1/deliveries/foreign", headers=token).json
    assert waiting is not None
    assert "example.com" in {row["domain"] for row in waiting["foreign"]}
