"""How many mails there are makes no difference to how much memory it takes."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.files.made import unsigned
from tests.files.test_mbox import LINE
from tests.files.test_pieces import zipped
from tests.support.processes import environment

MAILS = 3000
# Prints the peak of resident memory, KiB, after 500 deliveries and at the end; both halves of the work in one process.
_PROGRAM = """
import re, sys, time
from pathlib import Path
from collector.receive.files.read import Reading, Terms
from collector.receive.files.run import Importer, Tally
from collector.settings import Dns, Limits
from collector.store.engine import open_engine
from collector.store.group import GroupCommit
from collector.store.startup import upgrade

def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])

def counted(items):
    for number, item in enumerate(items):
        if number == 500:
            print(peak())
        yield item

engine = open_engine(f"sqlite:///{sys.argv[1]}/tlsrpt.db")
upgrade(engine)
reading = Reading([sys.argv[2]], sys.stdin.buffer, Terms(Dns(), Limits(), "off", False))
tally = Tally()
Importer(GroupCommit(engine), tally, sleep=time.sleep).run(counted(reading))
print(peak(), sum(tally.outcomes.values()))
"""


@pytest.mark.parametrize("kind", ["mbox", "zip"])
def test_memory_does_not_grow_with_the_number_of_mails(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "many"
    mails = [unsigned(number) for number in range(MAILS)]
    if kind == "mbox":
        path.write_bytes(b"".join(LINE + mail + b"\n" for mail in mails))
    else:
        path.write_bytes(zipped({f"{number}.eml": mail for number, mail in enumerate(mails)}))
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(tmp_path), str(path)],
        env=environment(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    early, late, count = map(int, done.stdout.split())
    assert count == MAILS
    assert late - early < 16 * 1024
