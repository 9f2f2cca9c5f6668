"""The self-test against real servers: a report through the domain's own record, and whether it arrived."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine

from collector import settings
from collector.errors import UsageError
from collector.monitor.fetch import tls_context
from collector.receive.https.mount import Mount
from collector.resolver import Resolver
from collector.setup import letter
from collector.setup.deadline import Deadline
from collector.setup.self_test import PATIENCE, Result, SelfTest
from collector.store import domains, queries
from collector.store.engine import open_engine
from collector.store.queries import Filter
from collector.store.startup import upgrade
from tests.receive.listener import Listener
from tests.setup import https_site
from tests.support.dns import SERVFAIL, DnsServer, Zone

DOMAIN = "example.com"
RECORD = (f"_smtp._tls.{DOMAIN}", "TXT")
ZONE: Zone = {
    RECORD: ["v=TLSRPTv1; rua=mailto:tlsrpt@reports.example.com"],
    ("reports.example.com", "MX"): ["10 mx.reports.example.com."],
    ("mx.reports.example.com", "A"): ["127.0.0.1"],
    ("tls.example.net", "A"): ["127.0.0.1"],
    ("nobody.example.com", "MX"): ["0 ."],
}
Run = Callable[..., Result]


@pytest.fixture
def dns() -> Iterator[DnsServer]:
    with DnsServer(ZONE) as server:
        yield server


@pytest.fixture
def run(dns: DnsServer) -> Run:
    """Runs a self-test under some settings and waits until it has something to say."""

    def go(engine: Engine, *, started: datetime | None = None, **overrides: str) -> Result:
        test, domain_id = make(engine, dns, **overrides)
        started = started or datetime.now(UTC)
        act = test.begin(domain_id, started)
        assert act is not None
        act(DOMAIN, lambda: datetime.now(UTC))
        give_up = time.monotonic() + 10
        while (result := found(test, domain_id)).arrived is None and time.monotonic() < give_up:
            time.sleep(0.02)
        return result

    return go


@cache
def one_key() -> letter.ThrowAwayKey:
    """The same for all tests: to make one takes a while."""
    return letter.make_key()


def make(engine: Engine, dns: DnsServer, **overrides: str) -> tuple[SelfTest, UUID]:
    usual = {"dns.nameservers": str(dns.address), "dns.timeout": "2", "smtp.hostname": "self.example"}
    chosen = settings.load(environ={}, overrides=usual | {name.replace("__", "."): v for name, v in overrides.items()})
    domains.seed(engine, (DOMAIN,))
    domain_id = queries.find_domain(engine, DOMAIN)
    assert domain_id is not None
    context = tls_context(chosen.monitor)
    test = SelfTest(chosen, engine, resolver=Resolver(chosen.dns), context=context, make_key=one_key)
    return test, domain_id


def found(test: SelfTest, domain_id: UUID) -> Result:
    result = test.result(domain_id, DOMAIN, datetime.now(UTC))
    assert result is not None
    return result


def steps(result: Result, way: int = 0) -> list[tuple[str, bool | None]]:
    return [(step.name, step.ok) for step in result.ways[way].steps]


def counted(engine: Engine) -> tuple[int, int]:
    """(reports, sessions) of every domain, over all days."""
    everything = Filter(datetime(2020, 1, 1, tzinfo=UTC).date(), datetime.now(UTC).date())
    rows = queries.domain_overview(engine, everything, now=datetime.now(UTC)).items
    return len(queries.reports(engine).items), sum(row.successful + row.failed for row in rows)


@pytest.mark.parametrize(
    ("dkim", "outcome"),
    [
        pytest.param("require", "quarantined", id="its key is published nowhere"),
        pytest.param("record", "unassigned", id="nobody owns its domain"),
        pytest.param("off", "unassigned", id="nobody looks at DKIM"),
    ],
)
def test_a_mail_arrives_and_changes_no_figure(
    engine: Engine, dns: DnsServer, run: Run, dkim: str, outcome: str
) -> None:
    with Listener(engine, auth__dkim=dkim, dns__nameservers=str(dns.address)) as listener:
        result = run(engine, monitor__smtp_port=str(listener.port))
        [delivery] = listener.deliveries()
    assert result.arrived is True
    assert result.finished_at is not None
    assert steps(result) == [("dns", True), ("mx", True), ("accepted", True), ("stored", True)]
    assert f"250 2.0.0 {delivery.id} {outcome}" in result.ways[0].steps[2].text
    assert str(delivery.id) in result.ways[0].steps[3].text
    assert "came through unharmed" in result.ways[0].steps[3].text
    assert delivery.outcome == outcome
    assert counted(engine) == (0, 0)
    # Nor is its domain offered to be added, or can it be.
    assert queries.foreign_names(engine).items == ()
    with pytest.raises(UsageError, match="never count"):
        domains.add(engine, ["self-test.invalid"])


@pytest.mark.parametrize(
    ("zone", "overrides", "expected", "said"),
    [
        pytest.param({RECORD: None}, {}, [("dns", False)], "_smtp._tls.example.com", id="no record"),
        pytest.param({RECORD: SERVFAIL}, {}, [("dns", False)], "SERVFAIL", id="DNS fails"),
        pytest.param(
            {RECORD: ["v=TLSRPTv1; rua=tlsrpt@example.com"]}, {}, [("dns", False)], "mailto: is missing", id="bad record"
        ),
        pytest.param(
            {RECORD: ["v=TLSRPTv1; rua=mailto:a@other.example"]}, {}, [("dns", None)], "left out", id="elsewhere"
        ),
        pytest.param(
            {RECORD: ["v=TLSRPTv1; rua=https://other.example/"]}, {}, [("dns", None)], "left out", id="POST elsewhere"
        ),
        pytest.param(
            {("reports.example.com", "MX"): None}, {},
            [("dns", True), ("mx", False)], "reports.example.com has no", id="no such domain",
        ),
        pytest.param(
            {RECORD: ["v=TLSRPTv1; rua=mailto:tlsrpt@nobody.example.com"]}, {},
            [("dns", True), ("mx", False)], "takes no mail", id="null MX",
        ),
        pytest.param(
            {("mx.reports.example.com", "A"): None}, {},
            [("dns", True), ("mx", True), ("accepted", False)], "no MX host has an address", id="no address",
        ),
        pytest.param(
            {}, {"monitor.smtp_port": "1"},
            [("dns", True), ("mx", True), ("accepted", False)], "Connection refused", id="nobody listens",
        ),
        pytest.param(
            {RECORD: ["v=TLSRPTv1; rua=mailto:reports@reports.example.com"]}, {"smtp.recipients": "reports@*"},
            [("dns", True), ("mx", True), ("accepted", False)], "said 550 5.1.1", id="the MX knows no such recipient",
        ),
    ],
)  # fmt: skip
def test_where_it_stops(
    sqlite_engine: Engine,
    dns: DnsServer,
    run: Run,
    zone: dict[tuple[str, str], Any],
    overrides: dict[str, str],
    expected: list[tuple[str, bool | None]],
    said: str,
) -> None:
    for key, answer in zone.items():
        dns.zone.pop(key) if answer is None else dns.zone.update({key: answer})
    with Listener(sqlite_engine) as listener:
        result = run(sqlite_engine, **({"monitor.smtp_port": str(listener.port)} | overrides))
    assert steps(result) == expected
    assert said in result.ways[0].steps[-1].text
    assert result.arrived is False


def test_the_next_mx_is_tried(sqlite_engine: Engine, dns: DnsServer, run: Run) -> None:
    dns.zone["reports.example.com", "MX"] = ["10 gone.example.com.", "20 mx.reports.example.com."]
    dns.zone["gone.example.com", "A"] = ["127.0.0.2"]  # nobody listens there
    with Listener(sqlite_engine) as listener:
        result = run(sqlite_engine, monitor__smtp_port=str(listener.port))
    assert result.arrived is True


def test_what_does_not_arrive_is_waited_for_and_then_given_up(
    sqlite_engine: Engine, other_engine: Engine, dns: DnsServer
) -> None:
    """The MX takes it for another database: as a mail server does that passes nothing on."""
    with Listener(other_engine) as listener:
        test, domain_id = make(sqlite_engine, dns, monitor__smtp_port=str(listener.port))
        started = datetime.now(UTC)
        act = test.begin(domain_id, started)
        assert act is not None
        act(DOMAIN, lambda: datetime.now(UTC))
    waiting = test.result(domain_id, DOMAIN, started + timedelta(minutes=1))
    assert waiting is not None
    assert (waiting.arrived, steps(waiting)[-1]) == (None, ("stored", None))
    over = test.result(domain_id, DOMAIN, started + PATIENCE)
    assert over is not None
    assert (over.arrived, steps(over)[-1]) == (False, ("stored", False))


@pytest.fixture
def other_engine(tmp_path: Path) -> Iterator[Engine]:
    """A second database."""
    engine = open_engine(f"sqlite:///{tmp_path / 'other.db'}")
    upgrade(engine)
    yield engine
    engine.dispose()


def test_a_test_whose_process_ended_is_over_after_a_while(sqlite_engine: Engine, dns: DnsServer) -> None:
    test, domain_id = make(sqlite_engine, dns)
    now = datetime.now(UTC)
    assert test.begin(domain_id, now) is not None  # and nobody runs it
    for minutes, arrived in ((2, None), (4, False)):
        result = test.result(domain_id, DOMAIN, now + timedelta(minutes=minutes))
        assert result is not None
        assert result.arrived is arrived


def test_one_in_a_minute(sqlite_engine: Engine, dns: DnsServer) -> None:
    test, domain_id = make(sqlite_engine, dns)
    now = datetime.now(UTC)
    assert test.result(domain_id, DOMAIN, now) is None
    assert test.begin(domain_id, now) is not None
    assert test.begin(domain_id, now + timedelta(seconds=30)) is None


@pytest.fixture
def site(sqlite_engine: Engine, dns: DnsServer, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The target of POSTs behind TLS, named by the domain's record; the settings that know it."""
    mount = Mount(settings.load(environ={}, overrides={}), sqlite_engine)
    with https_site.serving(mount, "tls.example.net", tmp_path) as (port, ca_file):
        dns.zone[RECORD] = [f"v=TLSRPTv1; rua=https://tls.example.net:{port}/v1/tlsrpt"]
        yield {"web.public_url": f"https://tls.example.net:{port}", "monitor.ca_file": str(ca_file)}
    mount.close()


def test_a_post_arrives(sqlite_engine: Engine, run: Run, site: dict[str, str]) -> None:
    result = run(sqlite_engine, **site)
    assert result.arrived is True
    assert steps(result) == [("dns", True), ("accepted", True), ("stored", True)]
    assert "said 202" in result.ways[0].steps[1].text
    assert counted(sqlite_engine) == (0, 0)


def test_a_post_stops_at_a_certificate(sqlite_engine: Engine, run: Run, site: dict[str, str]) -> None:
    result = run(sqlite_engine, **{name: value for name, value in site.items() if name != "monitor.ca_file"})
    assert steps(result) == [("dns", True), ("accepted", False)]
    assert "its certificate is not trusted" in result.ways[0].steps[1].text
    assert result.arrived is False


def test_both_ways_at_once(sqlite_engine: Engine, dns: DnsServer, run: Run, site: dict[str, str]) -> None:
    post = site["web.public_url"] + "/v1/tlsrpt"
    dns.zone[RECORD] = [f"v=TLSRPTv1; rua=mailto:tlsrpt@reports.example.com,{post},mailto:x@other.example"]
    with Listener(sqlite_engine, auth__dkim="require", dns__nameservers=str(dns.address)) as listener:
        result = run(sqlite_engine, monitor__smtp_port=str(listener.port), **site)
    assert result.arrived is True
    assert [way.steps[-1].ok for way in result.ways] == [True, True, None]
    assert [way.steps[-1].text.partition(",")[0] for way in result.ways[:2]] == ["stored by smtp", "stored by https"]


def test_a_relay_that_changes_mails_is_found_out() -> None:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    key = one_key()
    mail = letter.mail("t-0", f"tlsrpt-self-test@{DOMAIN}", "tlsrpt@reports.example.com", key, now)
    assert letter.signature_after_all(mail, DOMAIN, key.record).domain == DOMAIN
    with_footer = mail + b"Scanned by a relay.\r\n"
    judged = letter.signature_after_all(with_footer, DOMAIN, key.record)
    assert judged.domain is None
    assert judged.reason is not None
    assert "the body was changed" in judged.reason.message
    assert letter.signature_after_all(b"Received: by mx\r\n" + mail, DOMAIN, key.record).domain == DOMAIN


def test_a_deadline_ends_what_drips() -> None:
    at = 0.0
    deadline = Deadline(5, lambda: at)
    assert deadline.left(15) == 5
    at = 6.0
    with pytest.raises(TimeoutError):
        deadline.left(15)
