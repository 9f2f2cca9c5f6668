"""The rollups' increments, merged over a group of reports before they are written (DESIGN, The hot path)."""

from collections.abc import Iterable
from datetime import datetime
from hashlib import blake2b
from typing import Any

from sqlalchemy import BigInteger, Connection, Table, and_, delete, update

from collector.counting import sessions
from collector.counting.identity import DIGEST_BYTES
from collector.counting.sessions import KEY_CHARACTERS, Cause, PartFigures
from collector.store import bulk
from collector.store.plan import Candidate, Lending
from collector.store.tables import rollup_day, rollup_failure, rollup_mx, rollup_policy, rollup_reporter, rollup_type

# Per table: key -> (counts to add, then what is set or grows), in the order of the columns.
_Rows = dict[tuple[Any, ...], list[Any]]


class Increments:
    """Adds up the figures of many reports; `write()` turns them into one statement per table."""

    def __init__(self) -> None:
        self.tables: dict[Table, _Rows] = {
            table: {} for table in (rollup_day, rollup_type, rollup_reporter, rollup_mx, rollup_failure, rollup_policy)
        }

    def add(self, candidate: Candidate, figures: PartFigures) -> None:
        """One report's figures, under the authentication and reporter that `candidate` has."""
        reporter = candidate.reporter[:KEY_CHARACTERS]
        self._add(candidate, figures, reporter, candidate.authenticated, candidate.received_at)

    def add_unauthenticated(self, candidate: Candidate, figures: PartFigures, reporter: str) -> None:
        """The same figures as they stand for a report that came without authentication, from `reporter`."""
        self._add(candidate, figures, reporter[:KEY_CHARACTERS], False, candidate.received_at)

    def _add(self, candidate: Candidate, figures: PartFigures, reporter: str, marked: bool, at: datetime) -> None:
        key = (candidate.domain_id, candidate.day, marked)
        headline = [1, figures.successful, figures.failed, at]
        self._put(rollup_day, key, headline)
        self._put(rollup_reporter, (*key, reporter), [*headline, candidate.found.report.organization_name])
        for (policy_type, mode), kind in figures.types.items():
            self._put(rollup_type, (*key, policy_type, mode), [kind.results, kind.successful, kind.failed])
        for mx, figure in figures.mx.items():
            self._put(rollup_mx, (*key, mx), [figure.failed, figure.successful, figure.attributable])
        for (mode, patterns), policy in figures.policies.items():
            policy_key = _digest((mode, *patterns))
            row = [mode, patterns, policy.results, policy.sessions]
            self._put(rollup_policy, (*key, reporter, policy_key), row)
        for cause, failed in figures.causes.items():
            row = [
                cause.result_type,
                cause.mx,
                cause.sending_mta_ip,
                cause.receiving_ip,
                reporter,
                cause.reason,
                cause.mode,
                1,
                failed,
            ]
            self._put(rollup_failure, (*key, _failure_key(cause, reporter)), row)

    def _put(self, table: Table, key: tuple[Any, ...], values: list[Any]) -> None:
        row = self.tables[table].setdefault(key, values)
        if row is values:
            return
        for index, value in enumerate(values):
            if isinstance(value, int):
                row[index] += value
            elif isinstance(value, datetime):
                row[index] = max(row[index], value)
            elif value is not None:
                row[index] = value

    def write(self, connection: Connection) -> None:
        for table, rows in self.tables.items():
            bulk.add_up(connection, table, [(*key, *values) for key, values in rows.items()])

    def take_back(self, connection: Connection) -> None:
        """Subtracts instead; rows that nothing is left of are deleted. For the rare lending, not for the hot path."""
        for table, rows in self.tables.items():
            own = [column for column in table.columns if not column.primary_key]
            counts = [column for column in own if isinstance(column.type, BigInteger)]
            for key, values in rows.items():
                where = and_(*(column == value for column, value in zip(table.primary_key, key, strict=True)))
                by_name = dict(zip((column.name for column in own), values, strict=True))
                changed = {column.name: column - by_name[column.name] for column in counts}
                connection.execute(update(table).where(where).values(changed))
                connection.execute(delete(table).where(where, *(column == 0 for column in counts)))


def figures_of(candidate: Candidate) -> PartFigures:
    results = [candidate.found.report.policies[position] for position in candidate.part.positions]
    return sessions.count(candidate.part.domain, results)


def move(connection: Connection, lendings: Iterable[Lending]) -> None:
    """The figures of reports that became authenticated move from the unauthenticated rows to their own."""
    before, after = Increments(), Increments()
    for lending in lendings:
        figures = figures_of(lending.copy)
        before.add_unauthenticated(lending.copy, figures, lending.existing.reporter)
        after.add(lending.copy, figures)
    before.take_back(connection)
    after.write(connection)


def _failure_key(cause: Cause, reporter: str) -> bytes:
    return _digest(
        (cause.result_type, cause.mx, cause.sending_mta_ip, cause.receiving_ip, cause.reason, cause.mode, reporter)
    )


def _digest(fields: Iterable[str | None]) -> bytes:
    """No field holds a NUL: the reader strips them (Q58)."""
    return blake2b("\0".join([value or "" for value in fields]).encode(), digest_size=DIGEST_BYTES).digest()
