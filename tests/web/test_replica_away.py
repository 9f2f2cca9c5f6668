"""A replica that is away, behind, frozen or none: then the database itself is read, and nobody notices."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from flask.testing import FlaskClient
from sqlalchemy import TextClause, text

from collector.errors import ReplicaUnavailable
from collector.store import domains, startup
from collector.store.engine import reading, writing
from collector.store.replica import Delay, Replica
from tests.support import postgres
from tests.web import world
from tests.web.replicated import MOST_BEHIND, Site

# One worker starts the two servers.
pytestmark = pytest.mark.xdist_group("replica")


@pytest.fixture
def client(site: Site) -> FlaskClient:
    return site.app().test_client()


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
    with site.pair.away():
        for path in ("/domains", "/domains/example.com", "/api/v1/domains"):
            assert client.get(path).status_code == 200, path
        assert site.replica.standing.word == "away"  # who comes later need not find it out anew
        site.replica.look()
        assert site.reads(client, "/domains") == "database"
        [line] = told(caplog)
        assert line.startswith("not reading from the replica: the replica does not answer: ")
        assert client.get("/readyz").json == {"status": "ready", "replica": "away"}
    site.replica.look()
    assert site.reads(client, "/domains") == "replica"
    assert told(caplog)[1:] == ["reading from the replica"]


def test_a_frozen_replica_keeps_nobody_waiting(
    site: Site, client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    """It breaks nothing off by itself: whoever asks there would wait until it goes on."""
    caplog.set_level(logging.INFO)
    assert site.reads(client, "/domains") == "replica"  # there is a connection
    with ThreadPoolExecutor() as pool, site.pair.frozen():
        waiting = pool.submit(client.get, "/domains/example.com")
        with pytest.raises(TimeoutError):
            waiting.result(timeout=0.5)
        site.replica.look(patience=0.1)
        assert waiting.result(timeout=10).status_code == 200
        assert site.reads(client, "/domains") == "database"
    site.replica.look()
    assert site.reads(client, "/domains") == "replica"
    assert [line.partition(":")[0] for line in told(caplog)] == [
        "not reading from the replica",
        "reading from the replica",
    ]


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
