"""A full disk: senders keep their mails, nothing is damaged, and it goes on by itself when there is room."""

import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from collector.store.engine import open_engine
from tests.faults.collector import Collector
from tests.faults.pushing import check, pushing

DISK = "6m"
FILLER = 4 * 1024 * 1024  # bytes that something else takes, and gives back


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small file system of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "none", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip("a small disk cannot be made here: mount needs to be root, outside of a closed container")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk_puts_senders_off_and_loses_nothing(disk: Path, tmp_path: Path) -> None:
    file = disk / "tlsrpt.db"
    collector = Collector(f"sqlite:///{file}", tmp_path)
    collector.upgrade()
    filler = disk / "filler"
    filler.write_bytes(bytes(FILLER))
    with collector.run() as process, pushing(collector.port) as push:
        process.says("SMTP on")
        push.until_put_off(8)
        assert len(push.sent) > 10
        with sqlite3.connect(file) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        connection.close()
        filler.unlink()
        push.until_taken(20)
        push.stop()
        assert process.stop() == 0
    assert "Traceback" not in "".join(process.stderr)
    engine = open_engine(collector.url)
    check(engine, push)
    engine.dispose()
