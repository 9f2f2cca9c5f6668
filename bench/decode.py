"""How long from the bytes of a mail to a `Report`: parts, gunzip, JSON, normalising, schema; no DKIM.

Prints the least of three medians over many rounds. Marks: typical 0.18 ms, large 6 ms; exit status 1 beyond them.

    python bench/decode.py [--no-limits]
"""

import argparse
import gc
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from collector.report.search import search
from collector.settings import Limits
from tests.support import reports

MARKS = {"typical": 180.0, "large": 6_000.0}  # microseconds
SECONDS = 0.7  # for each median
MEDIANS = 3


def _details(count: int, first: int) -> list[dict[str, Any]]:
    """No two alike: many sending hosts, half of them IPv6, and a dozen receiving ones."""
    return [
        reports.detail(
            "certificate-expired" if number % 3 else "starttls-not-supported",
            number % 7 + 1,
            sending_mta_ip=f"2001:db8::{number:x}" if number % 2 else f"192.0.{number // 250 % 250}.{number % 250}",
            receiving_ip=f"198.51.100.{number % 12}",
            receiving_mx_hostname=f"mx{number % 12}.example.com",
            failure_reason_code=f"reason {number % 11}",
        )
        for number in range(first, first + count)
    ]


def documents(first: int) -> dict[str, dict[str, Any]]:
    """The reports of one round; `first` makes their addresses new, so that no cache knows them."""
    result = reports.policy_result
    irregular = reports.microsoft()
    for entry in irregular["policies"]:
        entry["failure-details"] = [{"result-type": "certificate-expired", "failed-session-count": 1}] * 1000
    return {
        "small": reports.report([result()]),
        "typical": reports.report([result(details=_details(4, first)), result(details=_details(4, first + 4))]),
        "Microsoft": reports.microsoft(failed=2),
        "large": reports.report([result(details=_details(1000, first)), result(details=_details(1000, first + 1000))]),
        "large, irregular": irregular,
    }


def measure(mails: Sequence[bytes]) -> float:
    """Median microseconds for one mail: of the processor, so that a busy machine measures the same."""
    limits = Limits()
    times: list[int] = []
    end = time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        raw = mails[len(times) % len(mails)]
        begin = time.thread_time_ns()
        found = search(raw, "smtp", limits=limits)
        times.append(time.thread_time_ns() - begin)
        if found.refusal is not None:
            raise SystemExit(f"a made report was refused: {found.refusal}")
    return statistics.median(times) / 1000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--no-limits", action="store_true", help="measure only")
    arguments = parser.parse_args()
    rounds = [documents(10_000 * number) for number in range(1, 6)]
    mails = {name: [reports.mail(documents[name]) for documents in rounds] for name in rounds[0]}
    sizes = {name: len(reports.to_json(document)) for name, document in rounds[0].items()}
    del rounds  # or the collector of garbage walks over them again and again
    gc.collect()
    is_slow = False
    print(f"{'report':20}{'mail bytes':>12}{'JSON bytes':>12}{'µs':>10}{'mark':>10}")
    for name in mails:
        median = min(measure(mails[name]) for _ in range(MEDIANS))  # others may want the processor now and then
        mark = MARKS.get(name)
        is_slow |= mark is not None and median > mark
        print(f"{name:20}{len(mails[name][0]):12}{sizes[name]:12}{median:10.0f}{mark or '-':>10}")
    return 1 if is_slow and not arguments.no_limits else 0


if __name__ == "__main__":
    raise SystemExit(main())
