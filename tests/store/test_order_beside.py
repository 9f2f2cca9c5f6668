"""Domains come and go while reports do: nothing is counted twice or lost, whoever decides at the same time."""

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from sqlalchemy import Engine

from collector.adopt import work_off_all
from collector.auth import Authentication
from collector.delivery import Delivery, Envelope, Reason, Stored
from collector.ingest import ingest
from collector.recount import recount
from collector.settings import Limits
from collector.store import domains, queries
from collector.store.engine import open_engine
from collector.store.group import GroupCommit
from tests.support.collector import Collector
from tests.support.reports import mail, policy_result, report

LIMITS = Limits()
D, E, MX1 = "d.example", "e.example", "mx1.d.example"
SENDERS, EACH = 4, 20
UNSIGNED = Authentication(None, Reason("dkim_missing", "no signature"))


def push(collectors: list[GroupCommit], locks: list[threading.Lock], number: int) -> None:
    """One sender: reports about two domains and a host, each of them to both collectors, at the same time as others."""
    chance = random.Random(number)
    for start in range(0, EACH, 4):
        group = [delivery(f"{number}-{start + each}") for each in range(4)]
        copies = [delivery(f"{number}-{start + each}") for each in range(4)]
        for sent in (group, copies):
            which = chance.randrange(len(collectors))
            with locks[which]:
                results = collectors[which].write(sent)
            assert all(isinstance(result, Stored) for result in results), results


def delivery(report_id: str) -> Delivery:
    entries = [
        policy_result(D, successful=3),
        policy_result(MX1, policy_type="tlsa", successful=5),
        policy_result(E, successful=7),
    ]
    raw = mail(report(entries, report_id=report_id), domain=D)
    return ingest(
        raw, Envelope("smtp"), datetime.now(UTC), limits=LIMITS, dkim="record", authenticate=lambda *_: UNSIGNED
    )


def come_and_go(engine: Engine, is_over: threading.Event) -> int:
    """Adds and removes the domains, and settles, until the senders are done."""
    chance = random.Random(1)
    turns = 0
    while turns < 3 or not is_over.is_set():
        name = chance.choice([D, E, MX1])
        if not domains.add(engine, [name]):
            domains.remove(engine, name)
        if chance.random() < 0.7:
            work_off_all(engine, limits=LIMITS, is_over=is_over.is_set, pause=lambda seconds: None)
        turns += 1
    return turns


def test_domains_come_and_go_while_four_senders_push_to_two_collectors(postgres_engine: Engine) -> None:
    engines = [open_engine(postgres_engine.url.render_as_string(hide_password=False)) for _ in range(2)]
    collectors, locks = [GroupCommit(engine) for engine in engines], [threading.Lock() for _ in engines]
    is_over = threading.Event()
    senders: list[Callable[[], object]] = [
        lambda number=number: push(collectors, locks, number)  # type: ignore[misc]
        for number in range(SENDERS)
    ]
    with ThreadPoolExecutor(SENDERS + 1) as threads:
        changing = threads.submit(come_and_go, postgres_engine, is_over)
        for each in [threads.submit(sender) for sender in senders]:
            each.result()
        is_over.set()
        changing.result()
    domains.add(postgres_engine, [D, E, MX1])
    work_off_all(postgres_engine, limits=LIMITS)
    for engine in engines:
        engine.dispose()

    collector = Collector(postgres_engine)
    number = SENDERS * EACH
    assert collector.totals(D) == (number, 3 * number, 0)
    assert collector.totals(MX1) == (number, 5 * number, 0)
    assert collector.totals(E) == (number, 7 * number, 0)
    outcomes = [row.outcome for row in queries.deliveries(postgres_engine, limit=1000).items]
    assert (outcomes.count("stored"), outcomes.count("duplicate")) == (number, number)
    for name in (D, E, MX1):
        now = datetime.now(UTC)
        assert list(recount(postgres_engine, collector.id(name), name, limits=LIMITS, is_check=True, now=now)) == []
