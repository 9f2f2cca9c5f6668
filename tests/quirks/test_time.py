"""Reading is bounded in time, whatever comes: no case takes long, and what is made to take long does not either."""

import gzip
import time
from collections.abc import Callable

import pytest

from collector.delivery import Envelope
from collector.ingest import ingest
from tests.quirks import Case
from tests.quirks.cases import CASES
from tests.quirks.json_cases import TEXT, count, more, reason
from tests.quirks.keys import AUTHENTICATE
from tests.quirks.path import LIMITS, arriving
from tests.support.collector import NOW

MIB = 1024 * 1024
SECONDS = 0.5  # of this thread, for what a report may look like
MOST_SECONDS = 3.0  # for 20 MiB of what none looks like

# Nearly as much as a report may have, of what some step goes over once more.
LARGE: dict[str, Callable[[], bytes]] = {
    "digits": lambda: count(b"9" * (19 * MIB)),
    "digits in a string": lambda: count(b'"' + b"9" * (19 * MIB) + b'"'),
    "lone surrogates": lambda: reason(b"\\ud83d" * (19 * MIB // 6)),
    "escaped backslashes before surrogates": lambda: reason(b"\\\\\\ud83d" * (19 * MIB // 8)),
    "escaped quotation marks": lambda: reason(b'\\"' * (19 * MIB // 2)),
    "NUL": lambda: reason(b"\\u0000" * (19 * MIB // 6)),
    "no UTF-8": lambda: reason(b"\xff" * (6 * MIB)),
    "arrays without an end": lambda: more(b'"x": ' + b"[" * (19 * MIB)),
    "blanks": lambda: TEXT + b" " * (19 * MIB),
    "one long line of a policy": lambda: TEXT.replace(b"mode: enforce", b"mode: enforce; " * MIB),
    "joined fields": lambda: TEXT.replace(b"mode: enforce", b"mx: a " * (3 * MIB)),
    "a policy-string of many brackets": lambda: TEXT.replace(b"mode: enforce", b"[" * (19 * MIB)),
    "a long date": lambda: TEXT.replace(b"T00:00:00Z", b"T00:00:00." + b"9" * (19 * MIB) + b"Z"),
    "a long domain": lambda: TEXT.replace(b'"policy-domain": "', b'"policy-domain": "' + b"a." * (9 * MIB)),
    "a long address": lambda: TEXT.replace(b"192.0.2.25", b"1." * (9 * MIB)),
    "a long contact": lambda: TEXT.replace(b"tls-reports@", b"@" * (19 * MIB)),
}


def seconds(raw: bytes, channel: str = "import") -> float:
    begin = time.thread_time()
    ingest(raw, Envelope(channel), NOW, limits=LIMITS, dkim="require", authenticate=AUTHENTICATE)
    return time.thread_time() - begin


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_case(case: Case) -> None:
    assert seconds(arriving(case), case.channel) < SECONDS


@pytest.mark.parametrize("text", LARGE.values(), ids=LARGE)
def test_a_large_one(text: Callable[[], bytes]) -> None:
    assert seconds(gzip.compress(text(), 1)) < MOST_SECONDS
