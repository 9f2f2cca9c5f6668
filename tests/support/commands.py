"""Commands in processes of their own that need not import everything first: forked from one that has.

The forking process is started once per pytest worker and has no threads. What is special about a start from nothing
(`tlsrpt` as a shell runs it) is the business of `processes.running`.
"""

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from importlib.metadata import entry_points
from pathlib import Path

from collector import cli

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.support.commands", "tests.support.preloaded"])
_STREAMS = ("in", "out", "err")


def run(
    arguments: tuple[str, ...], cwd: Path, environment: Mapping[str, str], given: str, seconds: float
) -> "subprocess.CompletedProcess[str]":
    """One command line to its end; TimeoutExpired after `seconds`."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "in").write_text(given)
        process = _context.Process(target=_command, args=(arguments, cwd, dict(environment), folder))
        process.start()
        process.join(seconds)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(arguments, seconds)
        status = process.exitcode
        process.close()
        return subprocess.CompletedProcess(
            arguments, status, (folder / "out").read_text(), (folder / "err").read_text()
        )


def _command(arguments: tuple[str, ...], cwd: Path, environment: dict[str, str], folder: Path) -> None:
    """In the forked process: becomes what `python -m collector.cli` is."""
    os.setsid()
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    for number, name in enumerate(_STREAMS):
        opened = os.open(folder / name, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115  to the end
    sys.exit(cli.run(arguments))


def load() -> None:
    """Imports what the commands do."""
    for point in entry_points(group=cli.GROUP):
        point.load()
