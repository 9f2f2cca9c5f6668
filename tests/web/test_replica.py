"""What is only shown is read from a replica, a real one; and nobody misses what was changed."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from collector.store import accounts, domains, marks, queries, tokens
from collector.store.queries.alerts import alerts
from tests.support import processes
from tests.web import world
from tests.web.conftest import add_token, add_user, enter
from tests.web.replicated import WHO_ASKS, Site

# One worker starts the two servers.
pytestmark = pytest.mark.xdist_group("replica")


@pytest.fixture
def client(site: Site) -> FlaskClient:
    return site.app().test_client()


# Pages that show what was changed just now, who may come in, or what only the collector knows.
NOT_FROM_THE_REPLICA = re.compile(
    r"(/api/v1)?/(settings|audit|users|sessions|tokens|recipients|summaries|login|healthz|readyz|static|"
    r"domains/<domain>/setup)\b"
)


def shown(rule: Rule) -> bool:
    # A link with a token of its own is about changing something.
    is_link = "token" in rule.arguments
    return "GET" in (rule.methods or ()) and not is_link and NOT_FROM_THE_REPLICA.match(rule.rule) is None


def test_everything_that_is_only_shown_is_read_from_the_replica(site: Site) -> None:
    app = site.app()
    client = app.test_client()
    ids = world.report_ids(site.engine)
    [stored] = queries.deliveries(site.engine, outcome="stored", limit=1).items
    [alert] = alerts(site.engine).items
    examples = {
        "domain": "example.com",
        "host": "mx1.example.com",
        "reporter": "reporter.example",
        "code": "certificate-expired",
        "report_id": ids["r1"],
        "alert_id": alert.id,
        "delivery_id": stored.id,
        "position": 0,
        "name": "foreign.example",
    }
    built = app.url_map.bind("localhost")
    links = [
        built.build(rule.endpoint, {name: examples[name] for name in rule.arguments})
        for rule in app.url_map.iter_rules()
        if shown(rule)
    ]
    links += ["/domains/example.com?reporter=reporter.example", "/result-types?policy_type=sts"]
    seen = {link: _seen(site, client, link) for link in links}
    assert [link for link, (status, _) in seen.items() if status not in (200, 404)] == []
    # 404: asked of both. An example of an arrival is no example of a conflict.
    there = [link for link, (status, _) in seen.items() if status == 200]
    assert len(there) > 50
    assert [link for link in there if seen[link][1]] == []
    assert site.reads(client, "/") == "replica"
    assert site.reads(client, "/api/v1/domains") == "replica"


def _seen(site: Site, client: FlaskClient, link: str) -> tuple[int, set[str]]:
    """The status, and which of its own tables it read in the database itself."""
    site.asked["database"].clear()
    status = client.get(link).status_code
    return status, site.asked["database"] - WHO_ASKS


def names(client: FlaskClient, **headers: str) -> list[str]:
    found = client.get("/api/v1/domains", headers=headers).json
    return [row["domain"] for row in found["domains"]]  # type: ignore[index]


def test_a_page_shows_what_the_replica_has(site: Site, client: FlaskClient) -> None:
    with site.pair.paused():
        domains.add(site.engine, ["behind.example"], world.NOW)  # not in the dashboard
        assert "behind.example" not in names(client)
    assert "behind.example" in names(client)


def test_who_changes_something_sees_it_at_once(site: Site, client: FlaskClient) -> None:
    with site.pair.paused():
        assert client.post("/domains/mine.example/adopt").status_code == 303
        assert "mine.example" in client.get("/domains").text
        assert site.reads(client, "/domains/mine.example") == "database"
    assert site.reads(client, "/domains/mine.example") == "replica"


@pytest.fixture
def ada(site: Site) -> Iterator[accounts.User]:
    """While she is there everybody has to say who they are."""
    made = add_user(site.engine)
    yield made
    accounts.remove_user(site.engine, made.name)
    for token in tokens.tokens(site.engine):
        tokens.remove(site.engine, token.name)


def test_on_another_web_server_too_and_after_a_change_by_a_token(site: Site, ada: accounts.User) -> None:
    """Nothing that a browser or a process keeps tells what was changed: the database does."""
    other = site.open()
    shows = add_token(site.engine, "write")
    here, there = site.app().test_client(), site.app(other).test_client()
    enter(there, site.engine, ada)
    with site.pair.paused():
        assert here.post("/api/v1/domains/ours.example/adopt", headers=shows).status_code == 200
        assert "ours.example" in names(here, **shows)
        assert "ours.example" in names(there)
    other.close()


@pytest.mark.usefixtures("ada")
def test_every_change_leaves_its_mark_and_no_stranger_does(site: Site) -> None:
    client = site.app().test_client()
    seen = [marks.last(site.engine)]
    assert client.post("/domains/mine.example/adopt").status_code == 302  # to the login
    wrong = {"Authorization": "Bearer wrong"}
    assert client.post("/api/v1/domains/mine.example/adopt", headers=wrong).status_code == 401
    assert [marks.last(site.engine)] == seen
    headers = add_token(site.engine, "write")
    for _ in range(2):
        assert client.post("/api/v1/domains/mine.example/adopt", headers=headers).status_code == 200
        seen.append(marks.last(site.engine))
    assert len(set(seen)) == 3


def test_what_the_replica_does_not_know_yet_is_looked_up_in_the_database(site: Site, client: FlaskClient) -> None:
    """A link to a delivery that somebody else's POST was answered with."""
    with site.pair.paused():
        world.submit(site.engine, world.both_domains())
        [newest] = queries.deliveries(site.engine, limit=1).items
        assert client.get(f"/api/v1/deliveries/{newest.id}").status_code == 200
        domains.add(site.engine, ["known.example"], world.NOW)
        assert client.get("/domains/known.example").status_code == 200
        assert client.get("/domains/none.example").status_code == 404


def test_the_web_server_reads_from_the_replica_of_the_settings(site: Site, tmp_path: Path) -> None:
    variables = {
        "TLSRPT_DATABASE_URL": site.url,
        "TLSRPT_DATABASE_READ_URL": site.pair.read_url(site.url),
        "TLSRPT_WEB_LISTEN": "127.0.0.1:0",
    }
    with processes.running("web", cwd=tmp_path, variables=variables) as process:
        process.says("reading from the replica")
        assert process.stop() == 0
