"""Reading in a process of its own gives the same in the same order, and leaves no process behind."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from collector.errors import TemporaryError
from collector.ids import new_id
from collector.receive.files.apart import Apart, Task
from collector.receive.files.pieces import Unreadable
from collector.receive.files.read import Read, Reading, Terms
from tests.files.made import NOW, ZONE, folder, signed, terms, unsigned
from tests.files.test_mbox import written
from tests.support.dns import DnsServer
from tests.support.processes import environment, until

ONE = new_id()


def plain(read: Read | Unreadable) -> object:
    """Without what differs from one reading to the next."""
    if isinstance(read, Unreadable) or read.delivery is None:
        return read
    return replace(read, delivery=replace(read.delivery, id=ONE, received_at=NOW))


def children() -> list[int]:
    """The reading processes of this one, which may have others: a database of the tests, for instance."""
    all_of_them = [int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()]
    return [pid for pid in all_of_them if b"collector.receive.files.apart" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def apart(paths: list[str], how: Terms) -> Apart:
    return Apart(Task(tuple(paths), how, "error"))


def test_the_same_in_the_same_order(tmp_path: Path) -> None:
    mails = [signed(), unsigned(1), b"rubbish", signed(3).replace(b"aggregate", b"AGGREGATE"), b"large " * 100_000]
    paths = [str(folder(tmp_path / "many", mails * 12)), str(tmp_path / "gone")]
    with DnsServer(ZONE) as dns, open(os.devnull, "rb") as nothing:  # noqa: PTH123
        for how in (terms(dns), terms(dns, strict=True)):
            here, there = Reading(paths, nothing, how), apart(paths, how)
            found = [plain(read) for read in here]
            assert [plain(read) for read in there] == found
            assert there.done == here.done > 0
    assert len(found) == 61
    assert isinstance(found[-1], Unreadable)
    assert children() == []


@pytest.fixture
def large(tmp_path: Path) -> str:
    """A mailbox of which not all can be on its way at once."""
    path = tmp_path / "box"
    path.write_bytes(written([b"Subject: x\n\n" + b"rubbish " * 5000] * 1000))
    return str(path)


def test_closing_ends_the_process_in_the_middle(large: str) -> None:
    with DnsServer(ZONE) as dns:
        reading = apart([large], terms(dns))
        reads = iter(reading)
        for _ in range(300):
            next(reads)
        assert len(children()) == 1
        assert reading.done < os.stat(large).st_size / 2  # noqa: PTH116
        reads.close()
    assert children() == []


def test_a_process_that_was_killed_is_an_error_and_no_endless_wait(large: str) -> None:
    with DnsServer(ZONE) as dns:
        reads = iter(apart([large], terms(dns)))
        next(reads)
        os.kill(children()[0], signal.SIGKILL)
        with pytest.raises(TemporaryError, match="the reading process was killed"):
            for _ in reads:
                pass
    assert children() == []


_PARENT = """
import sys, time
from collector.receive.files.apart import Apart, Task
from collector.receive.files.read import Terms
from collector.settings import Dns, Limits
reads = iter(Apart(Task((sys.argv[1],), Terms(Dns(), Limits(), "off", False), "error")))
next(reads)
time.sleep(60)
"""


def test_the_process_ends_with_its_parent(large: str) -> None:
    """However that went: the other end of the socket is closed."""
    with subprocess.Popen([sys.executable, "-c", _PARENT, large], env=environment()) as parent:
        found = until(lambda: _child_of(parent.pid), 20, "the process")
        parent.kill()
    until(lambda: not _runs(found) or None, 20, "its end")


def _child_of(pid: int) -> int | None:
    try:
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return None
    return int(found[0]) if found else None


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
