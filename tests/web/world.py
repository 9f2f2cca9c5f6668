"""A small world to ask about: three domains, a week of reports, and one delivery of every outcome.

example.com   enforce since 10 November; on the 20th 90 sessions succeeded and 10 failed, on the 21st 5 succeeded
example.net   testing; on the 21st 7 succeeded
quiet.example nothing was ever reported, and its policy cannot be fetched
"""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from collector.auth import Authentication
from collector.delivery import Delivery, Envelope, Found, Reason
from collector.ids import new_id
from collector.ingest import ingest
from collector.monitor.model import Observation, StsPolicy
from collector.report.model import FailureDetail, Finding, Policy, PolicyResult, Report
from collector.settings import Limits
from collector.store import domains, published, queries
from collector.store.engine import Engine
from collector.store.writer import Writer
from tests.support import reports as made

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TODAY = NOW.date()
FORMULA = '=HYPERLINK("https://evil.example")'
DOCUMENT = made.to_json(made.report())  # any report: what is counted here stands in `Found`
_FOREIGN = made.policy_result("foreign.example", successful=3)
_FOREIGN_DOCUMENT = made.report([_FOREIGN], day="2026-11-22", report_id="r4", contact="tls@other.example")


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> datetime:
        return self.at


def fill(engine: Engine) -> None:
    """The world as above. Deliveries arrive in the order of their lines."""
    domains.add(engine, ("example.com", "example.net", "quiet.example"), now=NOW - timedelta(days=20))
    _publish(engine, "example.com", "enforce", ("mx1.example.com", "mx2.example.com"))
    _publish(engine, "example.net", "testing", ("mx.example.net",))
    _publish(engine, "quiet.example", None)
    submit(engine, *_deliveries())


def submit(engine: Engine, *deliveries: Delivery) -> None:
    """Stores deliveries one after the other."""
    writer = Writer(engine)
    writer.start()
    try:
        for delivery in deliveries:
            writer.submit(delivery).result(timeout=30)
    finally:
        writer.close()


def _publish(engine: Engine, name: str, mode: str | None, mx: tuple[str, ...] = ()) -> None:
    domain_id = queries.find_domain(engine, name)
    assert domain_id is not None
    policy = None if mode is None else StsPolicy(mode, 604800, mx, f"version: STSv1\nmode: {mode}\n")
    for at in (datetime(2026, 11, 10, tzinfo=UTC), NOW):
        seen = Observation(
            at=at,
            policy_id=None if mode is None else "20261110",
            policy=policy,
            error="no_record" if mode is None else None,
            error_detail="there is no _mta-sts record" if mode is None else None,
            mx_hosts=mx,
        )
        published.record(engine, domain_id, seen, NOW + timedelta(days=1))


def _deliveries() -> list[Delivery]:
    first = _report("r1", date(2026, 11, 20), _bad_day())
    made_in_order = [
        _delivery("smtp", first, "reporter.example", authenticated=True),
        _delivery("https", _report("r2", date(2026, 11, 21), sts("example.com", 5)), "other.example"),
        _delivery("import", _report("r3", date(2026, 11, 21), sts("example.net", 7, mode="testing")), "other.example"),
        _delivery("smtp", first, "reporter.example", authenticated=True),  # a duplicate
        _delivery("https", _report("r4", date(2026, 11, 22), sts("foreign.example", 3)), "other.example"),
        _delivery("smtp", None, reason=Reason("json", "this is no JSON")),
    ]
    # It is read again once its domain is added.
    made_in_order[4] = replace(made_in_order[4], raw=made.to_json(_FOREIGN_DOCUMENT))
    return [_at(NOW - timedelta(hours=6 - hour), delivery) for hour, delivery in enumerate(made_in_order)]


def both_domains() -> Delivery:
    """A report about example.com and example.net in one document."""
    results = (sts("example.com", 1), sts("example.net", 1, mode="testing"))
    return _delivery("https", _report("r5", date(2026, 11, 23), *results), "other.example")


def sts(domain: str, successful: int, mode: str = "enforce", failures: tuple[FailureDetail, ...] = ()) -> PolicyResult:
    mx = ("mx1.example.com", "mx2.example.com") if domain == "example.com" else (f"mx.{domain}",)
    failed = sum(detail.failed_session_count or 0 for detail in failures)
    policy = Policy("sts", domain, tuple(made.policy_string(mode, mx)), mx, mode, mx, 604800)
    return PolicyResult(policy, successful, failed, failures, content=f"{domain}{successful}".encode().ljust(16)[:16])


def _bad_day() -> PolicyResult:
    expired = FailureDetail("certificate-expired", 6, "192.0.2.25", "mx1.example.com", None, "198.51.100.1")
    odd = FailureDetail("validation-failure", 4, "2001:db8::25", "mx2.example.com", failure_reason_code=FORMULA)
    return sts("example.com", 90, failures=(expired, odd))


def _report(report_id: str, day: date, *results: PolicyResult) -> Report:
    start = datetime.combine(day, time(), UTC)
    return Report(
        report_id=report_id,
        start_datetime=start,
        end_datetime=start + timedelta(hours=23, minutes=59, seconds=59),
        policies=results,
        organization_name="Reporter Example",
        contact_info="tls@reporter.example",
        findings=(Finding("Q30", "the times have no zone"),) if report_id == "r2" else (),
        content=report_id.encode().ljust(16),
    )


def _delivery(
    channel: str,
    report: Report | None,
    reporter: str = "",
    *,
    authenticated: bool = False,
    reason: Reason | None = None,
) -> Delivery:
    return Delivery(
        id=new_id(int(NOW.timestamp() * 1000)),
        received_at=NOW,
        envelope=Envelope(channel, peer="192.0.2.1"),
        raw=DOCUMENT if channel in ("https", "import") else made.mail(DOCUMENT),
        found=() if report is None else (Found(report, reporter),),
        reason=reason,
        authenticated=authenticated,
    )


def bare(raw: bytes, envelope: Envelope, reason: Reason | None) -> Delivery:
    """One in which nothing was found, for whatever reason; without one it waits as unassigned."""
    return Delivery(id=new_id(int(NOW.timestamp() * 1000)), received_at=NOW, envelope=envelope, raw=raw, reason=reason)


def unassigned(document: made.Json) -> Delivery:
    """A document that is about a foreign domain, read as the collector reads it."""
    raw = made.to_json(document)
    return ingest(
        raw, Envelope("https"), NOW, limits=Limits(), dkim="off", authenticate=lambda mail, names: Authentication(None)
    )


def _at(at: datetime, delivery: Delivery) -> Delivery:
    return replace(delivery, id=new_id(int(at.timestamp() * 1000)), received_at=at)


def report_ids(engine: Engine) -> dict[str, UUID]:
    """The ids of all reports by what their reporters call them."""
    return {row.report_id: row.id for row in queries.reports(engine).items}
