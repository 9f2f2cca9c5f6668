"""Committing what was read: everything once, in groups; a database that goes away is waited for, a while."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import pytest
from sqlalchemy import Engine, event

from collector.delivery import Delivery
from collector.errors import StoreUnavailable
from collector.receive.files.pieces import Unreadable
from collector.receive.files.read import Read
from collector.receive.files.run import PAUSES, Importer, Tally
from collector.store.group import GroupCommit, Result
from tests.counting.made import result
from tests.store.made import delivery, rubbish
from tests.support import reports
from tests.support.collector import Collector

AWAY = StoreUnavailable("the database does not answer: gone")


@pytest.fixture
def collector(engine: Engine) -> Collector:
    made = Collector(engine)
    made.add("example.com")
    return made


def reads(*deliveries: Delivery) -> list[Read]:
    return [Read(f"f: mail {number}", one) for number, one in enumerate(deliveries, 1)]


@dataclass
class Flaky(GroupCommit):
    """A database of which a test says when it is away. `answers`: what becomes of the next writes."""

    engine: Engine
    answers: Iterator[Callable[[list[Result]], list[Result]]]
    sizes: list[int] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(self.engine)

    def write(self, deliveries: Sequence[Delivery]) -> list[Result]:
        self.sizes.append(len(deliveries))
        answer = next(self.answers, None)
        if answer is away:
            return [AWAY] * len(deliveries)
        results = super().write(deliveries)
        return answer(results) if answer else results

    def run(self, found: Sequence[Read | Unreadable]) -> Tally:
        tally = Tally()
        Importer(self, tally, sleep=self.slept.append).run(found)
        return tally


def away(results: list[Result]) -> list[Result]:
    """Nothing of it was written."""
    raise AssertionError("it is not asked")


def unheard(results: list[Result]) -> list[Result]:
    """All of it was written, and the connection broke before it could be said."""
    return [AWAY] * len(results)


def second_refused(results: list[Result]) -> list[Result]:
    return [results[0], StoreUnavailable("the delivery could not be written"), *results[2:]]


def test_every_outcome_is_counted(collector: Collector) -> None:
    policies = {
        name: [reports.policy_result(name, successful=count)]
        for name, count in (("example.com", 10), ("example.org", 5))
    }
    documents = [reports.report(policies["example.com"]), reports.report(policies["example.org"], report_id="2")]
    conflict = {**documents[0], "organization-name": "Another Example"}
    deliveries = [collector.read(document) for document in (*documents, conflict, documents[0])]
    found: list[Read | Unreadable] = [
        *reads(*deliveries, rubbish()),
        Read("f: mail 6", None, "no answer"),
        Unreadable("g", "no such file"),
        Read("f: mail 7", delivery(result("example.com", 10), report_id="7"), "no answer"),
    ]
    tally = Flaky(collector.engine, iter(())).run(found)
    assert tally == Tally(
        Counter(stored=2, unassigned=1, conflict=1, duplicate=1, quarantined=1),
        Counter(not_a_report=1),
        put_off=1,
        unreadable=1,
        without_key=1,
    )
    assert not tally.is_well
    assert collector.totals() == (2, 20, 0)


def test_committed_in_groups(collector: Collector) -> None:
    commits: list[int] = []
    event.listen(collector.engine, "commit", lambda _connection: commits.append(1))
    flaky = Flaky(collector.engine, iter(()))
    assert flaky.run(reads(*(delivery(report_id=f"id-{number}") for number in range(450)))).is_well
    assert flaky.sizes == [200, 200, 50]
    assert len(commits) <= 4  # one may set up the connection
    assert collector.totals() == (450, 4500, 450)


def test_a_database_that_comes_back_has_everything_once(collector: Collector) -> None:
    deliveries = [delivery(report_id=f"id-{number}") for number in range(300)]
    flaky = Flaky(collector.engine, iter([away, away, None, away]))  # type: ignore[list-item]
    assert flaky.run(reads(*deliveries)).outcomes == {"stored": 300}
    assert (flaky.sizes, flaky.slept) == ([200, 200, 200, 100, 100], [0.5, 1.0, 0.5])
    assert collector.totals() == (300, 3000, 300)


def test_a_commit_that_went_through_unheard_counts_once(collector: Collector) -> None:
    flaky = Flaky(collector.engine, iter([unheard]))
    assert flaky.run(reads(delivery(), rubbish())).outcomes == {"duplicate": 1, "quarantined": 1}
    assert collector.totals() == (1, 10, 1)


def test_a_database_that_stays_away_ends_it_and_says_where(collector: Collector) -> None:
    flaky = Flaky(collector.engine, iter([None, *[away] * 20]))  # type: ignore[list-item]
    with pytest.raises(StoreUnavailable, match=r"gone\. Stopped at f: mail 201: what stands before it is stored"):
        flaky.run(reads(*(delivery(report_id=f"id-{number}") for number in range(300))))
    assert flaky.slept == list(PAUSES)
    assert 30 < sum(PAUSES) < 120
    assert collector.totals() == (200, 2000, 200)


def test_a_delivery_that_cannot_be_written_stops_no_other(collector: Collector) -> None:
    flaky = Flaky(collector.engine, iter([second_refused]))
    tally = flaky.run(reads(*(delivery(report_id=str(number)) for number in range(3))))
    assert (tally.outcomes, tally.unreadable, flaky.slept) == ({"stored": 2}, 1, [])
