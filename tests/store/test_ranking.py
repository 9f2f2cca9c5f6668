"""The list of domains, those in trouble first, over as many pages as it takes."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from collector.errors import UsageError
from collector.monitor.model import Observation, StsPolicy
from collector.store import published, queries
from collector.store.queries import Filter
from tests.support.collector import NOW, Collector
from tests.support.reports import detail, policy_result, report

TODAY = NOW.date()
WANTED = Filter(TODAY - timedelta(days=29), TODAY)
WORST_FIRST = [
    "worse.example",
    "bad.example",
    "unfetched.example",  # its policy cannot be fetched: trouble, and no failures known
    "over.example",  # as bad, and it is over
    "little.example",
    "unpublished.example",
    "long-ago.example",  # beyond two weeks nobody looks back
    "quiet.example",
    "well.example",
]
# A report needs no policy to count; days ago, successful, failed.
FIGURES = {
    "worse.example": (2, 50, 50),
    "bad.example": (1, 90, 10),
    "over.example": (12, 50, 50),
    "little.example": (1, 9990, 1),
    "long-ago.example": (20, 1, 99),
    "well.example": (1, 100, 0),
}


@pytest.fixture
def filled(engine: Engine) -> Engine:
    collector = Collector(engine)
    collector.add(*WORST_FIRST)
    for name, (days_ago, successful, failed) in FIGURES.items():
        day = (TODAY - timedelta(days=days_ago)).isoformat()
        result = policy_result(
            name, successful=successful, details=[detail("validation-failure", failed)] if failed else []
        )
        collector.take(report([result], report_id=name, day=day), signed_by="big.example")
    _look(collector, "unfetched.example", "timeout")
    _look(collector, "unpublished.example", "no_record")
    return engine


def _look(collector: Collector, name: str, error: str) -> None:
    policy = StsPolicy("enforce", 86400, ("mx.example",), "made")
    for days_ago, seen in ((9, Observation(NOW - timedelta(days=9), "1", policy)), (1, None)):
        at = NOW - timedelta(days=days_ago)
        seen = seen or Observation(at, None, None, error, "made")
        published.record(collector.engine, collector.id(name), seen, at + timedelta(days=1))


def names(page: queries.Page[queries.DomainOverview]) -> list[str]:
    return [row.name for row in page.items]


@pytest.mark.parametrize("limit", [1, 4, 100])
def test_the_worst_come_first_page_by_page(filled: Engine, limit: int) -> None:
    found: list[str] = []
    cursor = None
    while cursor is not None or not found:
        page = queries.domain_overview(filled, WANTED, now=NOW, limit=limit, cursor=cursor, worst_first=True)
        found += names(page)
        cursor = page.next
    assert found == WORST_FIRST
    assert queries.domains_by_level(filled, WANTED) == (3, 3, 3)


def test_what_a_reader_may_not_see_is_not_ranked_nor_counted(filled: Engine) -> None:
    only = ("well.example", "bad.example")
    page = queries.domain_overview(filled, WANTED, now=NOW, worst_first=True, only=only)
    assert names(page) == ["bad.example", "well.example"]
    assert queries.domains_by_level(filled, WANTED, only=only) == (1, 0, 1)


def test_the_period_before_is_as_long_as_the_range(filled: Engine) -> None:
    week = Filter(TODAY - timedelta(days=6), TODAY)
    found = {row.name: row for row in queries.domain_overview(filled, week, now=NOW).items}
    assert found["bad.example"].before == (0, 0)
    fortnight = Filter(TODAY - timedelta(days=11), TODAY)
    found = {row.name: row for row in queries.domain_overview(filled, fortnight, now=NOW).items}
    assert (found["over.example"].before, found["over.example"].failed) == ((100, 50), 0)
    assert found["long-ago.example"].before == (100, 99)


@pytest.mark.parametrize("cursor", ["", "?", "MA", "MCAwIA==x"])
def test_no_cursor_of_ours(filled: Engine, cursor: str) -> None:
    with pytest.raises(UsageError):
        queries.domain_overview(filled, WANTED, now=NOW, cursor=cursor, worst_first=True)
