"""What is never counted is kept within bounds. A flood of rubbish pushes out rubbish, never reports."""

import asyncio
import logging
import random
import threading
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Engine

from collector.adopt import adopt, work_off_all
from collector.commands.schedule import jobs_of_all
from collector.delivery import Delivery, Envelope, Reason
from collector.ids import new_id
from collector.retention import job, keep_within_bounds
from collector.settings import Keep, Limits, Settings
from collector.store import domains, queries, retention
from collector.store.engine import open_engine, reading
from collector.store.startup import upgrade
from tests.support.collector import NOW, Collector
from tests.support.reports import google, mail, policy_result, report, to_gzip

NO_REPORT = Reason("not_a_report", "no report in it")
UNREADABLE = Reason("json", "this is no JSON")
UNSIGNED = Reason("dkim_missing", "no signature")
FOR_EVER = Keep(not_a_report_days=0, quarantined_days=0, foreign_days=0)


def put(collector: Collector, *deliveries: Delivery, days_ago: float = 0) -> list[UUID]:
    """Stores deliveries as if they had come so long ago, each a millisecond after the one before."""
    first = NOW - timedelta(days=days_ago)
    aged = []
    for number, delivery in enumerate(deliveries):
        at = first + timedelta(milliseconds=number)
        aged.append(replace(delivery, id=new_id(int(at.timestamp() * 1000)), received_at=at))
    for start in range(0, len(aged), 500):
        collector.deliver(*aged[start : start + 500])
    return [delivery.id for delivery in aged]


def letters(number: int, size: int = 20) -> list[Delivery]:
    made = Delivery(new_id(), NOW, Envelope("smtp"), b"x" * size, reason=NO_REPORT)
    return [made] * number


def one_of_each(collector: Collector, days_ago: float = 0) -> dict[str, UUID]:
    """Every outcome, and every kind of what is not counted."""
    made = {
        "stored": collector.read(google(successful=10)),
        "duplicate": collector.read(google(successful=10)),
        "conflict": collector.read(google(successful=11)),
        "not_a_report": letters(1)[0],
        "unreadable": replace(collector.read(mail(to_gzip(b"{"))), reason=UNREADABLE),
        "foreign": collector.read(google("foreign.example"), domain="foreign.example"),
        "readable": replace(collector.read(google(day="2026-11-01")), reason=UNSIGNED),
    }
    return dict(zip(made, put(collector, *made.values(), days_ago=days_ago), strict=True))


def left(collector: Collector, ids: dict[str, UUID]) -> set[str]:
    there = {row.id for row in queries.deliveries(collector.engine, limit=50_000).items}
    return {name for name, each in ids.items() if each in there}


def clean(collector: Collector, keep: Keep) -> dict[str, int]:
    removed = keep_within_bounds(collector.engine, keep, NOW, pause=lambda: None)
    return {kind: amount.deliveries for kind, amount in removed.items()}


COUNTED = {"stored", "duplicate", "conflict"}


@pytest.mark.parametrize(
    ("days_ago", "gone"),
    [
        (29, set()),
        (31, {"not_a_report"}),
        (89, {"not_a_report"}),
        (91, {"not_a_report", "foreign"}),
        (179, {"not_a_report", "foreign"}),
        (181, {"not_a_report", "foreign", "unreadable", "readable"}),
    ],
)
def test_by_its_age(collector: Collector, days_ago: float, gone: set[str]) -> None:
    ids = one_of_each(collector, days_ago)
    assert clean(collector, Keep()) == dict.fromkeys(gone, 1)
    assert left(collector, ids) == set(ids) - gone
    assert collector.totals() == (1, 10, 0)


def test_nothing_is_too_old_where_the_operator_says_so(collector: Collector) -> None:
    ids = one_of_each(collector, days_ago=365)
    assert clean(collector, FOR_EVER) == {}
    assert left(collector, ids) == set(ids)


def test_a_flood_of_rubbish_pushes_out_rubbish_and_no_report(collector: Collector) -> None:
    ids = one_of_each(collector, days_ago=1)
    put(collector, *letters(10_000))
    assert clean(collector, replace(FOR_EVER, deliveries=3)) == {"not_a_report": 10_001}
    assert left(collector, ids) == COUNTED | {"unreadable", "foreign", "readable"}
    assert collector.totals() == (1, 10, 0)


@pytest.mark.parametrize(
    ("most", "stays"),
    [
        (4, {"not_a_report", "unreadable", "foreign", "readable"}),
        (3, {"unreadable", "foreign", "readable"}),
        (2, {"foreign", "readable"}),
        (1, {"readable"}),
    ],
)
def test_what_is_worth_least_makes_room_first(collector: Collector, most: int, stays: set[str]) -> None:
    ids = one_of_each(collector)
    clean(collector, replace(FOR_EVER, deliveries=most))
    assert left(collector, ids) == COUNTED | stays


def test_of_one_kind_the_oldest_goes_first(collector: Collector) -> None:
    old, new = (put(collector, *letters(700), days_ago=days_ago) for days_ago in (2, 1))
    assert clean(collector, replace(FOR_EVER, deliveries=701)) == {"not_a_report": 699}
    ids = {str(each): each for each in (*old, *new)}
    assert left(collector, ids) == {str(each) for each in (old[-1], *new)}


def test_the_bytes_are_bounded_too(collector: Collector) -> None:
    ids = one_of_each(collector, days_ago=1)
    big = put(collector, *letters(10, size=100_000), days_ago=0.5)
    small = put(collector, *letters(10, size=1_000))
    keep = replace(FOR_EVER, bytes=520_000)
    assert clean(collector, keep) == {"not_a_report": 6}
    assert left(collector, ids) == set(ids) - {"not_a_report"}
    there = {row.id for row in queries.deliveries(collector.engine).items}
    assert there.issuperset([*big[5:], *small])
    assert clean(collector, keep) == {}


def test_a_batch_is_bounded_by_its_bytes(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    put(collector, *letters(5, size=retention.BATCH_BYTES // 3))
    pauses: list[None] = []
    keep_within_bounds(collector.engine, replace(FOR_EVER, deliveries=1), NOW, pause=lambda: pauses.append(None))
    assert len(pauses) >= 2  # three, and one


def test_several_schedulers_remove_no_more_than_one(collector: Collector) -> None:
    put(collector, *letters(3_000))
    removed: Counter[str] = Counter()

    def clean_up() -> None:
        removed.update(clean(collector, replace(FOR_EVER, deliveries=1_000)))

    threads = [threading.Thread(target=clean_up) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert removed == {"not_a_report": 2_000}
    assert len(queries.deliveries(collector.engine, limit=5_000).items) == 1_000


def test_a_part_that_counts_keeps_the_whole_delivery(collector: Collector) -> None:
    """Foreign as it is in part: the rest of it counts."""
    document = google()
    document["policies"] += google("foreign.example")["policies"]
    [identity] = put(collector, collector.read(document), days_ago=1000)
    assert clean(collector, Keep(deliveries=1)) == {}
    row = queries.delivery(collector.engine, identity)
    assert row is not None
    assert {part.outcome for part in row.parts} == {"stored", "unassigned"}


def test_the_scheduler_does_it(collector: Collector) -> None:
    async def once() -> float:
        return await job(replace(Settings(), keep=Keep(deliveries=2)), collector.engine).step()

    put(collector, *letters(5))
    assert job in jobs_of_all()
    assert asyncio.run(once()) == 300
    assert len(queries.deliveries(collector.engine).items) == 2


def test_one_line_says_what_was_removed(collector: Collector, caplog: pytest.LogCaptureFixture) -> None:
    one_of_each(collector, days_ago=100)
    with caplog.at_level(logging.INFO, "collector.retention"):
        clean(collector, Keep())
        clean(collector, Keep())
    [line] = [record.getMessage() for record in caplog.records]
    assert line.startswith("removed deliveries that are not counted: not_a_report 1 (20 bytes), foreign 1 (")


def test_a_file_of_sqlite_shrinks_again(tmp_path: Path) -> None:
    file = tmp_path / "new.db"  # not the template: how a file returns pages is settled when it is made
    engine = open_engine(f"sqlite:///{file}")
    upgrade(engine)
    collector = Collector(engine)
    noise = random.Random(1)
    put(collector, *[replace(letter, raw=noise.randbytes(40_000)) for letter in letters(300)])
    pages = _pages(engine)
    clean(collector, replace(FOR_EVER, deliveries=1))
    assert _pages(engine) < pages / 2
    engine.dispose()
    assert file.stat().st_size == _pages(engine) * 4096
    engine.dispose()


def _pages(engine: Engine) -> int:
    with reading(engine) as connection:
        count: int = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    return count


def test_copies_of_what_waits_are_removed_with_it_and_copies_of_what_counts_are_not(collector: Collector) -> None:
    foreign = google("foreign.example")
    for channel in ("smtp", "import", "smtp"):
        put(collector, collector.read(foreign, domain="foreign.example", channel=channel), days_ago=91)
    kept = put(collector, collector.read(google()), collector.read(google()), days_ago=91)
    assert clean(collector, replace(FOR_EVER, foreign_days=90)) == {"foreign": 3}
    assert {row.id for row in queries.deliveries(collector.engine).items} == set(kept)


def test_a_flood_of_copies_of_a_foreign_report_is_within_the_bounds(collector: Collector) -> None:
    foreign = google("foreign.example")
    put(collector, *[collector.read(foreign, domain="foreign.example") for _ in range(30)])
    clean(collector, replace(FOR_EVER, deliveries=10))
    assert len(queries.deliveries(collector.engine).items) == 10


def test_a_copy_that_outlives_its_original_counts_once_its_domain_is_known(collector: Collector) -> None:
    foreign = google("foreign.example", successful=7)
    put(collector, collector.read(foreign, domain="foreign.example"), days_ago=91)
    put(collector, *[collector.read(foreign, domain="foreign.example") for _ in range(2)], days_ago=1)
    clean(collector, replace(FOR_EVER, foreign_days=90))
    adopted = adopt(collector.engine, ["foreign.example"], now=NOW, limits=Limits())
    assert adopted["foreign.example"].reports == 1
    assert collector.totals("foreign.example") == (1, 7, 0)
    assert [row.outcome for row in queries.deliveries(collector.engine).items] == ["duplicate", "stored"]


def test_what_came_about_a_removed_domain_stays_as_long_as_if_it_came_when_that_was_removed(
    collector: Collector,
) -> None:
    put(collector, collector.read(google(successful=7)), days_ago=300)
    domains.remove(collector.engine, "example.com", NOW - timedelta(days=89))
    work_off_all(collector.engine, limits=Limits())
    keep = replace(FOR_EVER, foreign_days=90)
    assert clean(collector, keep) == {}
    collector.add("example.com")
    work_off_all(collector.engine, limits=Limits())
    assert collector.totals() == (1, 7, 0)
    domains.remove(collector.engine, "example.com", NOW - timedelta(days=91))
    work_off_all(collector.engine, limits=Limits())
    assert clean(collector, keep) == {"foreign": 1}


def test_what_a_removed_domain_leaves_to_another_is_not_removed_before_it_is_settled(collector: Collector) -> None:
    """It counted for the host until now, and counts for the domain above it in a moment (rule 9)."""
    collector.add("mx1.example.com")
    entry = policy_result("mx1.example.com", policy_type="tlsa", successful=5)
    put(collector, collector.read(report([entry]), domain="mx1.example.com"), days_ago=91)
    domains.remove(collector.engine, "mx1.example.com")
    keep = replace(FOR_EVER, foreign_days=90, deliveries=1)
    assert clean(collector, keep) == {}
    work_off_all(collector.engine, limits=Limits())
    assert clean(collector, keep) == {}
    assert collector.totals() == (1, 5, 0)
