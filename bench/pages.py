"""How long the pages take, asked over HTTP of a real `tlsrpt web`, however much there is.

Databases of 10,000, 1,000,000 and 10,000,000 policy results are made on SQLite and PostgreSQL, one at a time, in a
temporary folder: about 1.7 GB for each million. Of the overview, the big domain's page and its `/daily`, each over 90
days, the least, the median and the 95th percentile of many answers are printed, and the processor time of one, that of
the dashboard and of PostgreSQL together: on a busy machine the honest figure. Exit status 1 if a median is beyond its
mark, or more than twice that at 10,000 (`--no-limits`: never).

    python bench/pages.py [--sizes 10000,100000] [--kinds sqlite] [--at URL]... [--no-limits]

`--at` measures a database that is there already, one that `python -m bench.load` made.
"""

import argparse
import http.client
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sqlalchemy import make_url

from bench.databases import KINDS, Databases, cpu_ms, databases, server_of
from bench.load import BIG, World, load
from tests.support.processes import free_port, listens, running, until

SIZES = (10_000, 1_000_000, 10_000_000)
MARKS = ((1_000_000, 100.0), (10_000_000, 300.0))  # up to so many results: milliseconds
RATIO = 2.0  # of the largest size up to 1,000,000 to the smallest
DAYS = 90
_ASKED = 41
_WARM = 3
Medians = dict[str, float]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=lambda text: tuple(map(int, text.split(","))), default=SIZES)
    parser.add_argument("--kinds", type=lambda text: tuple(text.split(",")), default=KINDS)
    parser.add_argument("--at", action="append", default=[], metavar="URL", help="measure this one only")
    parser.add_argument("--no-limits", action="store_true", help="only measure")
    arguments = parser.parse_args()
    print(f"{'':12}{'results':>12}  {'':10}{'least ms':>10}{'median ms':>10}{'p95 ms':>10}{'mark':>8}{'cpu ms':>9}")
    for url in arguments.at:
        measure(url, make_url(url).get_backend_name(), 0, server_of(url))
    if arguments.at:
        return 0
    is_well = True
    for kind in arguments.kinds:
        with databases(kind) as make:
            found = {size: filled(make, size, kind) for size in sorted(arguments.sizes)}
        is_well &= judge(found)
    return 0 if is_well or arguments.no_limits else 1


def filled(make: Databases, size: int, kind: str) -> Medians:
    url = make.make()
    try:
        loaded = load(url, World(size, datetime.now(UTC).date()))
        print(
            f"{kind:12}{size:12,}  {loaded.reports:,} reports about {loaded.domains:,} domains, {loaded.seconds:.0f} s"
        )
        return measure(url, kind, size, make.pid)
    finally:
        make.remove(url)


def measure(url: str, kind: str, size: int, server: int | None = None) -> Medians:
    """Prints a row for each page; the medians in milliseconds. `server`: PostgreSQL's process, where it is ours."""
    mark = next((limit for most, limit in MARKS if size <= most), MARKS[-1][1])
    medians: Medians = {}
    with website(url) as (port, pid):
        for name, path in paths(datetime.now(UTC).date()).items():
            before = cpu_ms(pid, server)
            times = ask(port, path)
            cpu = (cpu_ms(pid, server) - before) / (_WARM + _ASKED)
            medians[name] = statistics.median(times)
            walls = (min(times), medians[name], statistics.quantiles(times, n=20)[-1])
            told = "".join(f"{wall:10.1f}" for wall in walls)
            print(f"{kind:12}{size:12,}  {name:10}{told}{mark:8g}{cpu:9.1f}", flush=True)
    return medians


def paths(today: date) -> dict[str, str]:
    span = f"from={today - timedelta(days=DAYS - 1)}&to={today}"
    return {
        "overview": f"/?{span}",
        "domain": f"/domains/{BIG}?{span}",
        "daily": f"/api/v1/domains/{BIG}/daily?{span}",
    }


@contextmanager
def website(url: str) -> Iterator[tuple[int, int]]:
    """`tlsrpt web` over a database: its port on loopback, and its process."""
    port = free_port()
    variables = {"TLSRPT_DATABASE_URL": url, "TLSRPT_WEB_LISTEN": f"127.0.0.1:{port}"}
    with tempfile.TemporaryDirectory() as folder, running("web", cwd=Path(folder), variables=variables) as process:
        until(lambda: listens(port), 30, "the dashboard", alive=process.process)
        yield port, process.process.pid
        process.stop()


def ask(port: int, path: str) -> list[float]:
    """Milliseconds until each answer is here as a whole, over one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    times = []
    for number in range(_WARM + _ASKED):
        begin = time.perf_counter()
        connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{path} answers {answer.status}: {body[:300]!r}")
        if number >= _WARM:
            times.append((time.perf_counter() - begin) * 1000)
    connection.close()
    return times


def judge(found: dict[int, Medians]) -> bool:
    """Whether every median is within its mark and its ratio."""
    is_well = all(
        median <= next((limit for most, limit in MARKS if size <= most), MARKS[-1][1])
        for size, medians in found.items()
        for median in medians.values()
    )
    compared: Sequence[int] = [size for size in found if size <= MARKS[0][0]]
    if len(compared) > 1:
        small, large = min(compared), max(compared)
        for name, median in found[large].items():
            ratio = median / found[small][name]
            print(f"{name:12} {large:,} to {small:,}: {ratio:.2f} (mark: less than {RATIO:g})")
            is_well &= ratio < RATIO
    return is_well


if __name__ == "__main__":
    raise SystemExit(main())
