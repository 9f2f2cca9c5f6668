"""Adopting a domain with a large backlog, and then a host of it, while reports about others come in.

5,000 deliveries (`--full`: 100,000) wait for one domain; half of them have a `tlsa` result about its MX host too,
which is added afterwards and takes these over. Beside it one delivery after the other is committed, as a listener does.
Printed are what adopting takes for a delivery, and how long a commit beside it takes at most, against one on a quiet
database. Exit status 1 if one waits for more than 100 ms (`--no-limits`: never).

    python bench/adopt.py [--full] [--kinds sqlite] [--no-limits]
"""

import argparse
import multiprocessing
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count, islice
from multiprocessing import Queue
from multiprocessing.synchronize import Event
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.databases import KINDS, databases
from collector.adopt import adopt
from collector.auth import Authentication
from collector.delivery import Delivery, Envelope
from collector.ingest import ingest
from collector.settings import Limits
from collector.store import domains
from collector.store.engine import Engine, open_engine
from collector.store.group import GroupCommit
from collector.store.startup import upgrade
from tests.support.reports import mail, policy_result, report

SOME, ALL = 5_000, 100_000
MOST_SECONDS = 0.1
DOMAIN, HOST, OTHER = "large.example", "mx1.large.example", "other.example"
_GROUP = 200
_LIMITS = Limits()
_SIGNED = Authentication("bigmail.example")


def delivery(domain: str, number: int, *, has_host: bool) -> Delivery:
    entries = [policy_result(domain, mx=(f"mx1.{domain}",), successful=5)]
    if has_host:
        entries.append(policy_result(f"mx1.{domain}", policy_type="tlsa", successful=4))
    document = report(entries, day=f"2026-{1 + number % 10:02}-{1 + number % 28:02}", report_id=f"id-{number}")
    return ingest(
        mail(document, domain=domain),
        Envelope("smtp"),
        datetime.now(UTC),
        limits=_LIMITS,
        dkim="require",
        authenticate=lambda *_: _SIGNED,
    )


def fill(engine: Engine, number: int) -> None:
    writer = GroupCommit(engine)
    made = (delivery(DOMAIN, each, has_host=each % 2 == 0) for each in range(number))
    while some := list(islice(made, _GROUP)):
        writer.write(some)


def commit_beside(url: str, is_ready: Event, is_over: Event, seconds: "Queue[list[float]]") -> None:
    """In a process of its own, as a listener's writer is: commits a delivery, rests, and so on; how long each took."""
    engine = open_engine(url)
    writer = GroupCommit(engine)
    found: list[float] = []
    for number in count():
        one = delivery(OTHER, number, has_host=False)
        began = time.perf_counter()
        writer.write([one])
        found.append(time.perf_counter() - began)
        is_ready.set()
        if is_over.wait(0.02):
            break
    seconds.put(found)
    engine.dispose()


@contextmanager
def beside(url: str) -> Iterator[list[float]]:
    """Fills the list at its end."""
    context = multiprocessing.get_context("spawn")
    is_ready, is_over, queue = context.Event(), context.Event(), context.Queue()
    process = context.Process(target=commit_beside, args=(url, is_ready, is_over, queue))
    process.start()
    is_ready.wait(60)
    seconds: list[float] = []
    yield seconds
    is_over.set()
    seconds += queue.get(timeout=60)
    process.join()


def told(seconds: Sequence[float]) -> str:
    ordered = sorted(seconds)
    return f"median {ordered[len(ordered) // 2] * 1000:.1f} ms, longest {ordered[-1] * 1000:.0f} ms, of {len(ordered)}"


def measure(kind: str, url: str, number: int) -> bool:
    """Whether nobody waited too long."""
    engine = open_engine(url)
    upgrade(engine)
    domains.add(engine, [OTHER])
    fill(engine, number)
    with beside(url) as quiet:
        time.sleep(5)
    print(f"{kind}: a commit on a quiet database: {told(quiet)}", flush=True)
    is_well = True
    for name in (DOMAIN, HOST):
        with beside(url) as seconds:
            began, cpu = time.perf_counter(), time.process_time()
            done = adopt(engine, [name], now=datetime.now(UTC), limits=_LIMITS)[name]
            took, cpu = time.perf_counter() - began, time.process_time() - cpu
        each, ratio = cpu / done.reports * 1000, max(seconds) / max(quiet)
        print(f"{kind}: {name}: {done.reports} reports in {took:.1f} s, {each:.2f} ms of the processor for each")
        print(f"{kind}:   a commit beside it: {told(seconds)}; {ratio:.1f} times the longest of before", flush=True)
        is_well = is_well and max(seconds) <= MOST_SECONDS
    engine.dispose()
    return is_well


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--no-limits", action="store_true")
    given = parser.parse_args()
    is_well = True
    for kind in given.kinds.split(","):
        with databases(kind) as made:
            is_well = measure(kind, made.make(), ALL if given.full else SOME) and is_well
    return 0 if is_well or given.no_limits else 1


if __name__ == "__main__":
    sys.exit(main())
