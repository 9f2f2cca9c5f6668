"""What the scheduler does over all domains at once: a look of the alerts, one at silence, and the weekly mail.

A hoster's domains, 2,000 and 8,000 of them (`--full`: 100,000 too, which want half an hour, 4 GB of disk and 3 GB of
memory to be made), with some 12 reports each within the last 43 days, on SQLite and PostgreSQL. Each job runs in a
fresh process.
Printed are its processor time, for all and for a domain, how long it took, and the memory it held at most beyond what
the program takes anyway. Exit status 1 if the time for a domain grows with their number (`--no-limits`: never).

    python bench/weekly.py [--full] [--kinds sqlite] [--no-limits]
"""

import argparse
import multiprocessing
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.databases import KINDS, Databases, databases
from bench.load import World, load
from collector import settings
from collector.settings import Settings
from collector.store.engine import Engine, open_engine
from dashboard.alerts import look
from dashboard.summary import compose, week

SIZES, FULL = (2_000, 8_000), 100_000
GROWTH = 1.3  # of the processor time for a domain, from the smallest number to the largest
_DAYS, _RESULTS = 43, 20  # those of a weekly mail and its evidence; policy results of a domain


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of the processor and of the clock, and MiB of memory."""

    cpu: float
    seconds: float
    memory: float


def states(engine: Engine, given: Settings, now: datetime) -> None:
    look.look(look.STATES, engine, given, (), now)


def silence(engine: Engine, given: Settings, now: datetime) -> None:
    look.look(look.SILENCE, engine, given, (), now)


def mail(engine: Engine, given: Settings, now: datetime) -> None:
    made = compose.mail(engine, given, week.last_whole(now), now=now)
    assert len(made.html) > 10_000, made.html


Work = Callable[[Engine, Settings, datetime], None]
WORK: tuple[Work, ...] = (states, silence, mail)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help=f"{FULL:,} domains too")
    parser.add_argument("--kinds", type=lambda text: tuple(text.split(",")), default=KINDS)
    parser.add_argument("--no-limits", action="store_true", help="only measure")
    arguments = parser.parse_args()
    sizes = (*SIZES, FULL) if arguments.full else SIZES
    print(f"{'':12}{'domains':>9}  {'':8}{'cpu s':>8}{'ms each':>9}{'s':>8}{'MiB':>7}")
    is_well = True
    for kind in arguments.kinds:
        with databases(kind) as make:
            found = {size: filled(make, size, kind) for size in sizes}
        is_well &= judge(found)
    return 0 if is_well or arguments.no_limits else 1


def filled(make: Databases, size: int, kind: str) -> dict[str, Cost]:
    url = make.make()
    try:
        load(url, World(size * _RESULTS, datetime.now(UTC).date(), told=_DAYS, hosted=size))
        costs = {}
        for work in WORK:
            cost = costs[work.__name__] = alone(work, url)
            print(
                f"{kind:12}{size:9,}  {work.__name__:8}{cost.cpu:8.2f}{1000 * cost.cpu / size:9.3f}"
                f"{cost.seconds:8.1f}{cost.memory:7.0f}",
                flush=True,
            )
        return costs
    finally:
        make.remove(url)


def alone(work: Work, url: str) -> Cost:
    """What it costs, in a process of its own: memory that was once held is never given back."""
    context = multiprocessing.get_context("spawn")
    hear, told = context.Pipe(duplex=False)
    process = context.Process(target=_measure, args=(work, url, told))
    process.start()
    told.close()
    cost: Cost = hear.recv()
    process.join()
    return cost


def _measure(work: Work, url: str, told: Connection) -> None:
    engine, now = open_engine(url), datetime.now(UTC)
    given = settings.load(environ={}, overrides={"web.public_url": "https://tls.example.com"})
    held, cpu, began = _peak(), time.process_time(), time.monotonic()
    work(engine, given, now)
    told.send(Cost(time.process_time() - cpu, time.monotonic() - began, _peak() - held))


def _peak() -> float:
    """MiB. What getrusage() tells of a new process is its parent's."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def judge(found: dict[int, dict[str, Cost]]) -> bool:
    """Whether nothing takes longer for a domain the more there are."""
    small, large = min(found), max(found)
    is_well = True
    for name, cost in found[large].items():
        ratio = cost.cpu / large / (found[small][name].cpu / small)
        print(f"{name:12} for a domain, {large:,} to {small:,}: {ratio:.2f} (mark: less than {GROWTH:g})")
        is_well &= ratio < GROWTH
    return is_well


if __name__ == "__main__":
    raise SystemExit(main())
