"""Figures prove themselves: what is counted of a domain is counted afresh from the raw bytes, and compared (rule 9).

First the reports: each delivery about the domain is read again, and what becomes of its parts is decided anew. Then the
rollups, day by day, against the reports. In small steps beside those who write, each in a transaction of its own.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, Table, Text, and_, delete, exists, select, union

from collector.store import bulk, reports, rollups, settle, to_settle
from collector.store.bulk import MOST, Forms
from collector.store.domains import Snapshot
from collector.store.engine import reading, writing
from collector.store.kept import among, sizes, within_bounds
from collector.store.reports import Counted
from collector.store.settle import Read, one_at_a_time
from collector.store.tables import ROLLUPS, delivery_part
from collector.store.tables import report as report_table
from collector.store.types import Json, to_json

_BATCH = 25  # deliveries
# Who was named last where two reports came at the same moment is no figure.
_NO_FIGURES = frozenset({"organization"})


@dataclass(frozen=True, slots=True)
class Difference:
    """Where what is counted is not what it should be. `what` is a table; `day` None: reports, whatever their day."""

    day: date | None
    what: str
    key: str
    counted: str
    afresh: str


def of_reports(
    engine: Engine, name: str, read: Read, *, is_check: bool, snapshot: Snapshot | None = None
) -> Iterator[tuple[Difference, ...]]:
    """Step by step what counts otherwise than the raw bytes about a domain say. Mended unless `is_check`."""
    snapshot = snapshot or Snapshot()
    act = settle.differs if is_check else settle.settle
    with reading(engine) as connection:
        task: to_settle.Task | None = to_settle.everything_about(connection, name)
    while task is not None:
        step = to_settle.next_step(engine, task, _BATCH)
        left = sizes(engine, step.deliveries)
        while left:
            group = within_bounds(left)
            del left[: len(group)]
            changes = act(engine, [read(each) for each in among(engine, group)], snapshot, read)
            yield tuple(_of_change(change) for change in changes)
        task = step.rest


def days(engine: Engine, domain_id: UUID) -> list[date]:
    """The days of which anything is counted."""
    tables = (report_table, *ROLLUPS)
    each = [select(table.c.day).where(table.c.domain_id == domain_id).distinct() for table in tables]
    with reading(engine) as connection:
        return sorted(connection.execute(union(*each)).scalars())


def of_day(engine: Engine, domain_id: UUID, day: date, *, is_check: bool) -> tuple[Difference, ...]:
    """Where the rollups of a day are not the sum of its reports. Mended unless `is_check`."""
    if is_check:
        with reading(engine) as connection:
            return tuple(_differences(connection, domain_id, day))
    with writing(engine) as connection:
        one_at_a_time(connection)
        bulk.of(connection).lock(connection, [domain_id.int])
        found = tuple(_differences(connection, domain_id, day))
        if found:
            _mend(connection, domain_id, day)
    return found


def _of_change(change: settle.Change) -> Difference:
    counted, afresh = (", ".join(sorted(names)) or "nothing" for names in (change.before, change.after))
    if counted == afresh:
        afresh += ", with other results"
    return Difference(None, "report", f"delivery {change.delivery_id}", counted, afresh)


def _differences(connection: Connection, domain_id: UUID, day: date) -> Iterator[Difference]:
    counted = reports.of_day(connection, domain_id, day)
    yield from _of_rows(connection, day, counted)
    for table, afresh in _afresh(counted).items():
        there = _there(connection, table, domain_id, day)
        for key in sorted(there.keys() | afresh.keys(), key=str):
            old, new = there.get(key), afresh.get(key)
            if old != new:
                yield Difference(day, table.name, _told(table, key, old or new or {}), _counts(old), _counts(new))


def _of_rows(connection: Connection, day: date, counted: Sequence[Counted]) -> Iterator[Difference]:
    """Reports whose own totals differ, and such that no delivery is counted as."""
    orphans = _without_delivery(connection, counted)
    for report in counted:
        figures = report.figures()
        afresh = f"successful {figures.successful}, failed {figures.failed}"
        told = f"successful {report.successful}, failed {report.failed}"
        if told != afresh or report.report_id in orphans:
            afresh = "nothing" if report.report_id in orphans else afresh
            yield Difference(day, "report", f"report {report.report_id}", told, afresh)


def _without_delivery(connection: Connection, counted: Sequence[Counted]) -> set[UUID]:
    if not counted:
        return set()
    part, table = delivery_part.c, report_table.c
    has_one = exists().where(
        part.delivery_id == table.delivery_id, part.report_id == table.report_id, part.outcome == "stored"
    )
    first = counted[0]
    query = select(table.report_id).where(table.domain_id == first.domain_id, table.day == first.day, ~has_one)
    return set(connection.execute(query).scalars())


_Rows = dict[tuple[Any, ...], dict[str, Any]]  # by the rest of the key after domain and day: the other columns


def _afresh(counted: Sequence[Counted]) -> dict[Table, _Rows]:
    increments = rollups.Increments()
    for report in counted:
        increments.add_report(report)
    rows = dict(increments.rows(Forms()))
    return {table: _by_key(table, rows.get(table, [])) for table in ROLLUPS}


def _there(connection: Connection, table: Table, domain_id: UUID, day: date) -> _Rows:
    query = select(table).where(table.c.domain_id == domain_id, table.c.day == day)
    return _by_key(table, [tuple(row) for row in connection.execute(query)])


def _by_key(table: Table, rows: Sequence[tuple[Any, ...]]) -> _Rows:
    found: _Rows = {}
    for row in rows:
        values = {column.name: _plain(column.type, value) for column, value in zip(table.columns, row, strict=True)}
        key = tuple(values.pop(column.name) for column in table.primary_key)[2:]
        found[key] = {name: value for name, value in values.items() if name not in _NO_FIGURES}
    return found


def _plain(kind: Any, value: Any) -> Any:
    """As `Increments.rows` writes it: NULL is "", JSON is text, and no sum is larger than a rollup can hold."""
    if isinstance(kind, Json) and not isinstance(value, str):
        return to_json(value)
    if isinstance(kind, Text) and value is None:
        return ""
    return min(value, MOST) if type(value) is int else value


def _told(table: Table, key: tuple[Any, ...], row: Mapping[str, Any]) -> str:
    """Which row, in words of the table: its key, or of a digest what it stands for."""
    named = dict(zip([column.name for column in table.primary_key][2:], key, strict=True))
    texts = {name: value for name, value in {**named, **row}.items() if isinstance(value, str | bool) and value != ""}
    return ", ".join(f"{name} {value}" for name, value in texts.items())


def _counts(row: Mapping[str, Any] | None) -> str:
    if row is None:
        return "nothing"
    return ", ".join(f"{name} {value}" for name, value in row.items() if not isinstance(value, str | bytes))


def _mend(connection: Connection, domain_id: UUID, day: date) -> None:
    table = report_table.c
    counted = reports.of_day(connection, domain_id, day)
    orphans = _without_delivery(connection, counted)
    for report in counted:
        own = and_(table.domain_id == domain_id, table.day == day, table.report_key == report.key)
        if report.report_id in orphans:
            connection.execute(delete(report_table).where(own))
            continue
        figures = report.figures()
        values = {"successful": figures.successful, "failed": figures.failed}
        if (report.successful, report.failed) != (figures.successful, figures.failed):
            connection.execute(report_table.update().where(own).values(values))
    for rollup in ROLLUPS:
        connection.execute(delete(rollup).where(rollup.c.domain_id == domain_id, rollup.c.day == day))
    increments = rollups.Increments()
    for report in counted:
        if report.report_id not in orphans:
            increments.add_report(report)
    increments.write(connection)
