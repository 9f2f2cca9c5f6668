"""Alerts on the pages and in the API: what is shown to whom, and how one is made quiet."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from collector.alert_rules import RULES
from collector.store import audit
from collector.store.engine import Engine
from collector.store.queries import alerts as queries
from tests.support import alerting
from tests.support.page import read
from tests.web import world
from tests.web.conftest import MakeApp, add_token, add_user, enter

SCRIPT = "<script>alert(1)</script>\u202eevil"


@pytest.fixture
def made(filled: Engine) -> dict[str, UUID]:
    """An open alert of each rule."""
    return alerting.open_all(filled, world.NOW)


@pytest.fixture
def admin(filled: Engine, make_app: MakeApp) -> FlaskClient:
    client = make_app().test_client()
    enter(client, filled, add_user(filled))
    return client


def send(client: FlaskClient, path: str, **form: str) -> TestResponse:
    found = re.search(r'name="csrf_token" value="([0-9a-f]{64})"', client.get("/settings").text)
    return client.post(path, data=form | {"csrf_token": found[1] if found else ""})


def answered(client: FlaskClient, path: str, **headers: str) -> Any:
    answer = client.get(f"/api/v1/{path}", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json


def test_every_rule_is_told_in_a_line_and_has_its_page(admin: FlaskClient, made: dict[str, UUID]) -> None:
    page = read(admin.get("/alerts").text)
    assert page.problems == []
    for rule, alert_id in made.items():
        assert f"/alerts/{alert_id}" in page.links()
        own = read(admin.get(f"/alerts/{alert_id}").text)
        assert own.problems == [], rule
        assert "DOMAIN" not in own.text
        said = answered(admin, f"alerts/{alert_id}")
        assert said["title"] in page.text
        assert said["text"] in page.text
        assert said["text"] in own.text
        assert said["action"] in own.text
        assert said["page"] in own.links()
        assert admin.get(said["page"]).status_code in (200, 404), rule  # of what this world has none of


def test_open_ones_stand_before_those_that_are_over(admin: FlaskClient, filled: Engine, made: dict[str, UUID]) -> None:
    alerting.close(filled, made["held_back"], world.NOW)
    page = admin.get("/alerts").text
    assert page.index(str(made["quarantine"])) < page.index('id="over-title"') < page.index(str(made["held_back"]))
    assert "over since 24 Nov 2026, 12:00 UTC" in read(admin.get(f"/alerts/{made['held_back']}").text).text
    assert str(made["held_back"]) not in admin.get("/alerts?state=open").text
    assert str(made["quarantine"]) not in admin.get("/alerts?state=closed").text


def test_filters_and_pages(admin: FlaskClient, filled: Engine, made: dict[str, UUID]) -> None:
    for rule in RULES:
        page = admin.get(f"/alerts?rule={rule}").text
        assert [rule for rule, each in made.items() if f"/alerts/{each}" in page] == [rule]
    of_domain = answered(admin, "alerts?domain=EXAMPLE.com.")["alerts"]
    assert {row["rule"] for row in of_domain} == set(RULES) - {"figures_differ", "quarantine", "no_reports"}
    assert admin.get("/alerts?rule=x").status_code == 400
    assert admin.get("/alerts?cursor=x").status_code == 400
    assert admin.get("/alerts?limit=4").text.count("/alerts?limit=4&amp;state=open") == 1
    seen, cursor = [], ""
    while cursor is not None:
        part = answered(admin, f"alerts?limit=4&state=open&cursor={cursor}")
        seen += [row["id"] for row in part["alerts"]]
        cursor = part["next"]
    urgent_first = [str(made[rule]) for rule in RULES]
    assert seen == urgent_first
    assert list(dict.fromkeys(re.findall(r"/alerts/([0-9a-f-]{36})", admin.get("/alerts").text))) == urgent_first
    rows = admin.get("/api/v1/alerts?format=csv").text.splitlines()
    assert rows[0].startswith("id,rule,domain,subject,state,size,title,text,action,page,opened_at")
    assert len(rows) == 1 + len(RULES)


def test_the_number_of_open_ones_is_on_every_page(admin: FlaskClient, made: dict[str, UUID]) -> None:
    for path in ("/", "/reports", "/settings"):
        assert re.search(rf'title="open alerts">{len(made)}</span>', admin.get(path).text), path
    assert "12 alerts are open." in read(admin.get("/").text).text
    assert answered(admin, "attention")["alerts"] == len(made)
    of_domain = read(admin.get("/domains/example.com").text)
    assert f"/alerts/{made['held_back']}" in of_domain.links()
    assert f"/alerts/{made['quarantine']}" not in of_domain.links()
    assert "Open alerts" not in read(admin.get("/domains/example.net").text).text


def test_without_any_there_is_no_mark(admin: FlaskClient) -> None:
    page = read(admin.get("/alerts").text)
    assert "Nothing is wrong that an alert would tell of." in page.text
    assert "open alerts" not in admin.get("/").text


def test_who_is_limited_sees_alerts_of_own_domains_only(
    filled: Engine, make_app: MakeApp, made: dict[str, UUID]
) -> None:
    theirs = alerting.open_one(filled, "held_back", world.NOW, domain="example.net")
    client = make_app().test_client()
    enter(client, filled, add_user(filled, "grace", "operator", "example.net"))
    page = client.get("/alerts").text
    assert re.findall(r"/alerts/([0-9a-f-]{36})", page) == [str(theirs)]
    assert re.search(r'title="open alerts">1</span>', page)
    assert answered(client, "attention")["alerts"] == 1
    assert [row["id"] for row in answered(client, "alerts")["alerts"]] == [str(theirs)]
    for alert_id in made.values():
        assert client.get(f"/alerts/{alert_id}").status_code == 404
        assert send(client, f"/alerts/{alert_id}/acknowledge").status_code == 404
        assert client.get(f"/api/v1/alerts/{alert_id}").status_code == 404
    assert queries.alert(filled, made["held_back"]).acknowledged_at is None  # type: ignore[union-attr]
    assert send(client, f"/alerts/{theirs}/acknowledge").status_code == 303
    # Whom it was told is not theirs to know.
    assert "ops@example.com" not in client.get(f"/alerts/{theirs}").text
    assert {each["target"] for each in answered(client, f"alerts/{theirs}")["notices"]} == {None}


def test_acknowledged_muted_and_told_of_in_the_audit_log(
    admin: FlaskClient, filled: Engine, made: dict[str, UUID]
) -> None:
    path = f"/alerts/{made['held_back']}"
    assert send(admin, f"{path}/acknowledge").headers["Location"] == path
    assert send(admin, f"{path}/mute", until="2026-12-01").status_code == 303
    row = queries.alert(filled, made["held_back"])
    assert row is not None
    assert (row.acknowledged_at, row.acknowledged_by, row.muted_by) == (world.NOW, "ada", "ada")
    assert row.muted_until is not None
    assert row.muted_until.isoformat() == "2026-12-01T00:00:00+00:00"
    page = read(admin.get(path).text).text
    assert "Muted until" in page
    assert "acknowledged" in read(admin.get("/alerts").text).text
    assert send(admin, f"{path}/unmute").status_code == 303
    assert queries.alert(filled, made["held_back"]).muted_until is None  # type: ignore[union-attr]
    told = [(entry.action, entry.subject, dict(entry.details)) for entry in audit.entries(filled).items]
    about = str(made["held_back"])
    assert told == [
        ("alert_unmuted", about, {}),
        ("alert_muted", about, {"until": "2026-12-01"}),
        ("alert_acknowledged", about, {}),
    ]


@pytest.mark.parametrize("until", ["", "2026-11-24", "2025-01-01", "tomorrow", "9999-12-31"])
def test_no_mute_until_a_day_that_is_none_or_has_begun(
    admin: FlaskClient, filled: Engine, made: dict[str, UUID], until: str
) -> None:
    answer = send(admin, f"/alerts/{made['held_back']}/mute", until=until)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert queries.alert(filled, made["held_back"]).muted_until is None  # type: ignore[union-attr]


def test_what_is_over_cannot_be_made_quiet(admin: FlaskClient, filled: Engine, made: dict[str, UUID]) -> None:
    path = f"/alerts/{made['held_back']}"
    alerting.close(filled, made["held_back"], world.NOW)
    for what, form in (("acknowledge", {}), ("mute", {"until": "2026-12-01"}), ("unmute", {})):
        assert f'action="{path}/{what}"' not in admin.get(path).text
        assert send(admin, f"{path}/{what}", **form).status_code == 400
    assert admin.get(f"/alerts/{uuid4()}").status_code == 404


def test_a_viewer_looks_and_changes_nothing(filled: Engine, make_app: MakeApp, made: dict[str, UUID]) -> None:
    client = make_app().test_client()
    enter(client, filled, add_user(filled, "grace", "viewer"))
    path = f"/alerts/{made['held_back']}"
    assert f'action="{path}' not in client.get(path).text
    assert send(client, f"{path}/acknowledge").status_code == 403
    assert client.post(f"{path}/acknowledge").status_code == 400  # a form without its token
    assert queries.alert(filled, made["held_back"]).acknowledged_at is None  # type: ignore[union-attr]


def test_by_token(filled: Engine, make_app: MakeApp, made: dict[str, UUID]) -> None:
    add_user(filled)
    client, token = make_app().test_client(), add_token(filled, "write")
    path = f"/api/v1/alerts/{made['certificate']}"
    acknowledged = client.post(f"{path}/acknowledge", headers=token)
    assert (acknowledged.json or {})["acknowledged_by"] == "grafana"
    muted = client.post(f"{path}/mute", json={"until": "2026-12-24"}, headers=token)
    assert (muted.json or {})["muted_until"] == "2026-12-24T00:00:00Z"
    for body in ({"until": "2026-11-01"}, {"until": "x"}, {}):
        assert client.post(f"{path}/mute", json=body, headers=token).status_code == 400
    assert (client.post(f"{path}/unmute", headers=token).json or {})["muted_until"] is None
    assert [entry.by.name for entry in audit.entries(filled).items] == ["grafana"] * 3


def test_who_was_told_and_whether_it_arrived(admin: FlaskClient, filled: Engine, made: dict[str, UUID]) -> None:
    alerting.arrived(filled, made["held_back"], world.NOW + timedelta(minutes=1))
    page = read(admin.get(f"/alerts/{made['held_back']}").text).text
    assert "ops@example.com" in page
    assert alerting.REFUSED in page
    assert "hook.example" not in page
    notices = {each["channel"]: each for each in answered(admin, f"alerts/{made['held_back']}")["notices"]}
    assert (notices["mail"]["state"], notices["mail"]["sent_at"]) == ("sent", "2026-11-24T12:01:00Z")
    assert (notices["webhook"]["state"], notices["webhook"]["error"]) == ("given_up", alerting.REFUSED)


def test_what_strangers_wrote_stays_text(admin: FlaskClient, filled: Engine) -> None:
    alert_id = alerting.open_one(filled, "new_failure", world.NOW, subject=SCRIPT)
    for path in ("/alerts", f"/alerts/{alert_id}", "/domains/example.com"):
        page = admin.get(path).text
        assert "<script>alert(1)" not in page
        assert "\u202e" not in page
        assert "&lt;script&gt;alert(1)" in page


def test_words_in_japanese(admin: FlaskClient, made: dict[str, UUID]) -> None:
    english, japanese = (answered(admin, f"alerts/{made['held_back']}?lang={tag}") for tag in ("en", "ja"))
    assert english["text"] != japanese["text"]
    assert english["size"] == japanese["size"]
