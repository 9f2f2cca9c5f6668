"""Kept deliveries that were read again: what became of them is decided anew, with whatever follows from it."""

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import Connection, Engine, bindparam, delete, select, text, update

from collector.delivery import OPEN, Delivery, Stored
from collector.store import outcomes, plan
from collector.store.commit import finding_pairs, write
from collector.store.domains import Snapshot
from collector.store.engine import writing
from collector.store.group import REFUSED, TOO_MUCH
from collector.store.tables import delivery as table
from collector.store.tables import delivery_part

log = logging.getLogger(__name__)

_REVISION_LOCK = 0x746C7374
_COUNTED = ("stored", "conflict", "duplicate")
_Attempt = Callable[[Connection, Sequence[Delivery]], set[UUID]]


def one_at_a_time(connection: Connection) -> None:
    """At the begin of a write transaction that changes or removes what is kept: others that do so wait.

    SQLite has one writer anyway. Taken before any other lock, or two could wait for each other.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _REVISION_LOCK})


def count_waiting(engine: Engine, deliveries: Sequence[Delivery], snapshot: Snapshot) -> int:
    """Decides the unassigned parts of `deliveries` again. Returns how many deliveries have parts that count now."""

    def attempt(connection: Connection, some: Sequence[Delivery]) -> set[UUID]:
        return _decide(connection, some, snapshot, leave=_COUNTED)

    return len(_in_one_transaction(engine, deliveries, attempt))


def replace_open(engine: Engine, deliveries: Sequence[Delivery], snapshot: Snapshot) -> None:
    """Puts what `deliveries` say now in the place of what was kept of them, but for those counted meanwhile."""

    def attempt(connection: Connection, some: Sequence[Delivery]) -> set[UUID]:
        ids = [delivery.id for delivery in some]
        query = select(table.c.delivery_id).where(table.c.delivery_id.in_(ids), table.c.outcome.in_(OPEN))
        still_open = set(connection.execute(query).scalars())
        return _decide(connection, [delivery for delivery in some if delivery.id in still_open], snapshot, leave=())

    _in_one_transaction(engine, deliveries, attempt)


def _in_one_transaction(engine: Engine, deliveries: Sequence[Delivery], attempt: _Attempt) -> set[UUID]:
    """As `GroupCommit` does it: if the database refuses a row, its neighbours are innocent, and it stays uncounted."""
    if not deliveries:
        return set()
    try:
        with writing(engine) as connection:
            one_at_a_time(connection)
            return attempt(connection, deliveries)
    except REFUSED as error:
        if len(deliveries) > 1:
            return set().union(*(_in_one_transaction(engine, [each], attempt) for each in deliveries))
        [delivery] = deliveries
        if delivery.reason is not None:
            raise
        log.warning("delivery %s holds figures that cannot be added up: %s", delivery.id, error.__class__.__name__)
        return _in_one_transaction(engine, [replace(delivery, reason=TOO_MUCH)], attempt)


def _decide(
    connection: Connection, deliveries: Sequence[Delivery], snapshot: Snapshot, *, leave: Collection[str]
) -> set[UUID]:
    """Decides all parts but those whose outcome is one to `leave`. Returns the deliveries with parts that count now."""
    known = snapshot.current(connection)
    part = delivery_part.c
    stays = select(part.delivery_id, part.position, part.name).where(
        part.delivery_id.in_([delivery.id for delivery in deliveries]), part.outcome.in_(leave)
    )
    settled = {(row.delivery_id, row.position, row.name) for row in connection.execute(stays)}
    counted_before = {delivery_id for delivery_id, _, _ in settled}
    # What cannot be read any more (a limit was lowered) keeps the parts that it has.
    again = [delivery for delivery in deliveries if delivery.found or delivery.id not in counted_before]
    ids = [delivery.id for delivery in again]
    decided = plan.make(connection, again, known, settled=settled)
    connection.execute(delete(delivery_part).where(part.delivery_id.in_(ids), part.outcome.not_in(leave)))
    _set_rows(connection, again, decided.outcomes(again), but=counted_before)
    write(connection, decided)
    outcomes.refresh(connection, table.c.delivery_id.in_(counted_before.intersection(ids)))
    return {each.delivery_id for each in decided.parts if each.outcome in _COUNTED}


_SET_ROW = (
    update(table)
    .where(table.c.delivery_id == bindparam("of"))
    .values({name: bindparam(f"new_{name}") for name in (
        "outcome", "reason_code", "reason_message", "reporter", "authenticated", "findings"
    )})
)  # fmt: skip


def _set_rows(
    connection: Connection, deliveries: Sequence[Delivery], decided: Sequence[Stored], *, but: Collection[UUID]
) -> None:
    rows = [
        {
            "of": delivery.id,
            "new_outcome": stored.outcome,
            "new_reason_code": stored.reason.code if stored.reason else None,
            "new_reason_message": stored.reason.message if stored.reason else None,
            "new_reporter": delivery.reporter,
            "new_authenticated": delivery.authenticated,
            "new_findings": finding_pairs(delivery.findings),
        }
        for delivery, stored in zip(deliveries, decided, strict=True)
        if delivery.id not in but
    ]
    if rows:
        connection.execute(_SET_ROW, rows)
