"""A small living installation for tests of the pages: made by the real writer and the real history.

example.com   two MX, `testing` and since 30 days `enforce`; mx2's certificate expired four days ago; strings from hell
example.org   one MX, `enforce`, clean
example.net   its policy cannot be fetched since two days
quiet.example added, and nothing has ever come
Besides: one quarantined delivery, and one about a domain that was not added.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import Engine

from collector.delivery import Delivery, Envelope, Found, Reason
from collector.ids import new_id
from collector.monitor.model import Observation, StsPolicy
from collector.report.model import FailureDetail, Finding, Policy, PolicyResult, Report
from collector.store import domains, published, queries
from collector.store.engine import open_engine
from collector.store.startup import upgrade
from collector.store.writer import Writer
from tests.support import reports

NOW = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
TODAY = NOW.date()
NAMES = ("example.com", "example.net", "example.org", "quiet.example")
MX = {"example.com": ("mx1.example.com", "mx2.example.com"), "example.org": ("mx.example.org",)}
SCRIPT = "<script>document.title='taken'</script>"
BROKEN_HELO = f"250-mx2.example.com\r\n250 {SCRIPT}\u202e\x07"
_DOCUMENT = reports.to_json(reports.report())  # any report: what is counted here stands in `Found`
_EXPIRED_SIGNATURE = (
    "The DKIM signature of bigmail.example (d=bigmail.example s=s1) does not count: it has expired (x=)."
)
_DAYS = 90
_ENFORCED_SINCE = 30
_EXPIRED_SINCE = 4


def database(path: Path) -> Engine:
    """A filled SQLite database in `path`, open."""
    engine = open_engine(f"sqlite:///{path}")
    upgrade(engine)
    fill(engine)
    return engine


def fill(engine: Engine) -> None:
    domains.add(engine, NAMES, NOW - timedelta(days=100))
    _publish(engine)
    writer = Writer(engine)
    writer.start()
    try:
        for stored in [writer.submit(delivery) for delivery in _deliveries()]:
            stored.result(timeout=30)
    finally:
        writer.close()


def _publish(engine: Engine) -> None:
    for name, mx in MX.items():
        for days_ago in range(80, -1, -1):
            mode = "testing" if name == "example.com" and days_ago > _ENFORCED_SINCE else "enforce"
            _look(engine, name, days_ago, StsPolicy(mode, 604800, mx, f"version: STSv1\nmode: {mode}\n"), mode)
    _look(engine, "example.net", 20, StsPolicy("testing", 86400, ("mx.example.net",), "version: STSv1\n"), "n1")
    for days_ago in (2, 1):
        _look(engine, "example.net", days_ago, None, "n1")


def _look(engine: Engine, name: str, days_ago: int, policy: StsPolicy | None, policy_id: str) -> None:
    at = NOW - timedelta(days=days_ago, hours=1)
    error, detail = (None, None) if policy else ("timeout", f"no complete answer from mta-sts.{name} within 60 s")
    found = Observation(at, policy_id, policy, error, detail, mx_hosts=policy.mx if policy else None)
    published.record(engine, _id(engine, name), found, at + timedelta(days=1))


def _id(engine: Engine, name: str) -> UUID:
    found = queries.find_domain(engine, name)
    assert found is not None
    return found


def _deliveries() -> list[Delivery]:
    made = []
    for days_ago in range(_DAYS, 0, -1):
        day = TODAY - timedelta(days=days_ago)
        made.append(_delivery(_report("example.com", day, "bigmail.example", _big(day, days_ago)), "bigmail.example"))
        if days_ago % 2:
            made.append(_delivery(_report("example.com", day, "office.example", _office(days_ago)), "office.example"))
        made.append(
            _delivery(_report("example.org", day, "bigmail.example", [_sts("example.org", 400, [])]), "bigmail.example")
        )
    day = TODAY - timedelta(days=1)
    hostile = _report("example.com", day, SCRIPT, [_sts("example.com", 0, _hostile())], organization=SCRIPT)
    made.append(
        _delivery(hostile, SCRIPT, authenticated=False, findings=(Finding("Q54", f"{SCRIPT!r} is no IP address"),))
    )
    foreign = _report("foreign.example", day, "bigmail.example", [_sts("foreign.example", 12, [])])
    made.append(_delivery(foreign, "bigmail.example"))
    made.append(_delivery(None, None, reason=Reason("dkim_fail", _EXPIRED_SIGNATURE), authenticated=False))
    return made


def _big(day: date, days_ago: int) -> list[PolicyResult]:
    weekend = day.weekday() >= 5
    failures = []
    if days_ago <= _EXPIRED_SINCE:
        failures.append(_detail("certificate-expired", 60 + 11 * days_ago, "mx2.example.com"))
    if days_ago % 9 == 0:
        failures.append(_detail("validation-failure", 3, "mx1.example.com", reason="tls: handshake timed out"))
    return [_sts("example.com", 700 if weekend else 1900 + 37 * (days_ago % 11), failures, _mode(days_ago))]


def _office(days_ago: int) -> list[PolicyResult]:
    """The same sessions under sts and tlsa, as Microsoft sends them (Q20)."""
    failures = [_detail("starttls-not-supported", 8, None)] if 50 < days_ago < 56 else []
    sts = _sts("example.com", 600, failures, _mode(days_ago))
    tlsa = PolicyResult(Policy("tlsa", "example.com", ("3 1 1 " + "0" * 64,)), 600, len(failures) * 8, tuple(failures))
    return [sts, tlsa]


def _hostile() -> list[FailureDetail]:
    link = "javascript:alert(1)"
    return [
        FailureDetail("certificate-host-mismatch", 7, "192.0.2.9", SCRIPT, BROKEN_HELO, "not an address", link, SCRIPT),
        FailureDetail("made-up-type", None, None, None, None, None, "https://help.example/?a=1&b=<2>", "=1+1"),
    ]


def _mode(days_ago: int) -> str:
    # Caches lag behind by a week at most.
    return "enforce" if days_ago <= _ENFORCED_SINCE - 2 else "testing"


def _sts(name: str, good: int, failures: Sequence[FailureDetail], mode: str = "enforce") -> PolicyResult:
    mx = MX.get(name, (f"mx.{name}",))
    lines = ("version: STSv1", f"mode: {mode}", *(f"mx: {host}" for host in mx), "max_age: 604800")
    failed = sum(failure.failed_session_count or 0 for failure in failures)
    return PolicyResult(Policy("sts", name, lines, mx, mode, mx, 604800), good, failed, tuple(failures))


def _detail(result_type: str, failed: int, mx: str | None, *, reason: str | None = None) -> FailureDetail:
    return FailureDetail(result_type, failed, "192.0.2.25", mx, mx, "2001:db8::25", None, reason)


def _report(
    name: str, day: date, reporter: str, results: list[PolicyResult], organization: str = "Big Mail Example Inc."
) -> Report:
    start = datetime.combine(day, time(), UTC)
    key = f"{day}_{name}_{reporter}"
    return Report(
        key,
        start,
        start + timedelta(days=1),
        tuple(results),
        organization_name=organization,
        contact_info=f"tlsrpt@{reporter}",
        content=hashlib.blake2b(key.encode(), digest_size=16).digest(),
    )


def _delivery(
    report: Report | None,
    reporter: str | None,
    *,
    reason: Reason | None = None,
    authenticated: bool = True,
    findings: tuple[Finding, ...] = (),
) -> Delivery:
    arrived = report.end_datetime + timedelta(hours=3) if report else NOW - timedelta(hours=5)
    return Delivery(
        new_id(int(arrived.timestamp() * 1000)),
        arrived,
        Envelope(
            "smtp", "192.0.2.25", "out.bigmail.example", "tlsrpt@bigmail.example", ("tlsrpt@example.com",), "TLSv1.3"
        ),
        reports.mail(_DOCUMENT),
        (Found(report, reporter or ""),) if report else (),
        reason,
        authenticated,
        findings,
    )
