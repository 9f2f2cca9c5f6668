"""The rollups' increments, merged over a group of reports before they are written (DESIGN, The hot path)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Any, TypeVar
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

_Key = TypeVar("_Key")
_Figures = TypeVar("_Figures", MxFigures, TypeFigures, PolicyFigures)


@dataclass(slots=True)
class _Headline:
    """Reports and their rule 4 figures."""

    last_received: datetime
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
class _Reporter:
    """What one reporter adds to a day."""

    total: _Headline
    organization: str = ""
    policies: dict[tuple[str, tuple[str, ...]], PolicyFigures] = field(default_factory=dict)  # by mode and mx
    causes: dict[Cause, list[int]] = field(default_factory=dict)  # [details, failed]


@dataclass(slots=True)
class _Day:
    """What a group of reports adds to one day of one domain: each dict by the columns that follow in the key."""

    total: _Headline
    reporters: dict[str, _Reporter] = field(default_factory=dict)
    types: dict[tuple[str, str], TypeFigures] = field(default_factory=dict)
    mx: dict[str, MxFigures] = field(default_factory=dict)


class Increments:
    """Adds up the figures of many reports; `write()` turns them into one statement per table.

    It takes the figures over: who needs them afterwards counts again.
    """

    def __init__(self) -> None:
        self._days: dict[tuple[UUID, date, bool], _Day] = {}

    def add(self, candidate: Candidate, figures: PartFigures) -> None:
        """One report's figures, under the authentication and reporter that `candidate` has."""
        self._add(candidate, figures, candidate.reporter, candidate.authenticated)

    def add_unauthenticated(self, candidate: Candidate, figures: PartFigures, reporter: str) -> None:
        """The same figures as they stand for a report that came without authentication, from `reporter`."""
        self._add(candidate, figures, reporter, False)

    def _add(self, candidate: Candidate, figures: PartFigures, reporter: str, marked: bool) -> None:
        self.add_counted(
            (candidate.domain_id, candidate.day, marked),
            figures,
            reporter=reporter,
            organization=candidate.found.report.organization_name,
            received_at=candidate.delivery.received_at,
        )

    def add_counted(
        self,
        key: tuple[UUID, date, bool],
        figures: PartFigures,
        *,
        reporter: str,
        organization: str | None,
        received_at: datetime,
    ) -> None:
        """The figures of a report about (domain, day, whether it is authenticated)."""
        name = reporter[:KEY_CHARACTERS]
        day = self._days.get(key)
        if day is None:
            day = self._days[key] = _Day(_Headline(received_at))
        teller = day.reporters.get(name)
        if teller is None:
            teller = day.reporters[name] = _Reporter(_Headline(received_at))
        day.total.add(figures, received_at)
        teller.total.add(figures, received_at)
        teller.organization = organization or teller.organization
        _merge(day.types, figures.types)
        _merge(day.mx, figures.mx)
        _merge(teller.policies, figures.policies)
        for cause, failed in figures.causes.items():
            counts = teller.causes.get(cause)
            if counts is None:
                teller.causes[cause] = [1, failed]
            else:
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
        reporters = [(head, name, of) for head, day in days for name, of in day.reporters.items()]
        yield rollup_day, [(*head, *_headline(day.total, forms)) for head, day in days]
        yield (
            rollup_reporter,
            [(*head, name, *_headline(of.total, forms), of.organization) for head, name, of in reporters],
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
                (*head, name, forms.octets(_digest((mode, *mx))), mode, to_json(mx), of.results, of.sessions)
                for head, name, reporter in reporters
                for (mode, mx), of in reporter.policies.items()
            ],
        )
        yield (
            rollup_failure,
            [
                (*head, forms.octets(_failure_key(cause, name)), *cause[:4], name, *cause[4:], *counts)
                for head, name, reporter in reporters
                for cause, counts in reporter.causes.items()
            ],
        )


def _headline(of: _Headline, forms: Forms) -> tuple[int, int, int, Any]:
    return of.reports, of.successful, of.failed, forms.instant(of.last_received)


def _merge(into: dict[_Key, _Figures], figures: dict[_Key, _Figures]) -> None:
    for key, more in figures.items():
        there = into.get(key)
        if there is None:
            into[key] = more
        else:
            there.add(more)


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
