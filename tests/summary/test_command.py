"""`tlsrpt summary`: what it prints, its exit statuses, and that `--send` never repeats."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dashboard.summary.week import week_of
from tests.support.mail_html import lint
from tests.support.processes import tlsrpt
from tests.support.relay import Relay

pytestmark = pytest.mark.xdist_group("weekly")
WEEK = ("--week", "2026-W47")


@pytest.fixture
def installed(living_file: Path, tmp_path: Path) -> dict[str, str]:
    """The environment of an installation with a past, in a database of its own."""
    shutil.copyfile(living_file, tmp_path / "tlsrpt.db")
    return {"TLSRPT_DATABASE_URL": f"sqlite:///{tmp_path}/tlsrpt.db"}


def test_it_prints_the_week_in_three_forms(installed: dict[str, str], tmp_path: Path) -> None:
    done = tlsrpt("summary", *WEEK, cwd=tmp_path, variables=installed)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Week 2026-W47: 16 Nov 2026 to 22 Nov 2026, UTC days.\n")
    done = tlsrpt("summary", *WEEK, "--format", "json", "--domain", "Example.ORG", cwd=tmp_path, variables=installed)
    found = json.loads(done.stdout)
    assert (found["week"], [one["domain"] for one in found["domains"]]) == ("2026-W47", ["example.org"])
    assert found["quarantined"] is None
    html = tlsrpt("summary", *WEEK, "--format", "html", "--language", "ja", cwd=tmp_path, variables=installed).stdout
    assert '<html lang="ja">' in html
    assert (lint(html).faults, lint(html).images) == ([], [])


def test_without_a_week_it_is_the_last_whole_one(installed: dict[str, str], tmp_path: Path) -> None:
    now = datetime.now(UTC)
    done = tlsrpt("summary", "--format", "json", cwd=tmp_path, variables=installed)
    assert json.loads(done.stdout)["week"] == str(week_of(now.date()).before)
    done = tlsrpt("summary", "--week", str(week_of(now.date())), cwd=tmp_path, variables=installed)
    assert done.returncode == 0
    assert "The week is not over: these are the figures so far." in " ".join(done.stdout.split())


NEXT_WEEK = str(week_of(datetime.now(UTC).date() + timedelta(days=8)))
WRONG = [
    (("--week", "2025-W53"), "there is no week 2025-W53"),
    (("--week", "47"), "'47' is no week such as 2026-W47"),
    (("--week", NEXT_WEEK), f"{NEXT_WEEK} begins on "),
    (("--week", NEXT_WEEK, "--send"), f"{NEXT_WEEK} begins on "),
    (("--week", str(week_of(datetime.now(UTC).date())), "--send"), "is not over: whoever got its mail now"),
    (("--domain", "unknown.example"), "unknown.example is none of the domains"),
    (("--domain", "-"), "'-' is no domain name"),
    (("--send",), "summary.recipients: nobody gets the weekly mail"),
    (("--format", "pdf"), "'pdf' is not one of"),
]


@pytest.mark.parametrize(("asked", "said"), WRONG)
def test_wrong_use_is_one_line_and_2(
    installed: dict[str, str], tmp_path: Path, asked: tuple[str, ...], said: str
) -> None:
    done = tlsrpt("summary", *asked, cwd=tmp_path, variables=installed)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_send_reaches_everybody_once(installed: dict[str, str], tmp_path: Path) -> None:
    with Relay() as relay:
        names = {name.upper().replace(".", "_"): value for name, value in relay.settings().items()}
        given = installed | {f"TLSRPT_{name}": value for name, value in names.items()}
        given |= {
            "TLSRPT_MAIL_FROM": "tlsrpt@example.com",
            "TLSRPT_SUMMARY_RECIPIENTS": "ada@example.net,bob@example.net=example.org",
        }
        send = ("summary", *WEEK, "--send")
        done = tlsrpt(*send, "--domain", "example.com", cwd=tmp_path, variables=given)
        assert (done.returncode, done.stdout) == (0, "2026-W47: sent: 1\n")
        done = tlsrpt(*send, cwd=tmp_path, variables=given)
        assert (done.returncode, done.stdout) == (0, "2026-W47: sent: 1, had it already: 1\n")
        done = tlsrpt(*send, cwd=tmp_path, variables=given)
        assert (done.returncode, done.stdout) == (0, "2026-W47: had it already: 2\n")
        assert sorted(mail.recipient for mail in relay.mails) == ["ada@example.net", "bob@example.net"]
        [ada, bob] = sorted((mail.message for mail in relay.mails), key=lambda mail: str(mail["To"]))
        assert ada["Subject"] == "TLS reports 2026-W47: 2 not ready and 2 insufficient data"
        assert bob["Subject"] == "TLS reports 2026-W47: example.org insufficient data"
        relay.answers["RCPT"] = b"450 4.2.0 greylisted\r\n"
        done = tlsrpt("summary", "--week", "2026-W46", "--send", cwd=tmp_path, variables=given)
        assert (done.returncode, done.stdout) == (1, "2026-W46: put off, to be tried again: 2\n")
