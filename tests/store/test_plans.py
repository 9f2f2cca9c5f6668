"""How SQLite looks things up, which knows nothing of how many there are: no more is read than a page needs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event

from collector.store import queries
from collector.store.queries import Filter
from tests.support.collector import ALL, NOW, Collector
from tests.support.reports import policy_result, report

TODAY = datetime.now(UTC).date()  # ids are made by the clock


@pytest.mark.parametrize(
    ("first", "last", "expected", "index"),
    [
        (TODAY - timedelta(days=6), TODAY, ["late", "today"], "ix_report_report_id"),
        (TODAY - timedelta(days=50), TODAY - timedelta(days=40), ["long ago"], "ix_report_day_report_id"),
    ],
    ids=["the last week: as they came", "ten days of long ago: by day"],
)
def test_days_are_looked_up_where_they_are_found_sooner(
    sqlite_engine: Engine, first: date, last: date, expected: list[str], index: str
) -> None:
    collector = Collector(sqlite_engine)
    collector.add("example.com")
    for name, ago in (("long ago", 45), ("today", 0), ("late", 3), ("between", 20)):
        made = report([policy_result()], report_id=name, day=str(TODAY - timedelta(days=ago)))
        assert collector.take(made) == "stored"
    with asked(sqlite_engine) as plans:
        found = queries.reports(sqlite_engine, filter=Filter(first, last)).items
    assert [row.report_id for row in found] == expected
    assert index in plans()[-1]


def test_one_reporter_over_all_domains_has_an_index_and_a_page_of_domains_goes_by_domain(sqlite_engine: Engine) -> None:
    collector = Collector(sqlite_engine)
    collector.add("example.com")
    collector.take(report([policy_result()]), signed_by="google.example")
    with asked(sqlite_engine) as plans:
        assert queries.reporter_across(sqlite_engine, ALL, "google.example") is not None
    assert all("ix_rollup_reporter_reporter_day" in plan for plan in plans())
    with asked(sqlite_engine) as plans:
        queries.domain_overview(sqlite_engine, replace(ALL, reporter="google.example"), now=NOW)
        queries.is_known_reporter(sqlite_engine, collector.id(), "google.example")
    of_reporters = [plan for plan in plans() if "rollup_reporter" in plan]
    assert len(of_reporters) == 2
    assert all("PRIMARY KEY (domain_id=?" in plan for plan in of_reporters)


@contextmanager
def asked(engine: Engine) -> Iterator[Callable[[], list[str]]]:
    """How SQLite says that it looks up what was asked within, a text for each statement."""
    statements: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        statements.append((statement, parameters))

    def plans() -> list[str]:
        with engine.connect() as connection:
            rows = [connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values).all() for sql, values in statements]
        return ["; ".join(row.detail for row in plan) for plan in rows]

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield plans
    finally:
        event.remove(engine, "before_cursor_execute", note)
