"""What is shown is read from a replica, a real one, unless it is away or behind; nobody misses what he has changed."""

import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import TextClause, event, text
from werkzeug.routing import Rule

from collector import settings
from collector.errors import ReplicaUnavailable
from collector.store import accounts, domains, marks, queries, startup, tokens
from collector.store.engine import Engine, open_engine, reading, writing
from collector.store.replica import Delay, Replica
from dashboard.web import create_app
from tests.support import postgres, processes, replication
from tests.web import world
from tests.web.conftest import add_token, add_user, enter

# One worker starts the two servers.
pytestmark = pytest.mark.xdist_group("replica")
MOST_BEHIND = 60


class Seconds:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


@dataclass
class Site:
    """A filled database with its replica, and how often each table was read on either."""

    pair: replication.Pair
    url: str
    engine: Engine
    replica: Replica
    clock: Seconds
    asked: dict[str, set[str]] = field(default_factory=lambda: {"database": set(), "replica": set()})

    def app(self, replica: Replica | None = None) -> Flask:
        given = settings.load(environ={})
        return create_app(given, self.engine, replica=replica or self.replica, now=world.Clock())

    def open(self) -> Replica:
        """The replica as another web server sees it."""
        found = Replica(self.engine, self.pair.read_url(self.url), most_behind=MOST_BEHIND, clock=self.clock)
        found.look()
        return found

    def watch(self) -> None:
        for where, engine in (("database", self.engine), ("replica", self.replica._engine)):
            event.listen(engine, "before_cursor_execute", self._noting(where))

    def _noting(self, where: str):  # type: ignore[no-untyped-def]
        def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            self.asked[where] |= set(re.findall(r'(?:FROM|JOIN|INTO|UPDATE) "?([a-z_]+)', statement))

        return note

    def reads(self, client: FlaskClient, path: str) -> str:
        """Where a page's own tables were read; the page has to be there."""
        for tables in self.asked.values():
            tables.clear()
        assert client.get(path).status_code == 200, path
        both = [where for where, tables in self.asked.items() if tables - WHO_ASKS]
        assert len(both) == 1, (path, self.asked)
        return both[0]


# Who is asking, and what was changed last: always read from the database itself.
WHO_ASKS = {"user", "secret", "web_session", "api_token", "change_mark"}


@pytest.fixture(scope="module")
def pair() -> Iterator[replication.Pair]:
    made = replication.pair()
    yield made
    made.remove()


@pytest.fixture(scope="module")
def url(pair: replication.Pair) -> str:
    """The world. Tests add to it what no other test asks for: to copy it for each of them takes a second."""
    url = postgres.create_database(pair.primary.admin_url)
    engine = open_engine(url)
    startup.upgrade(engine)
    world.fill(engine)
    engine.dispose()
    return url


@pytest.fixture
def site(pair: replication.Pair, url: str) -> Iterator[Site]:
    pair.catch_up()
    engine, clock = open_engine(url), Seconds()
    replica = Replica(engine, pair.read_url(url), most_behind=MOST_BEHIND, clock=clock)
    made = Site(pair, url, engine, replica, clock)
    made.watch()
    replica.look()
    yield made
    replica.close()
    engine.dispose()


@pytest.fixture
def client(site: Site) -> FlaskClient:
    return site.app().test_client()


# Pages that show what was changed just now, who may come in, or what only the collector knows.
NOT_FROM_THE_REPLICA = re.compile(
    r"(/api/v1)?/(settings|audit|users|sessions|tokens|login|healthz|readyz|domains/<domain>/setup|static)\b"
)


def shown(rule: Rule) -> bool:
    return "GET" in (rule.methods or ()) and NOT_FROM_THE_REPLICA.match(rule.rule) is None


def test_everything_that_is_only_shown_is_read_from_the_replica(site: Site) -> None:
    app = site.app()
    client = app.test_client()
    ids = world.report_ids(site.engine)
    [stored] = queries.deliveries(site.engine, outcome="stored", limit=1).items
    examples = {
        "domain": "example.com",
        "host": "mx1.example.com",
        "reporter": "reporter.example",
        "code": "certificate-expired",
        "report_id": ids["r1"],
        "delivery_id": stored.id,
        "position": 0,
        "name": "foreign.example",
    }
    built = app.url_map.bind("localhost")
    links = [built.build(rule.endpoint, examples) for rule in app.url_map.iter_rules() if shown(rule)]
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


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "tlsrpt.replica"]


def test_a_replica_that_is_too_far_behind_is_left_until_it_has_caught_up(
    site: Site, client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with site.pair.paused():
        domains.add(site.engine, ["late.example"], world.NOW)
        for seconds, where in ((30, "replica"), (29, "replica"), (2, "database"), (1, "database")):
            site.clock.at += seconds
            site.replica.look()
            assert [site.reads(client, "/domains") for _ in range(2)] == [where] * 2
        assert told(caplog) == [
            "not reading from the replica: it is 61 seconds behind, more than database.read_lag_seconds"
        ]
        assert client.get("/readyz").json == {"status": "ready", "replica": "behind"}
        assert "\ntlsrpt_replica_behind_seconds 62.0\n" in client.get("/metrics").text
    site.clock.at += 1
    site.replica.look()
    assert site.reads(client, "/domains") == "replica"
    assert told(caplog)[1:] == ["reading from the replica"]
    assert client.get("/readyz").json == {"status": "ready", "replica": "used"}
    assert "\ntlsrpt_replica_used 1.0\n" in site.app().test_client().get("/metrics").text


def test_a_replica_that_goes_away_costs_nobody_his_page(
    site: Site, client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    assert site.reads(client, "/domains") == "replica"
    site.pair.standby.stop()
    for path in ("/domains", "/domains/example.com", "/api/v1/domains"):
        assert client.get(path).status_code == 200, path
    site.replica.look()
    assert site.reads(client, "/domains") == "database"
    [line] = told(caplog)
    assert line.startswith("not reading from the replica: the replica does not answer: ")
    assert client.get("/readyz").json == {"status": "ready", "replica": "away"}
    site.pair.standby.start()
    site.pair.catch_up()
    site.replica.look()
    assert site.reads(client, "/domains") == "replica"
    assert told(caplog)[1:] == ["reading from the replica"]


def test_a_query_that_gives_way_to_the_replay_is_the_replicas_fault(site: Site) -> None:
    """So the page is made again from the database itself."""
    with psycopg.connect(site.url.replace("+psycopg", ""), autocommit=True) as direct:
        direct.execute("CREATE TABLE given AS SELECT generate_series(1, 1000)")
        site.pair.catch_up()
        query = text("SELECT count(*) FROM given")
        with pytest.raises(ReplicaUnavailable, match="conflict with recovery"):
            _ask_twice(site, query, lambda: direct.execute("DELETE FROM given") and direct.execute("VACUUM given"))
        direct.execute("DROP TABLE given")


def _ask_twice(site: Site, query: TextClause, between: Callable[[], object]) -> None:
    engine = site.replica.reader()
    assert engine is not None
    with reading(engine) as connection:
        connection.execute(query)
        between()
        site.pair.catch_up()
        connection.execute(query)


def test_a_look_that_hangs_counts_no_longer(site: Site, client: FlaskClient) -> None:
    site.clock.at += 11
    assert site.replica.standing.word == "unknown"
    assert site.reads(client, "/domains") == "database"


def test_a_replica_with_another_schema_is_left(site: Site, client: FlaskClient) -> None:
    """As it is while an upgrade is on its way there."""

    def schema(revision: str) -> None:
        with writing(site.engine) as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :to"), {"to": revision})

    schema("0001")
    with site.pair.paused():
        schema(startup.head())
        site.replica.look()
        assert site.replica.standing.word == "other schema"
        assert site.reads(client, "/domains") == "database"
    site.replica.look()
    assert site.reads(client, "/domains") == "replica"


@pytest.mark.parametrize("which", ["the database itself", "another database of the replica"])
def test_what_is_no_replica_of_the_database_is_never_read(site: Site, which: str) -> None:
    itself = which == "the database itself"
    url = site.url if itself else postgres.with_database(site.pair.standby.admin_url, "postgres")
    replica = Replica(site.engine, url, most_behind=MOST_BEHIND, clock=site.clock)
    replica.look()
    assert replica.standing.word == "no replica"
    assert replica.reader() is None
    replica.close()


MIB = 1 << 20
# (seconds, where the database is, where the replica is) -> seconds behind, and whether that is known
LOOKS = [
    ((0, 10 * MIB, 9 * MIB), (0, False)),  # it may be behind by a second or a year
    ((2, 11 * MIB, 10 * MIB), (2, True)),  # where the database was at 0
    ((4, 12 * MIB, 10 * MIB), (4, True)),  # not yet where it was at 2
    ((6, 13 * MIB, 11 * MIB), (4, True)),
    ((8, 14 * MIB, 14 * MIB), (0, True)),
    ((90, 14 * MIB, 14 * MIB), (0, True)),  # nothing was written for long: that is no delay
    ((92, 15 * MIB, 14 * MIB), (2, True)),
    ((94, 16 * MIB, 14 * MIB), (4, True)),
]


def test_the_delay_is_never_told_too_small() -> None:
    delay = Delay()
    assert [(delay.seen(*look), delay.is_known) for look, _ in LOOKS] == [told for _, told in LOOKS]


def test_the_web_server_reads_from_the_replica_of_the_settings(site: Site, tmp_path: Path) -> None:
    variables = {
        "TLSRPT_DATABASE_URL": site.url,
        "TLSRPT_DATABASE_READ_URL": site.pair.read_url(site.url),
        "TLSRPT_WEB_LISTEN": "127.0.0.1:0",
    }
    with processes.running("web", cwd=tmp_path, variables=variables) as process:
        process.says("reading from the replica")
        assert process.stop() == 0
