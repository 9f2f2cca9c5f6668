"""What is done with the bytes, and what must hold whatever they are. A breach is an AssertionError."""

from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from collector.auth import Authentication
from collector.counting.assign import split
from collector.counting.identity import document, report_key
from collector.counting.known import KnownDomains
from collector.counting.sessions import count
from collector.delivery import REASONS, Delivery, Envelope, Found
from collector.errors import ReportRefused
from collector.ids import new_id
from collector.ingest import ingest
from collector.report import strict
from collector.report.decode import decode
from collector.report.model import LARGEST_COUNT, MODES, Report
from collector.report.normalise import normalise
from collector.report.notes import Notes
from collector.report.search import documents
from collector.settings import Limits
from tests.quirks.keys import AUTHENTICATE

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
LIMITS = Limits(report_bytes=2_000_000, policies=200, failure_details=500)
KNOWN = KnownDomains({"example.com": new_id(0)}, {"mx.example.net": ((NOW, "example.com"),)})
CHANNELS = ("smtp", "import", "https")


def run(raw: bytes) -> list[Delivery]:
    """The bytes through `ingest()` by every way, on to figures, and checked. Raises AssertionError, or what broke."""
    deliveries = [_ingest(raw, channel) for channel in CHANNELS]
    for delivery in deliveries:
        _check(delivery)
    return deliveries


def _ingest(raw: bytes, channel: str) -> Delivery:
    # By SMTP as it is; an import counts without a signature, and so gets as far as it can.
    authenticate = AUTHENTICATE if channel == "smtp" else _believe
    return ingest(raw, Envelope(channel), NOW, limits=LIMITS, dkim="require", authenticate=authenticate)


def _believe(mail: bytes, identities: frozenset[str]) -> Authentication:
    assert all(identity == identity.lower() for identity in identities)
    return Authentication(min(identities, default="reporter.example"))


def _check(delivery: Delivery) -> None:
    assert delivery.reason is None or delivery.reason.code in REASONS
    is_unread = delivery.reason is not None and not delivery.reason.code.startswith("dkim_")
    assert is_unread != bool(delivery.found)
    assert len({(finding.code, finding.message) for finding in delivery.findings}) == len(delivery.findings)
    texts = documents(delivery.raw, delivery.envelope.channel, limits=LIMITS)
    for found, text in zip(delivery.found, texts, strict=True):
        assert set(found.report.findings) <= set(delivery.findings)
        _check_report(found.report)
        _check_ways(found.report, text)
        _check_figures(found)
    _check_texts((delivery.findings, delivery.reporter, [found.hints for found in delivery.found]))


def _check_report(report: Report) -> None:
    assert report.report_id
    assert report.start_datetime.tzinfo is UTC
    assert report.end_datetime.tzinfo is UTC
    for result in report.policies:
        assert 0 <= result.total_successful_session_count <= LARGEST_COUNT
        assert 0 <= result.total_failure_session_count <= LARGEST_COUNT
        assert result.policy.mode in MODES
        assert result.policy.policy_domain is None or result.policy.policy_domain.isascii()
        assert all(0 <= (detail.failed_session_count or 0) <= LARGEST_COUNT for detail in result.failure_details)
    _check_texts((report.report_id, report.organization_name, report.contact_info, report.findings, report.policies))


def _check_texts(value: Any) -> None:
    """Every text can be stored: it is UTF-8, and holds no NUL (PostgreSQL has none)."""
    if isinstance(value, str):
        value.encode()
        assert "\0" not in value
    elif isinstance(value, tuple | list):
        for entry in value:
            _check_texts(entry)
    elif isinstance(value, Struct):
        _check_texts([getattr(value, name) for name in value.__struct_fields__])
    elif is_dataclass(value):
        _check_texts([getattr(value, field.name) for field in fields(value)])


def _check_ways(report: Report, text: bytes) -> None:
    """The short way of reading and the long one give the same report."""
    short = strict.read(text, Notes(), LIMITS)
    notes = Notes()
    try:
        long = normalise(decode(text, notes), text, notes, LIMITS)
    except ReportRefused as refused:
        raise AssertionError(f"read once, and then refused: {refused}") from None
    assert short is None or short == long
    assert long.policies == report.policies


def _check_figures(found: Found) -> None:
    """Whose it is, and how much: no more sessions than the report tells, and no fewer than its largest result."""
    report = found.report
    parts = split(report, found.hints, KNOWN, NOW)
    assert sorted(position for part in parts for position in part.positions) == list(range(len(report.policies)))
    assert len(document(report)) == 16
    for part in parts:
        assert len(report_key(report, part, reporter=found.reporter, authenticated=True)) == 16
        results = [report.policies[position] for position in part.positions]
        figures = count(part.domain, results)
        totals = [(one.total_successful_session_count, one.total_failure_session_count) for one in results]
        assert figures.successful >= 0
        assert max((bad for _, bad in totals), default=0) <= figures.failed <= sum(bad for _, bad in totals)
        assert max((sum(two) for two in totals), default=0) <= figures.successful + figures.failed
        assert figures.successful + figures.failed <= sum(sum(two) for two in totals)
        _check_texts([list(cause) for cause in figures.causes])
