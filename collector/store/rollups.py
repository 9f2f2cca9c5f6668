"""The rollups' increments, merged over a group of reports before they are written (DESIGN, The hot path)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Connection, Table, and_, delete, update

from collector.counting import sessions
from collector.counting.identity import DIGEST_BYTES
from collector.counting.sessions import KEY_CHARACTERS, Cause, MxFigures, PartFigures, PolicyFigures, TypeFigures
from collector.store import bulk
from collector.store.bulk import Forms, Row
from collector.store.plan import Candidate, Lending
from collector.store.tables import rollup_day, rollup_failure, rollup_mx, rollup_policy, rollup_reporter, rollup_type
from collector.store.types import to_json


@dataclass(slots=True)
class _Headline:
    """Reports and their rule 4 figures."""

    last_received: datetime
    organization: str = ""
    reports: int = 0
    successful: int = 0
    failed: int = 0

    def add(self, figures: PartFigures, received_at: datetime) -> None:
        self.reports += 1
        self.successful += figures.successful
        self.failed += figures.failed
        if received_at > self.last_received:
            self.last_received = received_at


@dataclass(slots=True)
class _Day:
    """What a group adds to one day of one domain, by the columns that follow in each rollup's key."""

    total: _Headline
    reporters: dict[str, _Headline] = field(default_factory=dict)
    types: dict[tuple[str, str], TypeFigures] = field(default_factory=dict)
    mx: dict[str, MxFigures] = field(default_factory=dict)
    causes: dict[tuple[Cause, str], list[int]] = field(default_factory=dict)  # with the reporter; [details, failed]
    policies: dict[tuple[str, str, tuple[str, ...]], PolicyFigures] = field(default_factory=dict)  # reporter, mode, mx


class Increments:
    """Adds up the figures of many reports; `write()` turns them into one statement per table."""

    def __init__(self) -> None:
        self._days: dict[tuple[UUID, date, bool], _Day] = {}

    def add(self, candidate: Candidate, figures: PartFigures) -> None:
        """One report's figures, under the authentication and reporter that `candidate` has."""
        self._add(candidate, figures, candidate.reporter[:KEY_CHARACTERS], candidate.authenticated)

    def add_unauthenticated(self, candidate: Candidate, figures: PartFigures, reporter: str) -> None:
        """The same figures as they stand for a report that came without authentication, from `reporter`."""
        self._add(candidate, figures, reporter[:KEY_CHARACTERS], False)

    def _add(self, candidate: Candidate, figures: PartFigures, reporter: str, marked: bool) -> None:
        key = (candidate.domain_id, candidate.day, marked)
        received_at = candidate.delivery.received_at
        day = self._days.get(key)
        if day is None:
            day = self._days[key] = _Day(_Headline(received_at))
        day.total.add(figures, received_at)
        headline = day.reporters.get(reporter)
        if headline is None:
            headline = day.reporters[reporter] = _Headline(received_at)
        headline.add(figures, received_at)
        headline.organization = candidate.found.report.organization_name or headline.organization
        _merge_types(day.types, figures.types)
        _merge_mx(day.mx, figures.mx)
        for (mode, patterns), policy in figures.policies.items():
            policies = day.policies.setdefault((reporter, mode, patterns), PolicyFigures())
            policies.results += policy.results
            policies.sessions += policy.sessions
        for cause, failed in figures.causes.items():
            counts = day.causes.setdefault((cause, reporter), [0, 0])
            counts[0] += 1
            counts[1] += failed

    def write(self, connection: Connection) -> None:
        database = bulk.of(connection)
        for table, rows in self._rows(database.forms):
            database.add_up(connection, table, rows)

    def take_back(self, connection: Connection) -> None:
        """Subtracts instead; rows that nothing is left of are deleted. For the rare lending, not for the hot path."""
        for table, rows in self._rows(Forms()):
            counts = [column for column in table.columns if isinstance(column.type, BigInteger)]
            for row in rows:
                values = dict(zip(table.columns, row, strict=True))
                where = and_(*(column == values[column] for column in table.primary_key))
                changed = {column.name: column - values[column] for column in counts}
                connection.execute(update(table).where(where).values(changed))
                connection.execute(delete(table).where(where, *(column == 0 for column in counts)))

    def _rows(self, forms: Forms) -> Iterator[tuple[Table, list[Row]]]:
        """Every rollup's rows, in the order of its columns."""
        days = [
            ((forms.id(domain_id), forms.day(day), forms.flag(marked)), figures)
            for (domain_id, day, marked), figures in self._days.items()
        ]
        yield rollup_day, [(*head, *_headline(day.total, forms)) for head, day in days]
        yield (
            rollup_reporter,
            [
                (*head, name, *_headline(of, forms), of.organization)
                for head, day in days
                for name, of in day.reporters.items()
            ],
        )
        yield (
            rollup_type,
            [
                (*head, *key, of.results, of.successful, of.failed)
                for head, day in days
                for key, of in day.types.items()
            ],
        )
        yield (
            rollup_mx,
            [
                (*head, name, of.failed, of.successful, of.attributable)
                for head, day in days
                for name, of in day.mx.items()
            ],
        )
        yield (
            rollup_policy,
            [
                (*head, reporter, forms.octets(_digest((mode, *mx))), mode, to_json(mx), of.results, of.sessions)
                for head, day in days
                for (reporter, mode, mx), of in day.policies.items()
            ],
        )
        yield (
            rollup_failure,
            [
                (*head, forms.octets(_failure_key(cause, reporter)), *cause[:4], reporter, *cause[4:], *counts)
                for head, day in days
                for (cause, reporter), counts in day.causes.items()
            ],
        )


def _headline(of: _Headline, forms: Forms) -> tuple[int, int, int, Any]:
    return of.reports, of.successful, of.failed, forms.instant(of.last_received)


def _merge_types(into: dict[tuple[str, str], TypeFigures], figures: dict[tuple[str, str], TypeFigures]) -> None:
    if not into:
        into.update(figures)
        return
    for key, more in figures.items():
        of = into.setdefault(key, TypeFigures())
        of.results += more.results
        of.successful += more.successful
        of.failed += more.failed


def _merge_mx(into: dict[str, MxFigures], figures: dict[str, MxFigures]) -> None:
    if not into:
        into.update(figures)
        return
    for mx, more in figures.items():
        of = into.setdefault(mx, MxFigures())
        of.failed += more.failed
        of.successful += more.successful
        of.attributable += more.attributable


def figures_of(candidate: Candidate) -> PartFigures:
    policies = candidate.found.report.policies
    return sessions.count(candidate.part.domain, [policies[position] for position in candidate.part.positions])


def move(connection: Connection, lendings: Iterable[Lending]) -> None:
    """The figures of reports that became authenticated move from the unauthenticated rows to their own."""
    before, after = Increments(), Increments()
    for lending in lendings:
        before.add_unauthenticated(lending.copy, figures_of(lending.copy), lending.existing.reporter)
        after.add(lending.copy, figures_of(lending.copy))
    before.take_back(connection)
    after.write(connection)


@lru_cache(maxsize=4096)  # the same hosts fail from day to day, and for many domains
def _failure_key(cause: Cause, reporter: str) -> bytes:
    return _digest((*cause, reporter))


def _digest(fields: Iterable[str]) -> bytes:
    """No field holds a NUL: the reader strips them (Q58)."""
    return blake2b("\0".join(fields).encode(), digest_size=DIGEST_BYTES).digest()
