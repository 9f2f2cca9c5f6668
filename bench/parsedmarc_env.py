"""parsedmarc, which the benches compare with, in an environment of its own: nothing of the project depends on it."""

import os
import shutil
import subprocess
import sys
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
