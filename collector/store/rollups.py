"""The rollups' increments, merged over a group of reports before they are written (DESIGN, The hot path)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Connection, Table, bindparam, select, update

from collector.counting import sessions
from collector.counting.identity import DIGEST_BYTES
from collector.counting.sessions import KEY_CHARACTERS, Cause, MxFigures, PartFigures, PolicyFigures, TypeFigures
from collector.store import bulk
from collector.store.bulk import Forms, Row
from collector.store.plan import Claim
from collector.store.reports import Counted
from collector.store.tables import (
    report,
    rollup_day,
    rollup_failure,
    rollup_mx,
    rollup_policy,
    rollup_reporter,
    rollup_type,
)
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

    def add(self, claim: Claim, figures: PartFigures) -> None:
        """The figures of a report that is to be counted."""
        document = claim.document
        self.add_counted(
            (claim.domain_id, claim.day, document.authenticated),
            figures,
            reporter=document.reporter,
            organization=document.found.report.organization_name,
            received_at=document.delivery.received_at,
        )

    def add_report(self, report: Counted) -> None:
        """Those of one that is counted."""
        self.add_counted(
            (report.domain_id, report.day, report.authenticated),
            report.figures(),
            reporter=report.reporter,
            organization=report.organization,
            received_at=report.received_at,
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
        for table, rows in self.rows(database.forms):
            database.add_up(connection, table, rows)

    def take_off(self, connection: Connection) -> None:
        """Subtracts instead; rows that nothing is left of are deleted. `renew_latest` has to follow."""
        database = bulk.of(connection)
        # From behind: whether failures name an MX still decides whether its row stays.
        for table, rows in reversed(list(self.rows(database.forms))):
            database.take_off(connection, table, rows, unless=_STILL_NAMED if table is rollup_mx else None)

    def rows(self, forms: Forms) -> Iterator[tuple[Table, list[Row]]]:
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


def figures_of(claim: Claim) -> PartFigures:
    return sessions.count(claim.part.domain, claim.results)


def renew_latest(connection: Connection, gone: Iterable[Counted], fresh: Sequence[Claim]) -> None:
    """What rows say of the last report in them, after some were taken off, or came later than those after them.

    `Increments.write` has done that for fresh ones, but where a report gives its organization no name.
    """
    days: dict[tuple[UUID, date, bool], set[str]] = {}
    for each in gone:
        reporters = days.setdefault((each.domain_id, each.day, each.authenticated), set())
        reporters.add(each.reporter[:KEY_CHARACTERS])
    for claim in _beside_nameless(connection, fresh):
        reporters = days.setdefault((claim.domain_id, claim.day, claim.document.authenticated), set())
        reporters.add(claim.document.reporter[:KEY_CHARACTERS])
    of_days, of_reporters = [], []
    for (domain_id, day, marked), reporters in days.items():
        rows = connection.execute(_ARRIVALS, {"domain_id": domain_id, "day": day, "authenticated": marked}).all()
        if not rows:
            continue
        key = {"of_domain": domain_id, "of_day": day, "marked": marked}
        of_days.append(key | {"last": rows[-1].received_at})
        for name in reporters:
            own = [row for row in rows if row.reporter[:KEY_CHARACTERS] == name]
            if own:
                named = [row.organization_name for row in own if row.organization_name]
                values = {"who": name, "last": own[-1].received_at, "called": named[-1] if named else None}
                of_reporters.append(key | values)
    if of_days:
        connection.execute(_SET_LAST, of_days)
        connection.execute(_SET_LAST_OF_REPORTER, of_reporters)


def _beside_nameless(connection: Connection, fresh: Sequence[Claim]) -> list[Claim]:
    """Those about a day of which some report does not name its organization (Q28): hardly ever one."""
    about: dict[UUID, set[date]] = {}
    for claim in fresh:
        about.setdefault(claim.domain_id, set()).add(claim.day)
    nameless = {
        (domain_id, day)
        for domain_id, days in about.items()
        for day in connection.execute(_NAMELESS, {"domain_id": domain_id, "days": sorted(days)}).scalars()
    }
    return [claim for claim in fresh if (claim.domain_id, claim.day) in nameless]


_report = report.c
_ARRIVALS = (
    select(_report.received_at, _report.reporter, _report.organization_name)
    .where(
        _report.domain_id == bindparam("domain_id"),
        _report.day == bindparam("day"),
        _report.authenticated == bindparam("authenticated"),
    )
    .order_by(_report.received_at, _report.delivery_id)
)
_NAMELESS = (
    select(_report.day)
    .where(_report.domain_id == bindparam("domain_id"), _report.day.in_(bindparam("days", expanding=True)))
    .where(_report.organization_name.is_(None))
    .distinct()
)
_SET_LAST = (
    update(rollup_day)
    .where(
        rollup_day.c.domain_id == bindparam("of_domain"),
        rollup_day.c.day == bindparam("of_day"),
        rollup_day.c.authenticated == bindparam("marked"),
    )
    .values(last_received=bindparam("last"))
)
_SET_LAST_OF_REPORTER = (
    update(rollup_reporter)
    .where(
        rollup_reporter.c.domain_id == bindparam("of_domain"),
        rollup_reporter.c.day == bindparam("of_day"),
        rollup_reporter.c.authenticated == bindparam("marked"),
        rollup_reporter.c.reporter == bindparam("who"),
    )
    .values(last_received=bindparam("last"), organization=bindparam("called"))
)
# A detail without a count makes a row of zeros (Q59), which is not to go while another such detail is there.
_STILL_NAMED = (
    "EXISTS (SELECT 1 FROM rollup_failure AS f WHERE f.domain_id = rollup_mx.domain_id AND f.day = rollup_mx.day"
    " AND f.authenticated = rollup_mx.authenticated AND COALESCE(f.mx, '') = rollup_mx.mx)"
)


@lru_cache(maxsize=4096)  # the same hosts fail from day to day, and for many domains
def _failure_key(cause: Cause, reporter: str) -> bytes:
    return _digest((*cause, reporter))


def _digest(fields: Iterable[str]) -> bytes:
    """No field holds a NUL: the reader strips them (Q58)."""
    return blake2b("\0".join(fields).encode(), digest_size=DIGEST_BYTES).digest()
