"""`tlsrpt quarantine`: what is not counted is listed, shown, taken along and tried again."""

import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Engine

from collector import cli
from collector.delivery import Reason
from collector.store import queries
from tests.support import processes
from tests.support.collector import Collector
from tests.support.dns import SERVFAIL, DnsServer
from tests.support.mails import rsa_key, sign
from tests.support.reports import google, mail, multipart, policy_result, report, text_part

KEY = rsa_key()
SIGNER = "bigmail.example"
KEY_NAME = f"s1._domainkey.{SIGNER}"
HOSTILE = "=cmd\r\n\tX: \x1b[31mred \u202e"
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def dns() -> Iterator[DnsServer]:
    with DnsServer({(KEY_NAME, "TXT"): [KEY.record()]}) as server:
        yield server


@pytest.fixture
def command(sqlite_engine: Engine, dns: DnsServer, capsys: pytest.CaptureFixture[str]) -> Command:
    """`tlsrpt quarantine ...` over the test's database: (exit status, standard output, standard error)."""
    options = {"database.url": str(sqlite_engine.url), "dns.nameservers": str(dns.address), "dns.timeout": "2"}

    def run(*arguments: str, **overrides: str) -> tuple[int, str, str]:
        settings = options | {name.replace("__", "."): value for name, value in overrides.items()}
        line = [part for pair in settings.items() for part in ("--set", "=".join(pair))]
        status = cli.run([*line, "quarantine", *arguments])
        return status, *capsys.readouterr()

    return run


@pytest.fixture
def collector(sqlite_engine: Engine) -> Collector:
    made = Collector(sqlite_engine)
    made.add("example.com")
    return made


def keep(collector: Collector, raw: bytes, reason: Reason | None = None) -> UUID:
    """A delivery that came in before today, quarantined if there is a reason."""
    read = collector.read(raw)
    collector.arrivals += 1
    arrived = datetime(2026, 11, 20, 8, collector.arrivals, tzinfo=UTC)
    identity = UUID(int=int(arrived.timestamp() * 1000) << 80 | 0x7 << 76 | 0b10 << 62 | collector.arrivals)
    collector.deliver(replace(read, id=identity, received_at=arrived, reason=reason))
    return identity


@pytest.fixture
def world(collector: Collector) -> dict[str, UUID]:
    signed = sign(mail(google(successful=10), submitter=SIGNER), SIGNER, "s1", KEY)
    return {
        "counted": keep(collector, mail(google(day="2026-11-01"))),
        "conflict": keep(collector, mail(google(day="2026-11-01", successful=11))),
        "foreign": keep(collector, mail(google("foreign.example"), "foreign.example")),
        "signed": keep(collector, signed, Reason("dkim_fail", "the key was not there")),
        "unsigned": keep(collector, mail(google(day="2026-11-02")), Reason("dkim_missing", "no signature")),
        "letter": keep(collector, multipart([text_part()], [("Subject", HOSTILE)]), Reason("not_a_report", "no report")),
    }  # fmt: skip


def listed(output: str) -> list[list[str]]:
    return [line.split("\t") for line in output.splitlines()]


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ([], ["letter", "unsigned", "signed", "foreign", "conflict"]),
        (["--outcome", "quarantined"], ["letter", "unsigned", "signed"]),
        (["--outcome", "unassigned"], ["foreign"]),
        (["--outcome", "conflict"], ["conflict"]),
        (["--reason", "dkim_missing"], ["unsigned"]),
        (["--reason", "schema"], []),
    ],
)
def test_list(command: Command, world: dict[str, UUID], arguments: list[str], names: list[str]) -> None:
    status, out, _ = command("list", *arguments)
    assert (status, [row[0] for row in listed(out)]) == (0, [str(world[name]) for name in names])
    _, as_json, _ = command("list", "--json", *arguments)
    whole = json.loads(as_json)
    assert [row["id"] for row in whole["deliveries"]] == [str(world[name]) for name in names]
    assert whole["next"] is None


def test_what_a_list_tells(command: Command, world: dict[str, UUID]) -> None:
    rows = {row[0]: row[1:] for row in listed(command("list")[1])}
    assert rows[str(world["foreign"])] == [
        "2026-11-20 08:06 UTC", "unassigned", "-", "bigmail.example", "foreign.example",
    ]  # fmt: skip
    assert rows[str(world["letter"])] == ["2026-11-20 08:12 UTC", "quarantined", "not_a_report", "-", "-"]


def test_json_is_the_shape_of_the_api(command: Command, world: dict[str, UUID]) -> None:
    row = json.loads(command("list", "--json", "--reason", "dkim_fail")[1])["deliveries"][0]
    assert row == {
        "id": str(world["signed"]),
        "received_at": "2026-11-20T08:08:00Z",
        "channel": "smtp",
        "outcome": "quarantined",
        "reason": {"code": "dkim_fail", "message": "the key was not there"},
        "reporter": "bigmail.example",
        "authenticated": False,
        "domains": ["example.com"],
        "reports": [],
        "findings": row["findings"],
        "size": row["size"],
    }
    whole = json.loads(command("show", "--json", row["id"])[1])
    assert whole.items() >= row.items()
    assert whole["parts"] == [{"domain": "example.com", "outcome": "quarantined", "report": None, "position": 0}]


def test_show(command: Command, collector: Collector, world: dict[str, UUID]) -> None:
    status, out, _ = command("show", str(world["conflict"]))
    [counted] = queries.reports(collector.engine).items
    lines = out.splitlines()
    assert status == 0
    assert lines[0] == f"id: {world['conflict']}"
    assert "outcome: conflict" in lines
    assert f"part 0: example.com: conflict (report {counted.id})" in lines
    assert "TLS-Report-Submitter: reporter.example" in lines


def test_show_lets_no_stranger_write_lines(command: Command, world: dict[str, UUID]) -> None:
    _, out, _ = command("show", str(world["letter"]))
    assert "reason: not_a_report: no report" in out.splitlines()
    assert r"Subject: =cmd X: \x1b[31mred \u202e" in out.splitlines()
    assert all(line.isprintable() for line in out.splitlines())


def test_the_bytes_as_they_came(tmp_path: Path, collector: Collector) -> None:
    """As a process: bytes go to standard output, and nothing else does."""
    raw = b"\xff\x00\r\n no text at all"
    identity = keep(collector, raw, Reason("not_a_report", "no report"))
    line = [*processes.TLSRPT, "--set", f"database.url={collector.engine.url}", "quarantine", "show", "--raw"]
    done = subprocess.run([*line, str(identity)], cwd=tmp_path, env=processes.environment(), capture_output=True)
    assert (done.returncode, done.stdout) == (0, raw)


def test_retry_of_some(command: Command, collector: Collector, world: dict[str, UUID]) -> None:
    status, out, _ = command("retry", str(world["signed"]), str(world["counted"]))
    assert status == 0
    assert out.splitlines() == [f"{world['counted']} stored", f"{world['signed']} stored", "stored 2"]
    assert collector.totals() == (2, 20, 0)
    assert command("retry", str(world["signed"]))[0] == 0
    assert collector.totals() == (2, 20, 0)


def test_what_is_still_quarantined_is_not_well(command: Command, world: dict[str, UUID]) -> None:
    status, out, _ = command("retry", str(world["unsigned"]))
    assert status == 1
    assert out.splitlines()[0] == f"{world['unsigned']} quarantined (dkim_missing: The mail has no DKIM signature.)"
    assert command("retry", str(world["unsigned"]), auth__dkim="record")[0] == 0


def test_retry_by_reason(command: Command, world: dict[str, UUID]) -> None:
    assert command("retry", "--reason", "dkim_fail")[:2] == (0, "stored 1\n")
    assert command("retry", "--reason", "dkim_fail")[:2] == (0, "nothing to try again\n")


def test_retry_of_all(command: Command, collector: Collector, world: dict[str, UUID]) -> None:
    assert command("retry", "--all", auth__dkim="record")[:2] == (
        1,
        "stored 2 · conflict 1 · unassigned 1 · quarantined 1\n",
    )
    assert collector.totals() == (3, 30, 0)


def test_a_key_that_is_away(command: Command, dns: DnsServer, world: dict[str, UUID]) -> None:
    dns.zone[KEY_NAME, "TXT"] = SERVFAIL
    status, out, _ = command("retry", "--reason", "dkim_fail")
    first, last = out.splitlines()
    assert status == 1
    assert first.startswith(f"{world['signed']} quarantined, not tried: the DKIM key {KEY_NAME} could not be fetched")
    assert last == "key away 1"
    dns.zone[KEY_NAME, "TXT"] = [KEY.record()]
    assert command("retry", "--reason", "dkim_fail")[:2] == (0, "stored 1\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["retry"], "name deliveries, or a --reason, or say --all"),
        (["retry", "--all", "--reason", "json"], "name deliveries, or a --reason, or say --all"),
        (["retry", "00000000-0000-7000-8000-000000000000"], "there is no delivery 00000000"),
        (["show", "00000000-0000-7000-8000-000000000000"], "there is no delivery 00000000"),
        (["show", "17"], "'17' is not a valid UUID"),
        (["list", "--reason", "bad luck"], "'bad luck' is not one of"),
        (["list", "--outcome", "stored"], "'stored' is not one of"),
    ],
)
def test_wrong_use(command: Command, arguments: list[str], message: str) -> None:
    status, out, err = command(*arguments)
    assert (status, out) == (2, "")
    assert message in err
    assert len(err.splitlines()) == 1


def test_a_report_about_two_domains_shows_both(command: Command, collector: Collector) -> None:
    document = report([policy_result("a.example"), policy_result("b.example")])
    identity = keep(collector, mail(document, "a.example"))
    assert listed(command("list")[1])[0][5] == "a.example,b.example"
    lines = command("show", str(identity))[1].splitlines()
    assert [line for line in lines if line.startswith("part")] == [
        "part 0: a.example: unassigned",
        "part 0: b.example: unassigned",
    ]
