"""What the overview says needs attention beside the domains, and in which order they stand."""

from datetime import timedelta

from flask.testing import FlaskClient

from collector import settings
from collector.delivery import Reason
from collector.store import domains, queries
from collector.store.engine import Engine
from dashboard.web import create_app
from tests.support.page import read
from tests.web import world
from tests.web.conftest import MakeApp, add_user, enter, keep
from tests.web.test_api_figures import get


def test_a_quarantine_that_fills_up_is_told_with_its_reasons(client: FlaskClient, filled: Engine) -> None:
    for _ in range(2):
        keep(filled, b"Subject: hello\r\n\r\n", Reason("dkim_fail", "no key"))
    page = read(client.get("/").text)
    assert page.problems == []
    assert "3 deliveries of the last 7 days are in quarantine: dkim_fail 2, json 1." in page.text
    assert "set auth.dkim to record" in page.text
    assert "/deliveries?outcome=quarantined" in page.links()


def test_old_ones_are_no_news(filled: Engine, make_app: MakeApp, clock: world.Clock) -> None:
    clock.at += timedelta(days=8)
    assert "in quarantine" not in read(make_app().test_client().get("/").text).text
    assert get(make_app().test_client(), "attention")["quarantine"] == []


def test_domains_that_were_not_added_are_named(client: FlaskClient, foreign: None) -> None:
    page = read(client.get("/").text)
    assert "3 deliveries about domains that were not added wait: new.example, foreign.example." in page.text
    for name in ("new.example", "foreign.example"):
        assert f"/deliveries/foreign/{name}" in page.links()
        assert client.get(f"/deliveries/foreign/{name}").status_code == 200


def test_the_api_tells_the_same(client: FlaskClient) -> None:
    found = get(client, "attention")
    [row] = found["quarantine"]
    assert (row["code"], row["deliveries"]) == ("json", 1)
    assert [row["domain"] for row in found["foreign"]] == ["foreign.example"]
    assert sum(found["domains"].values()) == 3
    assert found["domains"]["bad"] == 1


def test_who_is_limited_hears_of_own_domains_only(client: FlaskClient, filled: Engine) -> None:
    enter(client, filled, add_user(filled, "grace", "viewer", "example.net"))
    of_domains = {"bad": 0, "look": 0, "ok": 1}
    assert get(client, "attention") == {"alerts": 0, "domains": of_domains, "quarantine": [], "foreign": []}
    page = read(client.get("/").text).text
    assert "quarantine" not in page
    assert "not added" not in page


def test_of_many_domains_none_is_called_well_for_its_silence(sqlite_engine: Engine) -> None:
    domains.add(sqlite_engine, ("a.example", "b.example"), world.NOW)
    app = create_app(settings.Settings(), sqlite_engine, now=lambda: world.NOW)
    first = read(app.test_client().get("/?limit=1").text).text
    assert "No failures in 2 domains" in first
    assert "well" not in first
    assert "a.example: no report yet." in first


def test_the_order_of_many_domains_is_told(client: FlaskClient) -> None:
    said = "A domain that nobody reports about any more is not moved up."
    assert said in read(client.get("/?limit=2").text).text
    assert said not in read(client.get("/").text).text
    assert said not in read(client.get("/?limit=2&reporter=other.example").text).text  # by name there


def test_the_json_behind_the_page_is_in_its_order(client: FlaskClient) -> None:
    [link] = [link for link in read(client.get("/").text).links() if link.startswith("/api/v1/domains?order=worst")]
    assert client.get(link).status_code == 200


def test_quarantined_since(engine: Engine) -> None:
    world.fill(engine)
    assert queries.quarantined_since(engine, world.NOW - timedelta(hours=12)) == {"json": 1}
    assert queries.quarantined_since(engine, world.NOW) == {}
