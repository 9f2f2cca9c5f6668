"""`tlsrpt import` as its users meet it."""

import json
import os
import pty
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from collector.store import queries
from collector.store.engine import Engine, open_engine
from tests.files.made import KEY_NAME, ZONE, folder, signed, unsigned
from tests.files.test_mbox import written
from tests.files.test_pieces import zipped
from tests.support import reports
from tests.support.collector import Collector
from tests.support.dns import SERVFAIL, DnsServer
from tests.support.processes import TLSRPT, environment, tlsrpt, until

MAILBOX = written([signed(number).replace(b"\r\n", b"\n") for number in (1, 2)])


@pytest.fixture
def dns() -> Iterator[DnsServer]:
    with DnsServer(ZONE) as server:
        yield server


def variables(dns: DnsServer, **more: str) -> dict[str, str]:
    given = {"TLSRPT_DOMAINS": "example.com", "TLSRPT_DNS_NAMESERVERS": str(dns.address), "TLSRPT_DNS_TIMEOUT": "1"}
    return given | more


def tree(root: Path) -> Path:
    """Eight reports, each once, as everything that can be imported."""
    document = reports.report(report_id="id-5")
    mails = folder(root, [signed(0)])
    (mails / "box").write_bytes(MAILBOX)
    for name in ("cur", "new", "tmp"):
        (mails / "maildir" / name).mkdir(parents=True)
        (mails / "maildir" / name / "1.host:2,S").write_bytes(signed({"cur": 3, "new": 4, "tmp": 99}[name]))
    (mails / "5.json").write_bytes(reports.to_json(document))
    (mails / "6.json.gz").write_bytes(reports.to_gzip({**document, "report-id": "id-6"}))
    (mails / "7.zip").write_bytes(zipped({"7.eml": signed(7)}))
    return mails


@contextmanager
def opened(folder: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{folder / 'tlsrpt.db'}")
    yield engine
    engine.dispose()


def authenticated(engine: Engine) -> list[bool]:
    return [report.authenticated for report in queries.reports(engine, limit=100).items]


def test_everything_that_can_be_imported_and_once_more(tmp_path: Path, dns: DnsServer) -> None:
    """Into a database that is not there yet."""
    path = str(tree(tmp_path / "tree"))
    given = variables(dns)
    done = tlsrpt("import", path, cwd=tmp_path, variables=given)
    assert (done.stdout, done.stderr, done.returncode) == (
        "stored 8 · conflict 0 · duplicate 0 · unassigned 0 · quarantined 0\n", "", 0,
    )  # fmt: skip
    again = tlsrpt("import", "--json", path, f"{path}/box", cwd=tmp_path, variables=given)
    assert again.returncode == 0
    assert json.loads(again.stdout) == {
        "stored": 0, "conflict": 0, "duplicate": 10, "unassigned": 0, "quarantined": 0,
        "reasons": {}, "put_off": 0, "unreadable": 0, "without_key": 0,
    }  # fmt: skip
    with opened(tmp_path) as engine:
        assert Collector(engine).totals() == (8, 80, 0)
        assert sorted(authenticated(engine)) == [False] * 2 + [True] * 6


def test_what_went_wrong_is_counted_and_gives_exit_status_1(tmp_path: Path, dns: DnsServer) -> None:
    mails = folder(tmp_path / "mails", [signed(), unsigned(1), b"hello"])
    (mails / "broken.zip").write_bytes(b"PK\x03\x04")
    done = tlsrpt("import", "--require-dkim", str(mails), cwd=tmp_path, variables=variables(dns))
    assert done.returncode == 1
    assert done.stdout == (
        "stored 1 · conflict 0 · duplicate 0 · unassigned 0 · quarantined 2 (dkim_missing 1, not_a_report 1)"
        " · unreadable 1\n"
    )
    assert "broken.zip: broken zip file: File is not a zip file" in done.stderr


def test_keys_that_could_not_be_had_are_made_up_for_by_the_next_import(tmp_path: Path, dns: DnsServer) -> None:
    path = str(folder(tmp_path / "mails", [signed(0), signed(1)]))
    dns.zone[(KEY_NAME, "TXT")] = SERVFAIL
    strict = tlsrpt("import", "--require-dkim", path, cwd=tmp_path, variables=variables(dns))
    assert strict.returncode == 1
    assert strict.stdout.endswith(" · quarantined 0 · put off 2\n")
    assert strict.stderr == "the keys of 2 could not be had from DNS just now, they were put off; import again later\n"
    first = tlsrpt("import", path, cwd=tmp_path, variables=variables(dns))
    assert (first.returncode, first.stdout[:8]) == (0, "stored 2")
    assert "they count unauthenticated; import again later" in first.stderr
    with opened(tmp_path) as engine:
        assert authenticated(engine) == [False, False]
        dns.zone[(KEY_NAME, "TXT")] = ZONE[(KEY_NAME, "TXT")]
        second = tlsrpt("import", "--require-dkim", path, cwd=tmp_path, variables=variables(dns))
        assert (second.returncode, second.stdout[:35]) == (0, "stored 0 · conflict 0 · duplicate 2")
        assert authenticated(engine) == [True, True]
        assert Collector(engine).totals() == (2, 20, 0)


@pytest.mark.parametrize(
    ("content", "stored"),
    [(MAILBOX, 2), (zipped({"a": MAILBOX, "b": signed()}), 3)],
    ids=["mbox", "zip"],
)
def test_standard_input(content: bytes, stored: int, tmp_path: Path, dns: DnsServer) -> None:
    done = subprocess.run(
        [*TLSRPT, "import", "-"], cwd=tmp_path, env=environment(**variables(dns)), input=content, capture_output=True
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"stored %d " % stored)


def test_a_path_that_is_not_there(tmp_path: Path, dns: DnsServer) -> None:
    there = str(folder(tmp_path / "mails", [signed()]))
    done = tlsrpt("import", there, "none", cwd=tmp_path, variables=variables(dns))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "tlsrpt import: Invalid value for 'PATH...': Path 'none' does not exist.\n"
    assert not (tmp_path / "tlsrpt.db").exists()


def test_postgresql_has_to_be_upgraded_first(tmp_path: Path, postgres_url: str, dns: DnsServer) -> None:
    given = variables(dns, TLSRPT_DATABASE_URL=postgres_url)
    path = str(folder(tmp_path / "mails", [signed(number) for number in range(3)]))
    refused = tlsrpt("import", path, cwd=tmp_path, variables=given)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == "the database is empty: run `tlsrpt db upgrade`\n"
    tlsrpt("db", "upgrade", cwd=tmp_path, variables=given)
    done = tlsrpt("import", path, cwd=tmp_path, variables=given)
    assert (done.returncode, done.stdout[:8]) == (0, "stored 3")


def test_what_was_committed_before_ctrl_c_stays(tmp_path: Path, dns: DnsServer) -> None:
    (tmp_path / "box").write_bytes(written([unsigned(number) for number in range(700)]))
    line, given = [*TLSRPT, "import", "box"], environment(**variables(dns))
    with subprocess.Popen(
        [*line, "-"],  # of which nothing comes
        cwd=tmp_path, env=given, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
    ) as process:  # fmt: skip
        until(lambda: _kept(tmp_path) >= 600 or None, 60, "three groups")
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        out = process.communicate(timeout=30)[0].decode()
        assert (process.returncode, out[:11]) == (130, "stored 600 ")
    assert _kept(tmp_path) == 600
    again = subprocess.run(line, cwd=tmp_path, env=given, capture_output=True, check=True)
    assert again.stdout.decode().startswith("stored 100 · conflict 0 · duplicate 600 ")


def _kept(folder: Path) -> int:
    """Deliveries in the database."""
    if not (folder / "tlsrpt.db").exists():
        return 0
    with closing(sqlite3.connect(f"file:{folder}/tlsrpt.db?mode=ro", uri=True)) as connection:
        try:
            [count] = connection.execute("SELECT count(*) FROM delivery").fetchone()
        except sqlite3.OperationalError:  # no table yet
            return 0
    return int(count)


def _seen(fd: int) -> str:
    said = b""
    try:
        while chunk := os.read(fd, 4096):
            said += chunk
    except OSError:  # that is how a terminal ends
        pass
    return said.decode()


def test_a_bar_on_a_terminal(tmp_path: Path, dns: DnsServer) -> None:
    path = str(tree(tmp_path / "tree"))
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*TLSRPT, "import", path],
        cwd=tmp_path,
        env=environment(**variables(dns)),
        stdout=subprocess.PIPE,
        stderr=theirs,
    )
    os.close(theirs)
    seen = _seen(ours)
    os.close(ours)
    out, _ = process.communicate()
    assert process.returncode == 0
    assert "[####################################]  100%" in seen
    assert out.startswith(b"stored 8 ")
    assert b"#" not in out
