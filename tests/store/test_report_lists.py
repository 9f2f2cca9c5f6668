"""The list of reports about some days, on SQLite: no more of a large table is read than a page needs."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event

from collector.store import queries
from collector.store.queries import Filter
from tests.support.collector import Collector
from tests.support.reports import policy_result, report

TODAY = datetime.now(UTC).date()  # ids are made by the clock


@pytest.mark.parametrize(
    ("first", "last", "expected", "index"),
    [
        (TODAY - timedelta(days=6), TODAY, ["late", "today"], "ix_report_report_id"),
        (TODAY - timedelta(days=50), TODAY - timedelta(days=40), ["long ago"], "ix_report_content"),
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
    asked: list[tuple[str, Any]] = []
    event.listen(sqlite_engine, "before_cursor_execute", lambda *call: asked.append((call[2], call[3])))
    found = queries.reports(sqlite_engine, filter=Filter(first, last)).items
    assert [row.report_id for row in found] == expected
    statement, parameters = asked[-1]
    with sqlite_engine.connect() as connection:
        plan: Sequence[Any] = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    assert index in plan[0].detail
