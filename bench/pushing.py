"""One round of a bench: a batch of mails goes to a target, and it is measured what that took."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bench.senders import Senders
from bench.servers import Target
from collector.store import queries
from collector.store.engine import open_engine


@dataclass(frozen=True)
class Round:
    """`cpu` is milliseconds per mail of each process of the target."""

    rate: float
    cpu: tuple[float, ...]


def push(senders: Senders, target: Target, batch: int, mails: int) -> Round:
    """Sends a batch; every mail must be answered `250 ... stored`."""
    before, started = target.cpu_seconds(), time.perf_counter()
    answers = senders.send(target.port, batch)
    seconds, after = time.perf_counter() - started, target.cpu_seconds()
    assert answers == {"250 stored": mails}, answers
    cpu = tuple((then - now) / mails * 1000 for now, then in zip(before, after, strict=True))
    return Round(mails / seconds, cpu)


def tell(name: str, rounds: Sequence[Round]) -> float:
    """Prints a row; returns the median of the rates."""
    rate = statistics.median(each.rate for each in rounds)
    cpu = [statistics.median(values) for values in zip(*(each.cpu for each in rounds), strict=True)]
    parts = " + ".join(f"{part:.2f}" for part in cpu)
    each = " ".join(f"{each.rate:.0f}" for each in rounds)
    print(f"{name:22} {rate:6.0f} reports/s  {sum(cpu):.2f} ms CPU each ({parts})  rounds: {each}", flush=True)
    return rate


def cpu_of(rounds: Sequence[Round]) -> float:
    """Milliseconds of all processes per mail, the median of the rounds."""
    return statistics.median(sum(each.cpu) for each in rounds)


def check(url: str, mails: int) -> None:
    """Every mail is there, authenticated and counted."""
    engine = open_engine(url)
    try:
        found = 0
        cursor = None
        while True:
            page = queries.deliveries(engine, outcome="stored", limit=1000, cursor=cursor)
            found += sum(delivery.authenticated for delivery in page.items)
            cursor = page.next
            if cursor is None:
                break
    finally:
        engine.dispose()
    assert found == mails, found
