"""One transaction: a group of deliveries, with everything that follows from them, becomes durable."""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy import Connection, Engine, update

from collector.channels import MAIL_CHANNELS
from collector.delivery import Delivery, Envelope, Stored
from collector.report.model import Finding
from collector.store import bulk, plan, reports, rollups, to_settle
from collector.store.bulk import Forms, Row
from collector.store.domains import Snapshot
from collector.store.engine import Held, writing
from collector.store.plan import Claim, Lending, Plan
from collector.store.results import kept_result
from collector.store.tables import delivery as delivery_table
from collector.store.tables import delivery_name, delivery_part
from collector.store.tables import report as report_table
from collector.store.types import path_of, to_json

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
    """Writes a plan's reports, figures, parts and names; the rows of the deliveries stand already."""
    database = bulk.of(connection)
    forms = database.forms
    increments = rollups.Increments()
    rows: list[Row] = []
    for claim in decided.fresh:
        figures = rollups.figures_of(claim)
        rows.append(_report_row(claim, figures.successful, figures.failed, forms))
        increments.add(claim, figures)
    parts = [
        (
            forms.id(part.delivery_id),
            part.position,
            part.name,
            part.outcome,
            part.report_id and forms.id(part.report_id),
            part.document and forms.octets(part.document),
            forms.flag(part.authenticated),
            part.reporter,
            part.since and forms.id(part.since),
        )
        for part in decided.parts
    ]
    names = [(path_of(name), forms.id(delivery_id)) for name, delivery_id in dict.fromkeys(decided.names)]
    database.insert(connection, report_table, rows)
    database.insert(connection, delivery_part, parts)
    database.insert(connection, delivery_name, names)
    increments.write(connection)
    for lending in decided.lent:
        _lend(connection, lending)


def _lend(connection: Connection, lending: Lending) -> None:
    original, copy = lending.original, lending.copy
    part = delivery_part.c
    connection.execute(
        update(delivery_part)
        .where(part.delivery_id == original.delivery_id, part.position == original.position)
        .values(authenticated=True, reporter=copy.reporter, since=copy.delivery.id)
    )
    if lending.claims is None or not all(_hand_over(connection, claim) for claim in lending.claims):
        to_settle.add_delivery(connection, original.delivery_id)


def _hand_over(connection: Connection, claim: Claim) -> bool:
    """The report that is counted already counts under the key and the reporter of `claim` from now on.

    False, and nothing is done, if it says something else: what stood around the copy gave it other parts.
    """
    counted = reports.with_ids(connection, [claim.report_id])
    if not counted:
        return True  # it is about a domain that nobody added
    [report] = counted
    if report.policy_results != policy_results(claim):
        return False
    before, after = rollups.Increments(), rollups.Increments()
    before.add_report(report)
    before.take_off(connection)
    table = report_table.c
    connection.execute(
        update(report_table)
        .where(table.domain_id == report.domain_id, table.day == report.day, table.report_key == report.key)
        .values(authenticated=True, reporter=claim.document.reporter, report_key=claim.key)
    )
    changed = replace(report, authenticated=True, reporter=claim.document.reporter)
    after.add_report(changed)
    after.write(connection)
    rollups.renew_latest(connection, [report, changed], [])
    return True


def policy_results(claim: Claim) -> str:
    """As they stand in the row of its report."""
    return to_json([kept_result(result) for result in claim.results])


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


def _report_row(claim: Claim, successful: int, failed: int, forms: Forms) -> Row:
    document = claim.document
    report = document.found.report
    return (
        forms.id(claim.domain_id),
        forms.day(claim.day),
        forms.octets(claim.key),
        forms.id(claim.report_id),
        forms.id(document.delivery.id),
        forms.instant(document.delivery.received_at),
        forms.flag(document.authenticated),
        document.reporter,
        report.report_id,
        report.organization_name,
        report.contact_info,
        forms.instant(report.start_datetime),
        forms.instant(report.end_datetime),
        successful,
        failed,
        to_json(finding_pairs(claim.findings)),
        policy_results(claim),
    )


def finding_pairs(findings: Iterable[Finding]) -> list[tuple[str, str]]:
    """Findings as the database keeps them."""
    return [(finding.code, finding.message) for finding in findings]
