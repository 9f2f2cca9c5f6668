"""Runs the fuzzer for FUZZ_SECONDS (120) over seeds made of the cases of tests/quirks, and sums up.

    python -m fuzz

The corpus grows in `fuzz/corpus` from run to run, finds are in `fuzz/finds`. Exit status 1 if there is any.
"""

import hashlib
import os
import re
import subprocess
import sys
import time
from pathlib import Path

from tests.quirks.cases import CASES
from tests.quirks.path import arriving

HERE = Path(__file__).parent
CORPUS, FINDS = HERE / "corpus", HERE / "finds"
_LARGEST = 16 * 1024  # bytes of an input
_STATUS = re.compile(r"#(\d+)\s+\w+\s+cov: (\d+) ft: (\d+) corp: (\d+)")


def main() -> int:
    seconds = int(os.environ.get("FUZZ_SECONDS", "120"))
    for folder in (CORPUS, FINDS):
        folder.mkdir(exist_ok=True)
    seeds = _write_seeds()
    start = time.time()
    command = [
        sys.executable, "-m", "fuzz.mail", str(FINDS), str(CORPUS),
        f"-max_total_time={seconds}", f"-max_len={_LARGEST}", f"-artifact_prefix={FINDS}/",
        "-timeout=30", "-rss_limit_mb=1500", "-report_slow_units=5",
    ]  # fmt: skip
    last = ""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            last = line if _STATUS.match(line) else last
    finds = sorted(file.name for file in FINDS.iterdir() if file.stat().st_mtime >= start)
    found = _STATUS.match(last)
    executions, coverage, features, corpus = found.groups() if found else ("?",) * 4
    print(f"{executions} executions in {seconds} s from {seeds} seeds and what they grew into in earlier runs")
    print(f"coverage {coverage}, features {features}, corpus {corpus}; {len(finds)} finds", *finds)
    return 1 if finds or process.returncode else 0


def _write_seeds() -> int:
    """A file for each small case that is a mail or a file of one."""
    mails = {arriving(case) for case in CASES}
    small = [mail for mail in mails if len(mail) <= _LARGEST]
    for mail in small:
        (CORPUS / hashlib.sha256(mail).hexdigest()[:16]).write_bytes(mail)
    return len(small)


if __name__ == "__main__":
    sys.exit(main())
