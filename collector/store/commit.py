"""One transaction: a group of deliveries, with everything that follows from them, becomes durable."""

import zlib
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, Engine, update

from collector.channels import MAIL_CHANNELS
from collector.delivery import Delivery, Envelope, Stored
from collector.report.model import Finding, PolicyResult
from collector.store import bulk, plan, rollups
from collector.store.bulk import Forms, Row
from collector.store.domains import Snapshot
from collector.store.engine import Held, writing
from collector.store.plan import Candidate, Plan
from collector.store.tables import delivery as delivery_table
from collector.store.tables import delivery_part
from collector.store.tables import report as report_table
from collector.store.types import to_json

# A mail is base64 of gzip in the main. To pack a small one would cost a tenth of all the work of a commit and save half
# a kilobyte; of a large one the fastest level gains as much as the best.
_SMALL = 4096  # bytes
_FASTEST = 1
# The head of zlib data (RFC 1950 section 2.2) and of its last block, which is stored as it is (RFC 1951 section 3.2.4).
_STORED = b"\x78\x01\x01"


def commit(engine: Engine | Held, deliveries: Sequence[Delivery], snapshot: Snapshot) -> tuple[Stored, ...]:
    """Stores new deliveries and counts what they hold. When it returns, all of it is on disk.

    Raises StoreUnavailable, then nothing of it is stored.
    """
    packed = [_pack(delivery) for delivery in deliveries]
    with writing(engine) as connection:
        database = bulk.of(connection)
        decided = plan.make(connection, deliveries, snapshot.current(connection))
        outcomes = decided.outcomes(deliveries)
        rows = [
            _delivery_row(delivery, stored, raw, database.forms)
            for delivery, stored, raw in zip(deliveries, outcomes, packed, strict=True)
        ]
        database.insert(connection, delivery_table, rows)
        write(connection, decided)
    return outcomes


def write(connection: Connection, decided: Plan) -> None:
    """Writes a plan's reports, figures and parts; the rows of the deliveries stand already."""
    database = bulk.of(connection)
    forms = database.forms
    increments = rollups.Increments()
    reports: list[Row] = []
    for candidate in decided.fresh:
        figures = rollups.figures_of(candidate)
        increments.add(candidate, figures)
        reports.append(_report_row(candidate, figures.successful, figures.failed, forms))
    parts = [
        (
            forms.id(part.delivery_id),
            part.position,
            part.name,
            part.outcome,
            part.report_id and forms.id(part.report_id),
        )
        for part in decided.parts
    ]
    database.insert(connection, report_table, reports)
    database.insert(connection, delivery_part, parts)
    increments.write(connection)
    if decided.lent:
        _lend(connection, decided)


def _lend(connection: Connection, decided: Plan) -> None:
    rollups.move(connection, decided.lent)
    for lending in decided.lent:
        connection.execute(
            update(report_table)
            .where(
                report_table.c.domain_id == lending.copy.domain_id,
                report_table.c.day == lending.copy.day,
                report_table.c.report_key == lending.existing.key,
            )
            .values(authenticated=True, reporter=lending.copy.reporter, report_key=lending.copy.key)
        )


def _pack(delivery: Delivery) -> bytes:
    is_small_mail = len(delivery.raw) <= _SMALL and delivery.envelope.channel in MAIL_CHANNELS
    return stored(delivery.raw) if is_small_mail else zlib.compress(delivery.raw, _FASTEST)


def stored(raw: bytes) -> bytes:
    """At most 65,535 bytes as zlib data, unpacked; `zlib.compress(raw, 0)` asks for 256 KiB of memory each time."""
    size = len(raw)
    return b"".join(
        (_STORED, size.to_bytes(2, "little"), (size ^ 0xFFFF).to_bytes(2, "little"), raw, zlib.adler32(raw).to_bytes(4))
    )


def _delivery_row(delivery: Delivery, stored: Stored, raw: bytes, forms: Forms) -> Row:
    reason = stored.reason
    return (
        forms.id(delivery.id),
        forms.instant(delivery.received_at),
        delivery.envelope.channel,
        stored.outcome,
        reason.code if reason else None,
        reason.message if reason else None,
        delivery.reporter,
        forms.flag(delivery.authenticated),
        len(delivery.raw),
        to_json(finding_pairs(delivery.findings)),
        to_json(_envelope(delivery.envelope)),
        forms.octets(raw),
    )


def _envelope(envelope: Envelope) -> dict[str, object]:
    """All of it but the channel, which has a column."""
    return {
        "peer": envelope.peer,
        "helo": envelope.helo,
        "mail_from": envelope.mail_from,
        "rcpt_to": envelope.rcpt_to,
        "tls": envelope.tls,
        "content_type": envelope.content_type,
        "file_name": envelope.file_name,
    }


def _report_row(candidate: Candidate, successful: int, failed: int, forms: Forms) -> Row:
    report = candidate.found.report
    policies = report.policies
    return (
        forms.id(candidate.domain_id),
        forms.day(candidate.day),
        forms.octets(candidate.key),
        forms.id(candidate.report_id),
        forms.octets(candidate.content),
        forms.id(candidate.delivery.id),
        forms.instant(candidate.delivery.received_at),
        forms.flag(candidate.authenticated),
        candidate.reporter,
        report.report_id,
        report.organization_name,
        report.contact_info,
        forms.instant(report.start_datetime),
        forms.instant(report.end_datetime),
        successful,
        failed,
        to_json(finding_pairs(candidate.findings)),
        to_json([kept_result(policies[position]) for position in candidate.part.positions]),
    )


def kept_result(result: PolicyResult) -> dict[str, object]:
    """A policy result as it stands in the row of its report."""
    policy = result.policy
    return {
        "policy_type": policy.policy_type,
        "policy_domain": policy.policy_domain,
        "mode": policy.mode,
        "policy_string": policy.policy_string,
        "mx_host": policy.mx_host,
        "successful": result.total_successful_session_count,
        "failed": result.total_failure_session_count,
        "failure_details": [
            (
                detail.result_type,
                detail.sending_mta_ip,
                detail.receiving_mx_hostname,
                detail.receiving_mx_helo,
                detail.receiving_ip,
                detail.failed_session_count,
                detail.additional_information,
                detail.failure_reason_code,
            )
            for detail in result.failure_details
        ],
    }


def finding_pairs(findings: Iterable[Finding]) -> list[tuple[str, str]]:
    """Findings as the database keeps them."""
    return [(finding.code, finding.message) for finding in findings]
