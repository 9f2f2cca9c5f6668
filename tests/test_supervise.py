"""The supervisor over real processes: it restarts what dies, gives up on what cannot work, and leaves nobody behind."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from collector.supervise import Child, Patience, Supervisor
from tests.support.processes import Running, environment, until

QUICK = Patience(first_pause=0.05, longest_pause=0.2, steady=60, stop=5)

# Writes its pid as a line into the file named by its first argument, then does the second.
NOTE = "import os, sys, time, signal; open(sys.argv[1], 'a').write(f'{os.getpid()}\\n'); "
WAIT = NOTE + "time.sleep(60)"
DIE = NOTE + "sys.exit(7)"
WRONG = NOTE + "sys.exit(2)"
STUBBORN = NOTE + "signal.signal(signal.SIGTERM, signal.SIG_IGN); open(sys.argv[1] + '.deaf', 'w'); time.sleep(60)"


def child(name: str, program: str, folder: Path) -> Child:
    return Child(name, [sys.executable, "-c", program, str(folder / name)])


def pids(folder: Path, name: str) -> list[int]:
    file = folder / name
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def supervise(children: list[Child], then: Callable[[Supervisor], Awaitable[None]], patience: Patience = QUICK) -> int:
    async def both() -> int:
        supervisor = Supervisor(children, patience=patience)
        running = asyncio.create_task(supervisor.run())
        await then(supervisor)
        return await running

    return asyncio.run(both())


async def wait_for(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.02)


def test_all_end_when_told_to(tmp_path: Path) -> None:
    async def then(supervisor: Supervisor) -> None:
        await wait_for(lambda: bool(pids(tmp_path, "a") and pids(tmp_path, "b")))
        supervisor.stop()

    assert supervise([child("a", WAIT, tmp_path), child("b", WAIT, tmp_path)], then) == 0
    assert not any(alive(pid) for pid in pids(tmp_path, "a") + pids(tmp_path, "b"))


def test_what_dies_is_started_again_and_the_others_do_not_notice(tmp_path: Path) -> None:
    async def then(supervisor: Supervisor) -> None:
        await wait_for(lambda: len(pids(tmp_path, "dies")) >= 3)
        await wait_for(lambda: len(pids(tmp_path, "stays")) == 1)
        os.kill(pids(tmp_path, "stays")[0], signal.SIGKILL)
        await wait_for(lambda: len(pids(tmp_path, "stays")) == 2)
        supervisor.stop()

    assert supervise([child("dies", DIE, tmp_path), child("stays", WAIT, tmp_path)], then) == 0
    assert len(pids(tmp_path, "stays")) == 2


def test_a_wrong_configuration_stops_everything(tmp_path: Path) -> None:
    async def then(_: Supervisor) -> None:
        return

    assert supervise([child("wrong", WRONG, tmp_path), child("other", WAIT, tmp_path)], then) == 2
    assert len(pids(tmp_path, "wrong")) == 1
    assert not any(alive(pid) for pid in pids(tmp_path, "other"))


def test_who_does_not_end_in_time_is_killed(tmp_path: Path) -> None:
    async def then(supervisor: Supervisor) -> None:
        await wait_for((tmp_path / "deaf.deaf").exists)
        supervisor.stop()

    patience = Patience(first_pause=0.05, longest_pause=0.2, steady=60, stop=0.5)
    assert supervise([child("deaf", STUBBORN, tmp_path)], then, patience) == 1
    assert not any(alive(pid) for pid in pids(tmp_path, "deaf"))


PARENT = """
import asyncio, sys
from collector.supervise import Child, Supervisor
program = '''
import os, time
from collector.cli import run, tlsrpt
import click
@click.command()
def wait():
    \"\"\"Waits.\"\"\"
    print("child", os.getpid(), flush=True)
    time.sleep(60)
tlsrpt.add_command(wait)
tlsrpt.get_command = lambda ctx, name: wait
run(["--supervised", "wait"])
'''
asyncio.run(Supervisor([Child("wait", [sys.executable, "-c", program])]).run())
"""


def test_children_do_not_outlive_a_supervisor_that_was_killed(tmp_path: Path) -> None:
    with Running([sys.executable, "-c", PARENT], tmp_path, environment()) as parent:
        pid = int(parent.says("child").split()[1])
        assert alive(pid)
        parent.process.kill()
        until(lambda: not alive(pid), 10, "the child to end")
