"""`tlsrpt fetch` as a process, and fetching by the clock under `tlsrpt schedule`."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from collector.errors import StoreUnavailable
from collector.receive.imap.job import FetchJob
from tests.imap.dovecot import HOST, PASSWORD
from tests.imap.mailbox import Mailbox, mail
from tests.imap.proxy import Proxy
from tests.imap.test_put_off import SomeKeys, signed
from tests.support.dns import SERVFAIL, DnsServer
from tests.support.processes import free_port, running, tlsrpt, until

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def environment(mailbox: Mailbox) -> dict[str, str]:
    """The settings under which this mailbox is fetched from, over TLS."""
    return {
        "TLSRPT_DATABASE_URL": mailbox.engine.url.render_as_string(hide_password=False),
        "TLSRPT_DOMAINS": "example.com",
        "TLSRPT_AUTH_DKIM": "off",
        "TLSRPT_IMAP_HOST": HOST,
        "TLSRPT_IMAP_PORT": str(mailbox.dovecot.tls_port),
        "TLSRPT_IMAP_CA_FILE": str(mailbox.dovecot.ca_file),
        "TLSRPT_IMAP_USER": mailbox.user,
        "TLSRPT_IMAP_PASSWORD": PASSWORD,
    }


def line(more: str = "", *, stored: int = 0, duplicate: int = 0) -> str:
    """The closing line, all outcomes in it."""
    counts = f"stored {stored} · conflict 0 · duplicate {duplicate} · unassigned 0 · quarantined 0"
    return f"{counts} · {more}\n" if more else f"{counts}\n"


def test_one_pass(stored_mailbox: Mailbox, tmp_path: Path) -> None:
    variables = environment(stored_mailbox)
    stored_mailbox.put([mail(1), mail(2), mail(1)])
    done = tlsrpt("fetch", cwd=tmp_path, variables=variables)
    assert (done.returncode, done.stdout) == (0, line(stored=2, duplicate=1))
    done = tlsrpt("fetch", cwd=tmp_path, variables=variables | {"TLSRPT_LOG_LEVEL": "warning"})
    assert (done.returncode, done.stdout, done.stderr) == (0, line(), "")


def test_no_server_is_wrong_use(tmp_path: Path) -> None:
    done = tlsrpt("fetch", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (2, "imap.host: there is no server to fetch from\n")


def test_what_goes_wrong_is_one_line(mailbox: Mailbox, tmp_path: Path) -> None:
    base = {
        "TLSRPT_IMAP_HOST": HOST,
        "TLSRPT_IMAP_SECURITY": "none",
        "TLSRPT_IMAP_PORT": str(mailbox.dovecot.port),
        "TLSRPT_IMAP_USER": mailbox.user,
        "TLSRPT_IMAP_PASSWORD": PASSWORD,
        "TLSRPT_LOG_LEVEL": "debug",
    }
    for wrong, says in (
        ({"TLSRPT_IMAP_PASSWORD": "wröng"}, f"IMAP server {HOST}: [AUTHENTICATIONFAILED] Authentication failed."),
        ({"TLSRPT_IMAP_PORT": str(free_port())}, f"IMAP server {HOST}: Connection refused"),
    ):
        done = tlsrpt("fetch", cwd=tmp_path, variables=base | wrong)
        assert (done.returncode, done.stdout) == (1, line())
        assert done.stderr.splitlines()[-1] == says
        assert "wröng" not in done.stderr


def test_a_mail_put_off_is_told(mailbox: Mailbox, tmp_path: Path) -> None:
    mailbox.put([signed(0, "slow.example")])
    with DnsServer({("s1._domainkey.slow.example", "TXT"): SERVFAIL}) as dns:
        url = mailbox.engine.url.render_as_string(hide_password=False)
        done = tlsrpt(
            *("--set", f"database.url={url}", "--set", f"imap.host={HOST}", "--set", "imap.security=none"),
            *("--set", f"imap.port={mailbox.dovecot.port}", "--set", f"imap.user={mailbox.user}"),
            *("--set", f"dns.nameservers={dns.address}", "fetch"),
            cwd=tmp_path,
            variables={"TLSRPT_IMAP_PASSWORD": PASSWORD},
        )
    assert (done.returncode, done.stdout) == (1, line("put off 1"))
    assert "UID 1 is put off: the DKIM key s1._domainkey.slow.example could not be fetched" in done.stderr


def test_a_pass_that_is_ended_leaves_the_folder_free(
    mailbox: Mailbox, proxy: Callable[..., Proxy], tmp_path: Path
) -> None:
    before = proxy(is_silent=True)
    silent = {"TLSRPT_IMAP_SECURITY": "none", "TLSRPT_IMAP_PORT": str(before.port)}
    with running("fetch", cwd=tmp_path, variables=environment(mailbox) | silent) as process:
        until(lambda: len(before.open) == 2, 20, "a connection")
        assert process.stop(timeout=10) == 0
    assert (mailbox.row().claimed_until, mailbox.row().failures) == (None, 0)


def test_the_scheduler_fetches(stored_mailbox: Mailbox, tmp_path: Path) -> None:
    stored_mailbox.put([mail(1)])
    with running("schedule", cwd=tmp_path, variables=environment(stored_mailbox)) as process:
        process.says("imap INBOX: stored 1")
        assert process.stop() == 0
    assert stored_mailbox.outcomes() == ["stored"]


def test_the_scheduler_waits_for_no_mail_server(mailbox: Mailbox, proxy: Callable[..., Proxy], tmp_path: Path) -> None:
    before = proxy(is_silent=True)
    silent = {"TLSRPT_IMAP_SECURITY": "none", "TLSRPT_IMAP_PORT": str(before.port)}
    with running("schedule", cwd=tmp_path, variables=environment(mailbox) | silent) as process:
        until(lambda: len(before.open) == 2, 20, "a connection")
        assert process.stop(timeout=20) == 0


def test_the_scheduler_does_not_start_with_a_ca_file_that_is_none(mailbox: Mailbox, tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("no certificate")
    done = tlsrpt("schedule", cwd=tmp_path, variables=environment(mailbox) | {"TLSRPT_IMAP_CA_FILE": str(file)})
    assert done.returncode == 2
    assert done.stderr.startswith(f"imap.ca_file: {file}: ")


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def steps(job: FetchJob) -> float:
    return asyncio.run(job.step())


def test_a_pass_every_five_minutes(mailbox: Mailbox, caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    job = FetchJob(mailbox.fetcher(clock=clock))
    other = FetchJob(mailbox.fetcher(clock=clock))
    for number, minutes in ((1, 0), (2, 4), (3, 1), (4, 5)):
        clock.now += timedelta(minutes=minutes)
        mailbox.put([mail(number)])
        assert steps(job) == steps(other) == 10
    assert mailbox.outcomes() == ["stored"] * 4  # the second with the third
    assert mailbox.row().fetched_at == NOW + timedelta(minutes=10)


def test_longer_after_each_failure(mailbox: Mailbox, caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    job = FetchJob(mailbox.fetcher(clock=clock, imap__port=str(free_port())))
    waits = []
    for _ in range(6):
        steps(job)
        waits.append((mailbox.row().due_at - clock.now) // timedelta(minutes=1))
        clock.now = mailbox.row().due_at
    assert waits == [5, 10, 20, 40, 60, 60]
    assert caplog.text.count(f"imap INBOX: IMAP server {HOST}: Connection refused") == 6
    steps(FetchJob(mailbox.fetcher(clock=clock)))
    assert (mailbox.row().failures, mailbox.row().due_at) == (0, clock.now + timedelta(minutes=5))


def test_a_mail_put_off_is_no_failure(mailbox: Mailbox) -> None:
    mailbox.put([signed(0, "slow.example")])
    clock = Clock()
    steps(FetchJob(mailbox.fetcher(clock=clock, keys=SomeKeys("slow.example"), auth__dkim="require")))
    assert (mailbox.row().failures, mailbox.row().due_at) == (0, NOW + timedelta(minutes=5))


def test_a_database_that_is_away_is_told_to_the_scheduler(mailbox: Mailbox) -> None:
    job = FetchJob(mailbox.fetcher())
    mailbox.engine.dispose()
    path = Path(str(mailbox.engine.url.database))
    path.unlink()
    path.mkdir()
    with pytest.raises(StoreUnavailable):
        steps(job)


def test_closing_breaks_the_pass_off(mailbox: Mailbox, proxy: Callable[..., Proxy]) -> None:
    before = proxy()

    def fall_silent(data: bytes) -> None:
        before.is_silent = b"* SEARCH" in data

    before.listener = fall_silent
    mailbox.put([mail(1)])
    job = FetchJob(mailbox.fetcher(imap__port=str(before.port))).job()

    async def main() -> None:
        step = asyncio.ensure_future(job.step())
        while not before.is_silent:
            await asyncio.sleep(0.01)
        step.cancel()
        await asyncio.gather(step, return_exceptions=True)
        await job.close()

    asyncio.run(asyncio.wait_for(main(), 20))
    assert mailbox.row().claimed_until is None
    assert mailbox.told() == "stored 1"
