"""What identifies a report, and what tells a repetition from a contradiction (rule 3)."""

from hashlib import blake2b

from collector.counting.assign import Part
from collector.report.model import Report

DIGEST_BYTES = 16


def report_key(report: Report, part: Part, *, reporter: str, authenticated: bool) -> bytes:
    """Digest of: authenticated or not, reporter, report-id, date range, policy domain."""
    fields = (
        "1" if authenticated else "0",
        reporter,
        report.report_id,
        report.start_datetime.isoformat(),
        report.end_datetime.isoformat(),
        part.policy_domain,
    )
    digest = blake2b(digest_size=DIGEST_BYTES)
    for value in fields:
        data = value.encode()
        digest.update(len(data).to_bytes(4))
        digest.update(data)
    return digest.digest()


def content(report: Report, part: Part) -> bytes:
    """Digest of what the report says about the part's domain, as a JSON value: whatever the bytes."""
    digest = blake2b(report.content, digest_size=DIGEST_BYTES)
    for position in part.positions:
        digest.update(report.policies[position].content)
    return digest.digest()
