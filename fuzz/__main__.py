"""Runs the fuzzers for FUZZ_SECONDS (120) in all, over seeds made of the cases of the tests, and sums up.

    python -m fuzz

Three quarters of the time go to mails and reports, a quarter to what domains publish. The corpora grow in `fuzz/corpus`
from run to run, finds are in `fuzz/finds`. Exit status 1 if there is any.
"""

import hashlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from fuzz import published
from tests.quirks.cases import CASES
from tests.quirks.path import arriving

HERE = Path(__file__).parent
FINDS = HERE / "finds"
_LARGEST = 16 * 1024  # bytes of an input
_STATUS = re.compile(r"#(\d+)\s+\w+\s+cov: (\d+) ft: (\d+) corp: (\d+)")


def main() -> int:
    seconds = int(os.environ.get("FUZZ_SECONDS", "120"))
    quarter = max(seconds // 4, 1)
    is_well = [
        _fuzz("mail", (arriving(case) for case in CASES), max(seconds - quarter, 1)),
        _fuzz("published", published.SEEDS, quarter),
    ]
    return 0 if all(is_well) else 1


def _fuzz(target: str, seeds: Iterable[bytes], seconds: int) -> bool:
    """Runs one fuzzer; whether nothing broke."""
    corpus, finds = HERE / "corpus" / target, FINDS / target
    for folder in (corpus, finds):
        folder.mkdir(parents=True, exist_ok=True)
    written = _write(corpus, seeds)
    start = time.time()
    command = [
        sys.executable, "-m", "fuzz.fuzzer", target, str(finds), str(corpus),
        f"-max_total_time={seconds}", f"-max_len={_LARGEST}", f"-artifact_prefix={finds}/",
        "-timeout=30", "-rss_limit_mb=1500", "-report_slow_units=5",
    ]  # fmt: skip
    last = ""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            last = line if _STATUS.match(line) else last
    found = sorted(file.name for file in finds.iterdir() if file.stat().st_mtime >= start)
    status = _STATUS.match(last)
    executions, coverage, features, kept = status.groups() if status else ("?",) * 4
    print(
        f"{target}: {executions} executions in {seconds} s from {written} seeds and what they grew into in earlier runs"
    )
    print(f"coverage {coverage}, features {features}, corpus {kept}; {len(found)} finds", *found, flush=True)
    return not found and process.returncode == 0


def _write(corpus: Path, seeds: Iterable[bytes]) -> int:
    """A file for each seed that is small enough; how many there are."""
    small = {seed for seed in seeds if len(seed) <= _LARGEST}
    for seed in small:
        (corpus / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)
    return len(small)


if __name__ == "__main__":
    sys.exit(main())
