"""parsedmarc, which the benches compare with, in an environment of its own: nothing of the project depends on it."""

import os
import pickle
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

VERSION = "11.1.0"
_SECONDS = 600


def environment() -> Path | None:
    """The folder with the environment's programs; made on the first call, below the user's cache folder.

    None where parsedmarc cannot be had; what was done and what went wrong is printed.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = (
        cache / "tlsrpt-dashboard-bench" / f"parsedmarc-{VERSION}-py{sys.version_info.major}{sys.version_info.minor}"
    )
    if (folder / "bin" / "parsedmarc").exists():
        return folder / "bin"
    print(f"installing parsedmarc {VERSION} into {folder}, once", flush=True)
    for line in (
        [sys.executable, "-m", "venv", str(folder)],
        [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
         f"parsedmarc[postgresql]=={VERSION}"],
    ):  # fmt: skip
        try:
            done = subprocess.run(line, capture_output=True, text=True, timeout=_SECONDS)
            failed = done.returncode and (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
        except (OSError, subprocess.TimeoutExpired) as error:
            failed = str(error)
        if failed:
            print(f"parsedmarc cannot be had: {failed}", flush=True)
            shutil.rmtree(folder, ignore_errors=True)
            return None
    return folder / "bin"


Parse = Callable[[Sequence[bytes]], float]


@contextmanager
def parsing() -> Iterator[Parse | None]:
    """Mails in, mails per second out, by a process that parses them from memory. None where it cannot be had."""
    programs = environment()
    if programs is None:
        yield None
        return
    script = Path(__file__).with_name("parsedmarc_parse.py")
    process = subprocess.Popen(
        [programs / "python", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )
    orders, answers = process.stdin, process.stdout
    assert orders is not None
    assert answers is not None
    assert answers.readline() == "ready\n"

    def parse(mails: Sequence[bytes]) -> float:
        with tempfile.NamedTemporaryFile() as file:
            file.write(pickle.dumps(list(mails)))
            file.flush()
            orders.write(f"{file.name}\n")
            return len(mails) / float(answers.readline())

    try:
        yield parse
    finally:
        orders.close()
        process.wait(60)
        answers.close()
