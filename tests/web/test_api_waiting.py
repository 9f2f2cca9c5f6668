"""What does not count yet, in the API: the quarantine by reason and tried again, foreign domains, conflicts."""

from uuid import UUID

import pytest
from flask.testing import FlaskClient

from collector.delivery import Reason
from collector.store import audit, queries
from collector.store.engine import Engine
from dashboard.web import again
from tests.support import reports
from tests.support.dns import SERVFAIL, DnsServer
from tests.web import world
from tests.web.conftest import KEY_NAME, MakeApp, add_token, add_user, keep
from tests.web.test_api_figures import get


@pytest.fixture
def client(make_app: MakeApp, dns: DnsServer) -> FlaskClient:
    return make_app(**{"dns.nameservers": str(dns.address), "dns.timeout": "2"}).test_client()


def test_the_quarantine_by_reason(client: FlaskClient, signed: UUID) -> None:
    rows = get(client, "deliveries/quarantine")["reasons"]
    assert {row["code"]: row["deliveries"] for row in rows} == get(client, "deliveries/counts")["reasons"]
    [dkim] = [row for row in rows if row["code"] == "dkim_fail"]
    assert "auth.dkim" in dkim["action"]


def test_all_of_a_reason_are_tried_again(client: FlaskClient, filled: Engine, signed: UUID) -> None:
    done = {"reason": "dkim_fail", "tried": 1, "counted": 1, "key_away": False, "next": None}
    assert client.post("/api/v1/deliveries/retry/dkim_fail").json == done
    found = queries.delivery(filled, signed)
    assert found is not None
    assert found.outcome == "stored"
    assert client.post("/api/v1/deliveries/retry/made_up").status_code == 404
    assert client.post("/api/v1/deliveries/retry/json?cursor=!").status_code == 400
    [entry] = audit.entries(filled, action="delivery_retried").items
    assert entry.subject == "dkim_fail"


def test_where_it_ends_early_it_goes_on(filled: Engine, make_app: MakeApp) -> None:
    for _ in range(2):
        keep(filled, b"Subject: hello\r\n\r\n", Reason("json", "it was none"))
    tried, cursor = [], None
    with make_app().test_request_context():
        for _ in range(3):
            done = again.retry_all("json", cursor, patience=-1, group=1)
            tried, cursor = [*tried, done.tried], done.next
    assert (tried, cursor) == ([1, 1, 1], None)


def test_where_a_key_is_away_none_is_left_out(client: FlaskClient, dns: DnsServer, signed: UUID) -> None:
    dns.zone[KEY_NAME, "TXT"] = SERVFAIL
    done = client.post("/api/v1/deliveries/retry/dkim_fail").json
    assert done == {"reason": "dkim_fail", "tried": 0, "counted": 0, "key_away": True, "next": None}


def test_a_foreign_domain_before_it_is_added(client: FlaskClient, foreign: None) -> None:
    found = get(client, "deliveries/foreign/New.Example")
    assert (found["domain"], found["deliveries"], len(found["last_deliveries"])) == ("new.example", 2, 2)
    assert found.items() >= get(client, "deliveries/foreign", limit="1")["foreign"][0].items()
    listed = get(client, "deliveries", domain="new.example")["deliveries"]
    assert [row["id"] for row in found["last_deliveries"]] == [row["id"] for row in listed]
    assert client.get("/api/v1/deliveries/foreign/example.com").status_code == 404
    assert client.get("/api/v1/deliveries/foreign/no%20name").status_code == 400
    table = client.get("/api/v1/deliveries/foreign?format=csv").text.splitlines()
    assert table[1].startswith("new.example,2,2026-11-")


def test_what_differs_in_a_conflict(client: FlaskClient, filled: Engine) -> None:
    for count in (4, 5):
        result = reports.policy_result("example.com", successful=count)
        world.submit(filled, world.unassigned(reports.report([result], day="2026-11-19")))
    [row] = queries.deliveries(filled, outcome="conflict").items
    found = get(client, f"deliveries/{row.id}/documents/0/differences")
    assert found == {
        "counted": str(row.reports[0]),
        "differences": [{"where": "/policies/0/summary/total-successful-session-count", "counted": "4", "this": "5"}],
    }
    assert client.get(f"/api/v1/deliveries/{row.id}/documents/1/differences").status_code == 404


def test_they_are_for_those_without_a_limit(filled: Engine, make_app: MakeApp) -> None:
    add_user(filled)
    limited = add_token(filled, "write", "foreign.example")
    asking = make_app().test_client()
    for path in ("deliveries/quarantine", "deliveries/foreign/foreign.example"):
        assert asking.get(f"/api/v1/{path}", headers=limited).status_code == 403
    assert asking.post("/api/v1/deliveries/retry/json", headers=limited).status_code == 403
