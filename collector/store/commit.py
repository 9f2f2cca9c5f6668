"""One transaction: a group of deliveries, with everything that follows from them, becomes durable."""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import fields

from sqlalchemy import Connection, Engine, update

from collector.delivery import Delivery, Envelope, Stored
from collector.report.model import Finding, PolicyResult
from collector.store import bulk, plan, rollups
from collector.store.domains import Snapshot
from collector.store.engine import writing
from collector.store.plan import Candidate, PartOutcome, Plan
from collector.store.tables import delivery as delivery_table
from collector.store.tables import delivery_part, failure_detail, policy_result
from collector.store.tables import report as report_table

_ENVELOPE = [field.name for field in fields(Envelope) if field.name != "channel"]
_FASTEST = 1  # the mail is base64 of gzip: more effort gains nothing


def commit(engine: Engine, deliveries: Sequence[Delivery], snapshot: Snapshot) -> tuple[Stored, ...]:
    """Stores new deliveries and counts what they hold. When it returns, all of it is on disk.

    Raises StoreUnavailable, then nothing of it is stored.
    """
    compressed = [zlib.compress(delivery.raw, _FASTEST) for delivery in deliveries]
    with writing(engine) as connection:
        decided = plan.make(connection, deliveries, snapshot.current(connection))
        outcomes = decided.outcomes(deliveries)
        rows = [
            _delivery_row(delivery, stored, raw)
            for delivery, stored, raw in zip(deliveries, outcomes, compressed, strict=True)
        ]
        bulk.insert(connection, delivery_table, rows)
        write(connection, decided)
    return outcomes


def write(connection: Connection, decided: Plan) -> None:
    """Writes a plan's reports, figures and parts; the rows of the deliveries stand already."""
    increments = rollups.Increments()
    reports: list[bulk.Row] = []
    results: list[bulk.Row] = []
    details: list[bulk.Row] = []
    for candidate in decided.fresh:
        figures = rollups.figures_of(candidate)
        increments.add(candidate, figures)
        reports.append(_report_row(candidate, figures.successful, figures.failed))
        for position in candidate.part.positions:
            result = candidate.found.report.policies[position]
            results.append(_result_row(candidate, position, result))
            details.extend(_detail_rows(candidate, position, result))
    bulk.insert(connection, report_table, reports)
    bulk.insert(connection, policy_result, results)
    bulk.insert(connection, failure_detail, details)
    bulk.insert(connection, delivery_part, [_part_row(part) for part in decided.parts])
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
                report_table.c.report_id == lending.existing.report_id,
            )
            .values(authenticated=True, reporter=lending.copy.reporter, report_key=lending.copy.key)
        )


def _delivery_row(delivery: Delivery, stored: Stored, raw: bytes) -> bulk.Row:
    reason = stored.reason
    envelope = {name: getattr(delivery.envelope, name) for name in _ENVELOPE}
    return (
        delivery.id,
        delivery.received_at,
        delivery.envelope.channel,
        stored.outcome,
        reason.code if reason else None,
        reason.message if reason else None,
        delivery.reporter,
        delivery.authenticated,
        len(delivery.raw),
        _findings(delivery.findings),
        envelope,
        raw,
    )


def _report_row(candidate: Candidate, successful: int, failed: int) -> bulk.Row:
    report = candidate.found.report
    return (
        candidate.domain_id,
        candidate.day,
        candidate.report_id,
        candidate.key,
        candidate.content,
        candidate.delivery_id,
        candidate.received_at,
        candidate.authenticated,
        candidate.reporter,
        report.report_id,
        report.organization_name,
        report.contact_info,
        report.start_datetime,
        report.end_datetime,
        successful,
        failed,
        _findings(candidate.findings),
    )


def _result_row(candidate: Candidate, position: int, result: PolicyResult) -> bulk.Row:
    policy = result.policy
    return (
        candidate.domain_id,
        candidate.day,
        candidate.report_id,
        position,
        policy.policy_type,
        policy.policy_domain,
        policy.mode,
        policy.policy_string,
        policy.mx_host,
        policy.mx,
        policy.max_age,
        result.total_successful_session_count,
        result.total_failure_session_count,
    )


def _detail_rows(candidate: Candidate, policy_position: int, result: PolicyResult) -> Iterable[bulk.Row]:
    head = (candidate.domain_id, candidate.day, candidate.report_id, policy_position)
    for position, detail in enumerate(result.failure_details):
        yield (
            *head,
            position,
            detail.result_type,
            detail.sending_mta_ip,
            detail.receiving_mx_hostname,
            detail.receiving_mx_helo,
            detail.receiving_ip,
            detail.failed_session_count,
            detail.additional_information,
            detail.failure_reason_code,
        )


def _part_row(part: PartOutcome) -> bulk.Row:
    return (part.delivery_id, part.position, part.name, part.outcome, part.report_id)


def _findings(findings: Iterable[Finding]) -> list[list[str]]:
    return [[finding.code, finding.message] for finding in findings]
