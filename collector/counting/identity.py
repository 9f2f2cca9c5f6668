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
    told_apart = b"".join([len(data).to_bytes(4) + data for data in [value.encode() for value in fields]])
    return blake2b(told_apart, digest_size=DIGEST_BYTES).digest()


def document(report: Report) -> bytes:
    """Digest of the whole report as a JSON value, whatever the bytes: equal for copies, whoever they are about."""
    contents = [report.content, *[result.content for result in report.policies]]
    return blake2b(b"".join(contents), digest_size=DIGEST_BYTES).digest()
