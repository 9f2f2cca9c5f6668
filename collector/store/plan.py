"""A group of deliveries on its way into one transaction: each part is decided before anything is written.

Decisions follow rule 3: an equal content is a `duplicate`, other content under the same key a `conflict`.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from collector.counting import identity
from collector.counting.assign import Part, split
from collector.counting.known import KnownDomains
from collector.delivery import OUTCOMES, Delivery, Found, Stored
from collector.ids import new_id
from collector.report.model import Finding
from collector.store import bulk
from collector.store.bulk import Wanted
from collector.store.tables import report as report_table


@dataclass(slots=True)
class Candidate:
    """One known domain's part of a report that arrived, and what is decided about it."""

    delivery: Delivery
    found: Found
    position: int
    part: Part
    domain_id: UUID
    day: date
    reporter: str
    authenticated: bool
    key: bytes
    content: bytes
    report_id: UUID = field(default_factory=new_id)

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


class PartOutcome(NamedTuple):
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
        bulk.of(connection).lock(connection, {candidate.domain_id for candidate in candidates})
        _decide(plan, candidates, _existing(connection, candidates))
    return plan


def _candidate(delivery: Delivery, found: Found, position: int, part: Part, known: KnownDomains) -> Candidate:
    report = found.report
    return Candidate(
        delivery=delivery,
        found=found,
        position=position,
        part=part,
        domain_id=known.ids[part.domain],
        day=report.day,
        reporter=found.reporter,
        authenticated=delivery.authenticated,
        key=identity.report_key(report, part, reporter=found.reporter, authenticated=delivery.authenticated),
        content=identity.content(report, part),
    )


class _Counted:
    """The reports that matter for a group, by key and by content; grows as the group is decided."""

    def __init__(self) -> None:
        self._by_key: dict[_Digest, Existing] = {}
        self._by_content: dict[_Digest, list[Existing]] = {}

    def add(self, about: Candidate, existing: Existing) -> None:
        """`existing` is a report about the same domain and day as `about`."""
        key = _digest(about, existing.key)
        if key not in self._by_key:
            self._by_key[key] = existing
            self._by_content.setdefault(_digest(about, existing.content), []).append(existing)

    def replace(self, about: Candidate, old: Existing, new: Existing) -> None:
        del self._by_key[_digest(about, old.key)]
        self._by_content[_digest(about, old.content)].remove(old)
        self.add(about, new)

    def same_key(self, candidate: Candidate) -> Existing | None:
        return self._by_key.get(_digest(candidate, candidate.key))

    def same_content(self, candidate: Candidate) -> Existing | None:
        """A counted report with equal content that this may be a copy of.

        Two authenticated reporters are never each other's copies: nobody can block another's report.
        """
        for existing in self._by_content.get(_digest(candidate, candidate.content), ()):
            both = existing.authenticated and candidate.authenticated
            if not both or existing.reporter == candidate.reporter:
                return existing
        return None


# Domain, day, digest of key or content. The domain as a number: the hash of a UUID is made anew each time, and slow.
_Digest = tuple[int, date, bytes]


def _digest(about: Candidate, digest: bytes) -> _Digest:
    return about.domain_id.int, about.day, digest


_table = report_table.c
_EXISTING = (_table.report_id, _table.report_key, _table.content, _table.authenticated, _table.reporter)
_BY_KEY = Wanted(report_table, _EXISTING, by=(_table.domain_id, _table.day, _table.report_key))
_BY_CONTENT = Wanted(report_table, _EXISTING, by=(_table.domain_id, _table.day, _table.content))


def _existing(connection: Connection, candidates: Sequence[Candidate]) -> _Counted:
    database = bulk.of(connection)
    forms = database.forms
    about = [(forms.id(candidate.domain_id), forms.day(candidate.day)) for candidate in candidates]
    keys = [(*scope, forms.octets(candidate.key)) for scope, candidate in zip(about, candidates, strict=True)]
    contents = [(*scope, forms.octets(candidate.content)) for scope, candidate in zip(about, candidates, strict=True)]
    counted = _Counted()
    for wanted, values in ((_BY_KEY, keys), (_BY_CONTENT, contents)):
        for index, (report_id, key, content, authenticated, reporter) in database.find(connection, wanted, values):
            existing = Existing(forms.read_id(report_id), key, content, bool(authenticated), reporter)
            counted.add(candidates[index], existing)
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
            counted.add(candidate, _as_existing(candidate))
        part = PartOutcome(candidate.delivery.id, candidate.position, candidate.part.domain, outcome, target)
        plan.parts.append(part)


def _as_existing(candidate: Candidate) -> Existing:
    return Existing(
        candidate.report_id, candidate.key, candidate.content, candidate.authenticated, candidate.reporter, candidate
    )


def _lend(plan: Plan, counted: _Counted, same: Existing, copy: Candidate) -> None:
    """An authenticated copy lends its authentication to a report that came without (rule 3)."""
    if same.pending is not None:  # earlier in this very group: not written yet
        pending = same.pending
        pending.authenticated, pending.reporter, pending.key = True, copy.reporter, copy.key
        renewed = _as_existing(pending)
    else:
        plan.lent.append(Lending(same, copy))
        renewed = replace(same, authenticated=True, key=copy.key, reporter=copy.reporter)
    counted.replace(copy, same, renewed)
