"""`tlsrpt demo`: what a newcomer sees is taken in as real reports are, and tells a story."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from collector.demo import fill
from collector.store import queries
from collector.store.queries import Filter

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
DAYS = Filter(NOW.date() - timedelta(days=89), NOW.date())


@pytest.fixture
def filled(sqlite_engine: Engine) -> Engine:
    fill(sqlite_engine, NOW)
    return sqlite_engine


def test_the_world_that_a_newcomer_sees(filled: Engine) -> None:
    overview = {row.name: row for row in queries.domain_overview(filled, DAYS, now=NOW).items}
    assert {name: row.mode for name, row in overview.items()} == {
        "example.com": "enforce",
        "example.net": "unknown",  # its policy host's certificate has expired, and the cached policy too
        "example.org": "testing",
        "xn--bcher-kva.example": "none",
    }
    assert overview["example.net"].mode_error == "tls"
    assert all(row.successful > 0 for row in overview.values())
    outcomes = Counter(row.outcome for row in queries.deliveries(filled, limit=1000).items)
    assert set(outcomes) == {"stored", "duplicate", "unassigned", "quarantined"}


def test_what_went_wrong_stands_out(filled: Engine) -> None:
    domain_id = queries.find_domain(filled, "example.com")
    assert domain_id is not None
    days = queries.daily(filled, domain_id, DAYS, now=NOW).days
    assert len(days) == 90
    assert {day.mode for day in days} == {"none", "testing", "enforce"}
    worst = max(days, key=lambda day: day.failed)
    assert 10 <= (NOW.date() - worst.day).days <= 13
    [mx2] = [row for row in queries.mx_figures(filled, domain_id, DAYS, now=NOW).mx if row.mx == "mx2.example.com"]
    assert "certificate-expired" in mx2.by_result_type
    silent = [row.reporter for row in queries.reporters(filled, domain_id, DAYS, now=NOW) if row.silent]
    assert silent == ["university.example"]


def test_it_is_the_same_every_time(filled: Engine, tmp_path_factory: pytest.TempPathFactory) -> None:
    from collector.store.engine import open_engine
    from collector.store.startup import upgrade

    again = open_engine(f"sqlite:///{tmp_path_factory.mktemp('again') / 'demo.db'}")
    upgrade(again)
    fill(again, NOW)
    figures = [
        [(row.name, row.successful, row.failed) for row in queries.domain_overview(engine, DAYS, now=NOW).items]
        for engine in (filled, again)
    ]
    again.dispose()
    assert figures[0] == figures[1]
