"""A group of deliveries on its way into one transaction: each part is decided, figures are merged, then all is written.

Decisions follow rule 3: an equal content is a `duplicate`, other content under the same key a `conflict`.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Connection, Select, bindparam, select, text, tuple_

from collector.counting import identity
from collector.counting.assign import Part, split
from collector.counting.known import KnownDomains
from collector.delivery import OUTCOMES, Delivery, Found, Stored
from collector.ids import new_id
from collector.report.model import Finding
from collector.store.tables import report as report_table


@dataclass(slots=True)
class Candidate:
    """One known domain's part of a report that arrived, and what is decided about it."""

    delivery_id: UUID
    received_at: datetime
    found: Found
    position: int
    part: Part
    domain_id: UUID
    authenticated: bool
    key: bytes
    content: bytes
    report_id: UUID = field(default_factory=new_id)

    @property
    def day(self) -> date:
        return self.found.report.day

    @property
    def reporter(self) -> str:
        return self.found.reporter

    @property
    def findings(self) -> tuple[Finding, ...]:
        return self.found.report.findings + self.part.findings


@dataclass(frozen=True, slots=True)
class Existing:
    """A report that is counted already, in the database or earlier in the same group."""

    report_id: UUID
    key: bytes
    content: bytes
    authenticated: bool
    reporter: str
    pending: Candidate | None = None


@dataclass(frozen=True, slots=True)
class PartOutcome:
    delivery_id: UUID
    position: int
    name: str
    outcome: str
    report_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Lending:
    """A counted report becomes authenticated through `copy`, which says the same."""

    existing: Existing
    copy: Candidate


@dataclass(slots=True)
class Plan:
    """What the transaction will write."""

    fresh: list[Candidate] = field(default_factory=list)
    lent: list[Lending] = field(default_factory=list)
    parts: list[PartOutcome] = field(default_factory=list)

    def outcomes(self, deliveries: Iterable[Delivery]) -> tuple[Stored, ...]:
        """What became of each delivery: the best of its parts."""
        of: dict[UUID, set[str]] = {}
        for part in self.parts:
            of.setdefault(part.delivery_id, set()).add(part.outcome)
        return tuple(
            Stored(delivery.id, "quarantined", delivery.reason)
            if delivery.reason is not None
            else Stored(delivery.id, best(of.get(delivery.id, ())))
            for delivery in deliveries
        )


def best(outcomes: Iterable[str]) -> str:
    """The outcome of a delivery from those of its parts."""
    return min(outcomes, key=OUTCOMES.index, default="unassigned")


def make(
    connection: Connection,
    deliveries: Sequence[Delivery],
    known: KnownDomains,
    *,
    settled: Collection[tuple[UUID, int, str]] = (),
) -> Plan:
    """Decides every part of `deliveries`, in their order, against the database and against each other.

    `settled` names parts (delivery, position, domain) that were decided before and are left alone.
    """
    plan = Plan()
    candidates: list[Candidate] = []
    for delivery in deliveries:
        for position, found in enumerate(delivery.found):
            for part in split(found.report, found.hints, known):
                if (delivery.id, position, part.domain) in settled:
                    continue
                if delivery.reason is not None or not part.known:
                    outcome = "unassigned" if delivery.reason is None else "quarantined"
                    plan.parts.append(PartOutcome(delivery.id, position, part.domain, outcome))
                else:
                    candidates.append(_candidate(delivery, found, position, part, known))
    if candidates:
        _lock(connection, candidates)
        _decide(plan, candidates, _existing(connection, candidates))
    return plan


def _candidate(delivery: Delivery, found: Found, position: int, part: Part, known: KnownDomains) -> Candidate:
    report = found.report
    return Candidate(
        delivery_id=delivery.id,
        received_at=delivery.received_at,
        found=found,
        position=position,
        part=part,
        domain_id=known.ids[part.domain],
        authenticated=delivery.authenticated,
        key=identity.report_key(report, part, reporter=found.reporter, authenticated=delivery.authenticated),
        content=identity.content(report, part),
    )


def _lock(connection: Connection, candidates: Iterable[Candidate]) -> None:
    """PostgreSQL: one collector at a time decides about a domain. SQLite has one writer anyway."""
    if connection.dialect.name != "postgresql":
        return
    keys = sorted({candidate.domain_id.int & (1 << 63) - 1 for candidate in candidates})
    statement = text("SELECT pg_advisory_xact_lock(key) FROM unnest(CAST(:keys AS bigint[])) AS key")
    connection.execute(statement, {"keys": keys})


class _Counted:
    """The reports that matter for a group, by key and by content; grows as the group is decided."""

    def __init__(self) -> None:
        self._by_key: dict[tuple[UUID, date, bytes], Existing] = {}
        self._by_content: dict[tuple[UUID, date, bytes], list[Existing]] = {}

    def add(self, domain_id: UUID, day: date, existing: Existing) -> None:
        if (domain_id, day, existing.key) not in self._by_key:
            self._by_key[domain_id, day, existing.key] = existing
            self._by_content.setdefault((domain_id, day, existing.content), []).append(existing)

    def replace(self, domain_id: UUID, day: date, old: Existing, new: Existing) -> None:
        del self._by_key[domain_id, day, old.key]
        self._by_content[domain_id, day, old.content].remove(old)
        self.add(domain_id, day, new)

    def same_key(self, candidate: Candidate) -> Existing | None:
        return self._by_key.get((candidate.domain_id, candidate.day, candidate.key))

    def same_content(self, candidate: Candidate) -> Existing | None:
        """A counted report with equal content that this may be a copy of.

        Two authenticated reporters are never each other's copies: nobody can block another's report.
        """
        for existing in self._by_content.get((candidate.domain_id, candidate.day, candidate.content), ()):
            both = existing.authenticated and candidate.authenticated
            if not both or existing.reporter == candidate.reporter:
                return existing
        return None


def _looking_for(digest: Column[Any]) -> Select[Any]:
    """The counted reports with one of the `wanted` (domain_id, day, digest). Built once: building is what costs."""
    table = report_table.c
    columns = (
        table.domain_id,
        table.day,
        table.report_id,
        table.report_key,
        table.content,
        table.authenticated,
        table.reporter,
    )
    return select(*columns).where(tuple_(table.domain_id, table.day, digest).in_(bindparam("wanted", expanding=True)))


_BY_KEY = _looking_for(report_table.c.report_key)
_BY_CONTENT = _looking_for(report_table.c.content)
_AT_ONCE = 300  # SQLite allows so many values in a statement, three times


def _existing(connection: Connection, candidates: Sequence[Candidate]) -> _Counted:
    counted = _Counted()
    for query, wanted in (
        (_BY_KEY, {(c.domain_id, c.day, c.key) for c in candidates}),
        (_BY_CONTENT, {(c.domain_id, c.day, c.content) for c in candidates}),
    ):
        for start in range(0, len(wanted), _AT_ONCE):
            some = list(wanted)[start : start + _AT_ONCE]
            for domain_id, day, *rest in connection.execute(query, {"wanted": some}):
                counted.add(domain_id, day, Existing(*rest))
    return counted


def _decide(plan: Plan, candidates: Iterable[Candidate], counted: _Counted) -> None:
    for candidate in candidates:
        same = counted.same_content(candidate)
        other = counted.same_key(candidate)
        lends = same is not None and candidate.authenticated and not same.authenticated
        if same is not None and not (lends and other is not None):
            outcome, target = "duplicate", same.report_id
            if lends:
                _lend(plan, counted, same, candidate)
        elif other is not None:
            outcome, target = "conflict", other.report_id
        else:
            outcome, target = "stored", candidate.report_id
            plan.fresh.append(candidate)
            counted.add(candidate.domain_id, candidate.day, _as_existing(candidate))
        name = candidate.part.domain
        plan.parts.append(PartOutcome(candidate.delivery_id, candidate.position, name, outcome, target))


def _as_existing(candidate: Candidate) -> Existing:
    return Existing(
        candidate.report_id, candidate.key, candidate.content, candidate.authenticated, candidate.reporter, candidate
    )


def _lend(plan: Plan, counted: _Counted, same: Existing, copy: Candidate) -> None:
    """An authenticated copy lends its authentication to a report that came without (rule 3)."""
    if same.pending is not None:  # earlier in this very group: not written yet
        pending = same.pending
        pending.found = replace(pending.found, reporter=copy.reporter)
        pending.authenticated, pending.key = True, copy.key
        renewed = _as_existing(pending)
    else:
        plan.lent.append(Lending(same, copy))
        renewed = replace(same, authenticated=True, key=copy.key, reporter=copy.reporter)
    counted.replace(copy.domain_id, copy.day, same, renewed)
