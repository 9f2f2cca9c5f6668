"""What the dashboard changes: a delivery is tried again, a foreign domain is added; by whom, and what it answers."""

from uuid import UUID

import pytest
from flask.testing import FlaskClient

from collector.delivery import Reason
from collector.store import queries
from collector.store.engine import Engine
from tests.support import reports
from tests.support.dns import SERVFAIL, DnsServer
from tests.support.page import Page, read
from tests.web.conftest import KEY_NAME, MakeApp, add_token, add_user, enter, keep

MISSING = "00000000-0000-7000-8000-000000000000"


@pytest.fixture
def client(make_app: MakeApp, dns: DnsServer) -> FlaskClient:
    return make_app(**{"dns.nameservers": str(dns.address), "dns.timeout": "2"}).test_client()


def outcome(engine: Engine, delivery: UUID) -> str:
    row = queries.delivery(engine, delivery)
    assert row is not None
    return row.outcome


def test_retry_answers_the_delivery_as_it_is_now(client: FlaskClient, filled: Engine, signed: UUID) -> None:
    answer = client.post(f"/api/v1/deliveries/{signed}/retry")
    assert answer.status_code == 200
    assert answer.json == client.get(f"/api/v1/deliveries/{signed}").json
    assert answer.json is not None
    assert (answer.json["outcome"], answer.json["reason"]) == ("stored", None)
    assert (answer.json["reporter"], answer.json["authenticated"]) == ("reporter.example", True)
    assert client.post(f"/api/v1/deliveries/{signed}/retry").json == answer.json  # once counted, it is left alone


def test_retry_of_what_cannot_be_counted(client: FlaskClient, filled: Engine) -> None:
    identity = keep(filled, b"Subject: hello\r\n\r\n", Reason("json", "as it was read then"))
    answer = client.post(f"/api/v1/deliveries/{identity}/retry")
    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["outcome"] == "quarantined"
    assert answer.json["reason"]["code"] == "not_a_report"


def test_retry_while_the_key_is_away(client: FlaskClient, filled: Engine, dns: DnsServer, signed: UUID) -> None:
    dns.zone[KEY_NAME, "TXT"] = SERVFAIL
    answer = client.post(f"/api/v1/deliveries/{signed}/retry")
    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["error"]["code"] == "unavailable"
    assert "DKIM key" in answer.json["error"]["message"]
    assert "Retry-After" in answer.headers
    assert outcome(filled, signed) == "quarantined"
    page = client.post(f"/deliveries/{signed}/retry")
    assert page.status_code == 503
    assert "DKIM key" in page.text


@pytest.mark.parametrize("path", ["/api/v1/deliveries/{}/retry", "/deliveries/{}/retry"])
def test_retry_of_nothing(client: FlaskClient, path: str) -> None:
    assert client.post(path.format(MISSING)).status_code == 404
    assert client.get(path.format(MISSING)).status_code == 405


def pressed(client: FlaskClient, page: Page, label: str) -> Page:
    """The page that the button leads to, which is the only one of its label."""
    forms = [given["action"] for given in page.all("form", class_="action")]
    wanted = [action for action in forms if action.endswith(label)]
    tokens = {given["value"] for given in page.all("input", name="csrf_token")}
    answer = client.post(wanted[0], data={"csrf_token": tokens.pop()}, follow_redirects=True)
    assert answer.status_code == 200
    assert answer.request.method == "GET"
    return read(answer.text)


def test_the_button_of_a_delivery(client: FlaskClient, signed: UUID) -> None:
    page = read(client.get(f"/deliveries/{signed}").text)
    after = pressed(client, page, "/retry")
    assert "Tried again: it counts now." in after.text
    assert after.problems == []
    assert after.all("form", class_="action") == []  # nothing is left to try


def test_the_button_in_the_list(client: FlaskClient, filled: Engine) -> None:
    page = read(client.get("/deliveries", query_string={"reason": "json"}).text)
    after = pressed(client, page, "/retry")
    assert "Tried again: it does not count, and this is why." in after.text
    assert page.problems == after.problems == []


def test_a_conflict_shows_both_reports(client: FlaskClient, filled: Engine) -> None:
    first, second = (reports.report([reports.policy_result(successful=number)], day="2026-11-18") for number in (4, 5))
    ids = [keep(filled, reports.to_json(document), None, "https") for document in (first, second)]
    for each in ids:
        client.post(f"/api/v1/deliveries/{each}/retry")
    page = read(client.get(f"/deliveries/{ids[1]}").text)
    whole = client.get(f"/api/v1/deliveries/{ids[1]}").json
    assert whole is not None
    assert whole["outcome"] == "conflict"
    [counted] = whole["reports"]
    assert f"/reports/{counted}" in page.links()
    own = f"/deliveries/{ids[1]}/documents/0"
    assert own in page.links()
    for under in ("", "/api/v1"):
        answer = client.get(under + own)
        assert (answer.data, answer.mimetype) == (reports.to_json(second), "application/json")
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert client.get(f"{under}/deliveries/{ids[1]}/documents/1").status_code == 404


def test_foreign_domains_with_their_backlog(client: FlaskClient, foreign: None) -> None:
    answer = client.get("/api/v1/deliveries/foreign", query_string={"limit": "1"}).json
    assert answer is not None
    [row] = answer["foreign"]
    assert row.items() >= {"domain": "new.example", "deliveries": 2, "reporters": ["reporter.example"]}.items()
    assert row["first_delivery"] <= row["last_delivery"]
    rest = client.get("/api/v1/deliveries/foreign", query_string={"cursor": answer["next"]}).json
    assert rest is not None
    assert [row["domain"] for row in rest["foreign"]] == ["foreign.example"]
    assert rest["next"] is None


def test_adopting_counts_the_backlog(client: FlaskClient, foreign: None) -> None:
    done = {"domain": "new.example", "added": True, "reports_counted": 2, "counted_before": [], "complete": True}
    assert client.post("/api/v1/domains/New.Example./adopt").json == done
    again = {"added": False, "reports_counted": 0}
    assert client.post("/api/v1/domains/new.example/adopt").json == done | again
    days = client.get("/api/v1/domains/new.example/daily", query_string={"from": "2026-11-18"}).json
    assert days is not None
    assert sum(day["successful"] for day in days["days"]) == 8


def test_adopting_what_is_no_domain(client: FlaskClient) -> None:
    answer = client.post("/api/v1/domains/no domain!/adopt")
    assert answer.status_code == 400
    assert answer.json is not None
    assert "is no domain name" in answer.json["error"]["message"]


def test_the_button_that_adds_a_domain(client: FlaskClient, foreign: None) -> None:
    page = read(client.get("/deliveries/foreign").text)
    assert page.problems == []
    assert "new.example" in page.text
    actions = [given["action"] for given in page.all("form", class_="action")]
    assert actions == ["/domains/new.example/adopt", "/domains/foreign.example/adopt"]
    after = pressed(client, page, "/new.example/adopt")
    assert after.problems == []
    assert "Added new.example. 2 reports now count for it." in after.text
    assert "/domains/new.example" in after.links()
    assert [given["action"] for given in after.all("form", class_="action")] == ["/domains/foreign.example/adopt"]


@pytest.mark.parametrize(
    "query",
    [
        *("added=never.example", "added=%3Cb%3E", "added=example.com&reports=x", "added=example.com&reports=-1"),
        *("added=example.com&reports=3&before=never.example:2", "added=example.com&reports=3&before=%3Cb%3E:2"),
        *("added=example.com&reports=3&before=example.net", "added=example.com&reports=3&before=example.net:%3Cb%3E"),
    ],
)
def test_nobody_can_make_the_page_say_what_is_not(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/deliveries/foreign?{query}")
    assert answer.status_code == (400 if "=%3C" in query else 200)
    text = read(answer.text).text
    assert "never.example" not in text
    assert "before" not in text.replace("before: '<b>' is no domain name", "")


CHANGES = ["/deliveries/{}/retry", "/domains/foreign.example/adopt"]


@pytest.mark.parametrize("path", CHANGES)
@pytest.mark.parametrize("under", ["", "/api/v1"])
def test_another_site_changes_nothing(client: FlaskClient, signed: UUID, under: str, path: str) -> None:
    headers = {"Origin": "https://evil.example"}
    assert client.post(under + path.format(signed), headers=headers).status_code == 403


@pytest.mark.parametrize("path", CHANGES)
@pytest.mark.parametrize(("scope", "status"), [("read", 403), ("write", 200)])
def test_a_token_changes_if_it_may(
    client: FlaskClient, filled: Engine, signed: UUID, path: str, scope: str, status: int
) -> None:
    add_user(filled)
    token = add_token(filled, scope)
    assert client.post(f"/api/v1{path.format(signed)}", headers=token).status_code == status
    assert client.post(f"/api/v1{path.format(signed)}").status_code == 401


@pytest.mark.parametrize("path", CHANGES)
@pytest.mark.parametrize("under", ["", "/api/v1"])
def test_a_session_changes_only_with_its_token(
    client: FlaskClient, filled: Engine, signed: UUID, under: str, path: str
) -> None:
    enter(client, filled, add_user(filled, "ada", "operator"))
    address = under + path.format(signed)
    assert client.post(address).status_code == 400
    page = read(client.get("/deliveries").text)
    token = page.all("input", name="csrf_token")[0]["value"]
    assert client.post(address, headers={"X-CSRF-Token": token}).status_code in (200, 303)


@pytest.mark.parametrize("path", CHANGES)
def test_who_may_only_read_has_no_buttons(client: FlaskClient, filled: Engine, signed: UUID, path: str) -> None:
    enter(client, filled, add_user(filled, "grace", "viewer"))
    for address in ("/deliveries", "/deliveries/foreign", f"/deliveries/{signed}"):
        page = read(client.get(address).text)
        assert page.all("form", class_="action") == []
    token = page.all("input", name="csrf_token")[0]["value"]
    assert client.post(path.format(signed), headers={"X-CSRF-Token": token}).status_code == 403


def test_who_is_limited_adds_own_domains_only(client: FlaskClient, filled: Engine, signed: UUID) -> None:
    enter(client, filled, add_user(filled, "grace", "operator", "foreign.example"))
    token = {"X-CSRF-Token": read(client.get("/").text).all("input", name="csrf_token")[0]["value"]}
    assert client.post("/api/v1/domains/new.example/adopt", headers=token).status_code == 404
    assert client.post("/api/v1/domains/foreign.example/adopt", headers=token).status_code == 200
    assert client.post(f"/api/v1/deliveries/{signed}/retry", headers=token).status_code == 403


def test_all_of_a_reason_are_tried_again(client: FlaskClient, filled: Engine, signed: UUID) -> None:
    page = read(client.get("/deliveries").text)
    assert page.problems == []
    assert "quarantined 2" in page.text
    after = pressed(client, page, "/deliveries/retry/dkim_fail")
    assert "Tried again (dkim_fail): 1, of which 1 are quarantined no more." in after.text
    assert outcome(filled, signed) == "stored"
    assert client.post("/deliveries/retry/made_up").status_code == 404


def test_all_are_tried_until_a_key_is_away(client: FlaskClient, filled: Engine, dns: DnsServer, signed: UUID) -> None:
    dns.zone[KEY_NAME, "TXT"] = SERVFAIL
    after = pressed(client, read(client.get("/deliveries").text), "/deliveries/retry/dkim_fail")
    assert "DNS could not deliver a DKIM key just now" in after.text
    assert outcome(filled, signed) == "quarantined"


def test_a_foreign_domain_is_looked_at_before_it_is_added(client: FlaskClient, foreign: None) -> None:
    assert "/deliveries/foreign/new.example" in read(client.get("/deliveries/foreign").text).links()
    page = read(client.get("/deliveries/foreign/new.example").text)
    assert page.problems == []
    assert "Waiting 2 deliveries" in page.text
    assert "Added new.example." in pressed(client, page, "/new.example/adopt").text
    assert client.get("/deliveries/foreign/new.example").status_code == 404
    assert client.get("/deliveries/foreign/example.com").status_code == 404
