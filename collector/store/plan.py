"""A group of deliveries on its way into one transaction: each part is decided before anything is written.

Decisions follow rule 3. A copy of a report that was seen before, whatever became of that one, is a `duplicate`. Other
content under the same key is a `conflict`: the first counts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, select, text

from collector.counting import assign, identity
from collector.counting.assign import Part
from collector.counting.known import KnownDomains
from collector.delivery import OUTCOMES, Delivery, Found, Stored
from collector.ids import new_id
from collector.report.model import Finding, PolicyResult
from collector.store import bulk
from collector.store.bulk import Wanted
from collector.store.tables import delivery_part
from collector.store.tables import report as report_table


@dataclass(slots=True)
class Document:
    """One report of a delivery that takes part in the counting, and under whom it does."""

    delivery: Delivery
    position: int
    found: Found
    parts: tuple[Part, ...]
    digest: bytes
    authenticated: bool
    reporter: str
    since: UUID | None = None  # None: since it arrived
    claims: "list[Claim]" = field(default_factory=list)  # if it is no copy

    @property
    def place(self) -> UUID:
        """Of those that contradict each other the one with the least counts."""
        return self.since or self.delivery.id

    @property
    def is_known(self) -> bool:
        return any(part.known for part in self.parts)


@dataclass(slots=True)
class Claim:
    """One known domain's part of a document, which wants to be counted under its key."""

    document: Document
    part: Part
    domain_id: UUID
    day: date
    key: bytes
    report_id: UUID = field(default_factory=new_id)

    @property
    def results(self) -> list[PolicyResult]:
        policies = self.document.found.report.policies
        return [policies[position] for position in self.part.positions]

    @property
    def findings(self) -> tuple[Finding, ...]:
        return self.document.found.report.findings + self.part.findings


class PartOutcome(NamedTuple):
    """A row of `delivery_part`."""

    delivery_id: UUID
    position: int
    name: str
    outcome: str
    report_id: UUID | None
    document: bytes | None
    authenticated: bool
    reporter: str
    since: UUID | None = None


class Name(NamedTuple):
    """A row of `delivery_name`; the name as it is read."""

    name: str
    delivery_id: UUID


@dataclass(slots=True)
class Original:
    """A document that is no copy, in the database or earlier in the same group."""

    delivery_id: UUID
    position: int
    authenticated: bool
    reporter: str
    reports: dict[str, UUID | None]  # by the names of its parts: the report that it counts as, or contradicts
    outcomes: set[str]


@dataclass(frozen=True, slots=True)
class Lending:
    """An original that came unauthenticated, and is no more since `copy` came, which says the same.

    `claims` are the copy's, each with the report that changes hands; None if more hangs on it than may be looked at
    here: others contradict it, or it contradicts others under its new name. Then the original is settled again.
    """

    original: Original
    copy: Document
    claims: list[Claim] | None


@dataclass(slots=True)
class Plan:
    """What the transaction will write."""

    fresh: list[Claim] = field(default_factory=list)
    parts: list[PartOutcome] = field(default_factory=list)
    names: list[Name] = field(default_factory=list)
    lent: list[Lending] = field(default_factory=list)

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


def make(connection: Connection, deliveries: Sequence[Delivery], known: KnownDomains) -> Plan:
    """Decides every part of `deliveries`, which are new, in order, against the database and against each other."""
    plan = Plan()
    documents = []
    for delivery in deliveries:
        for document in documents_of(delivery, known):
            add_names(plan, document, known)
            if delivery.reason is None:
                documents.append(document)
            else:
                plan.parts.extend(quarantined(document))
    if documents:
        lock(connection, documents, known)
        there = There.load(connection, documents, known)
        for document in documents:
            _decide(plan, document, there)
    return plan


def documents_of(delivery: Delivery, known: KnownDomains) -> list[Document]:
    """The reports of a delivery, split by what is known."""
    return [
        Document(
            delivery,
            position,
            found,
            assign.split(found.report, found.hints, known, delivery.received_at),
            identity.document(found.report),
            delivery.authenticated,
            found.reporter,
        )
        for position, found in enumerate(delivery.found)
    ]


def add_names(plan: Plan, document: Document, known: KnownDomains) -> None:
    found = document.found
    if len(document.parts) == 1 and document.parts[0].is_plain:
        return
    for name in assign.names(found.report, found.hints, document.parts, known):
        plan.names.append(Name(name, document.delivery.id))


def quarantined(document: Document) -> Iterable[PartOutcome]:
    return [part_row(document, part.domain, "quarantined") for part in document.parts]


def claims(document: Document, known: KnownDomains) -> list[Claim]:
    """What a document that is no copy wants to be counted as."""
    day = document.found.report.day
    return [
        Claim(document, part, known.ids[part.domain], day, _key(document, part))
        for part in document.parts
        if part.known
    ]


def part_row(document: Document, name: str, outcome: str, report_id: UUID | None = None) -> PartOutcome:
    return PartOutcome(
        document.delivery.id,
        document.position,
        name,
        outcome,
        report_id,
        None if outcome in ("duplicate", "quarantined") else document.digest,
        document.authenticated,
        document.reporter,
        document.since,
    )


def lock(connection: Connection, documents: Iterable[Document], known: KnownDomains) -> None:
    """Nobody else decides about these domains until the end of the transaction, nor about copies of foreign reports."""
    bulk.of(connection).lock(connection, set().union(*(lock_numbers(each, known) for each in documents)))


def lock_numbers(document: Document, known: KnownDomains) -> set[int]:
    if document.is_known:
        return {known.ids[part.domain].int for part in document.parts if part.known}
    return {int.from_bytes(document.digest)}


def _key(document: Document, part: Part) -> bytes:
    return identity.report_key(
        document.found.report, part, reporter=document.reporter, authenticated=document.authenticated
    )


_part = delivery_part.c
# As the index of delivery_part has it: in these words, or SQLite does not see that it may use it.
NOT_STORED = text("delivery_part.outcome <> 'stored'")
_WANTED = (
    *(_part.delivery_id, _part.position, _part.name, _part.outcome, _part.report_id),
    *(_part.authenticated, _part.reporter),
)
# Of one document there is one unauthenticated original at most, and one of each reporter. Whoever has a document signed
# by a thousand domains costs the others a walk along the index, and no rows.
_OWN_OR_UNSIGNED = Wanted(delivery_part, _WANTED, by=(_part.document,), unless=_part.authenticated, also=_part.reporter)
_ANY = Wanted(delivery_part, _WANTED, by=(_part.document,))
_table = report_table.c
_BY_KEY = Wanted(report_table, (_table.report_id,), by=(_table.domain_id, _table.day, _table.report_key))


class There:
    """What counts and was seen already, as far as it matters for a group of documents; grows as they are decided."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._originals: dict[bytes, list[Original]] = {}
        self._holders: dict[_Key, UUID] = {}
        self._contradicted: set[UUID] = set()  # in this group

    @staticmethod
    def load(connection: Connection, documents: Sequence[Document], known: KnownDomains) -> "There":
        there = There(connection)
        there.load_originals(documents)
        for document in documents:
            document.claims = claims(document, known)
        there.load_holders([claim for document in documents for claim in document.claims])
        return there

    def load_originals(self, documents: Sequence[Document]) -> None:
        database = bulk.of(self._connection)
        forms = database.forms
        found: dict[tuple[UUID, int], Original] = {}
        signed = [document for document in documents if document.authenticated]
        unsigned = [document for document in documents if not document.authenticated]
        for wanted, asked, keys in (
            (_OWN_OR_UNSIGNED, signed, [(forms.octets(each.digest), each.reporter) for each in signed]),
            (_ANY, unsigned, [(forms.octets(each.digest),) for each in unsigned]),
        ):
            if not keys:
                continue
            for index, row in database.find(self._connection, wanted, keys):
                raw_id, position, name, outcome, report_id, authenticated, reporter = row
                delivery_id = forms.read_id(raw_id)
                original = found.get((delivery_id, position))
                if original is None:
                    original = Original(delivery_id, position, bool(authenticated), reporter, {}, set())
                    found[delivery_id, position] = original
                    self._originals.setdefault(asked[index].digest, []).append(original)
                original.reports[name] = None if report_id is None else forms.read_id(report_id)
                original.outcomes.add(outcome)

    def load_holders(self, wanted: Sequence[Claim]) -> None:
        database = bulk.of(self._connection)
        forms = database.forms
        keys = [(forms.id(claim.domain_id), forms.day(claim.day), forms.octets(claim.key)) for claim in wanted]
        if keys:
            for index, (report_id,) in database.find(self._connection, _BY_KEY, keys):
                self._holders[_of(wanted[index])] = forms.read_id(report_id)

    def original_of(self, document: Document) -> Original | None:
        """The document that this one is a copy of.

        Two authenticated reporters are never each other's copies: nobody can block another's report.
        """
        alike = [
            original
            for original in self._originals.get(document.digest, ())
            if not (original.authenticated and document.authenticated and original.reporter != document.reporter)
            and (original.delivery_id, original.position) != (document.delivery.id, document.position)
        ]
        # Its reporter's own goes before one that it could lend itself to.
        return min(alike, key=lambda original: original.authenticated != document.authenticated, default=None)

    def add(self, document: Document, rows: Iterable[PartOutcome]) -> None:
        reports = {row.name: row.report_id for row in rows}
        outcomes = {row.outcome for row in rows}
        original = Original(
            document.delivery.id, document.position, document.authenticated, document.reporter, reports, outcomes
        )
        self._originals.setdefault(document.digest, []).append(original)

    def holder(self, claim: Claim) -> UUID | None:
        """The report that counts under this key."""
        return self._holders.get(_of(claim))

    def hold(self, claim: Claim) -> None:
        self._holders[_of(claim)] = claim.report_id

    def contradict(self, report_id: UUID) -> None:
        self._contradicted.add(report_id)

    def is_contradicted(self, original: Original) -> bool:
        """Whether others would count if it did not."""
        reports = [report_id for report_id in original.reports.values() if report_id is not None]
        if not self._contradicted.isdisjoint(reports):
            return True
        query = select(_part.report_id).where(_part.report_id.in_(reports), _part.outcome == "conflict", NOT_STORED)
        return bool(reports) and self._connection.execute(query.limit(1)).first() is not None


# Domain, day, digest. The domain as a number: the hash of a UUID is made anew each time, and slow.
_Key = tuple[int, date, bytes]


def _of(claim: Claim) -> _Key:
    return claim.domain_id.int, claim.day, claim.key


def _decide(plan: Plan, document: Document, there: There) -> None:
    same = there.original_of(document)
    if same is not None:
        if document.authenticated and not same.authenticated:
            _lend(plan, there, same, document)
        plan.parts.extend(
            part_row(document, part.domain, "duplicate", same.reports.get(part.domain)) for part in document.parts
        )
        return
    rows = []
    wanted = iter(document.claims)
    for part in document.parts:
        if not part.known:
            rows.append(part_row(document, part.domain, "unassigned"))
            continue
        claim = next(wanted)
        holder = there.holder(claim)
        if holder is None:
            there.hold(claim)
            plan.fresh.append(claim)
            rows.append(part_row(document, part.domain, "stored", claim.report_id))
        else:
            there.contradict(holder)
            rows.append(part_row(document, part.domain, "conflict", holder))
    there.add(document, rows)
    plan.parts.extend(rows)


def _lend(plan: Plan, there: There, original: Original, copy: Document) -> None:
    """An authenticated copy lends its authentication to a report that came without (rule 3)."""
    wanted = copy.claims
    for claim in wanted:
        claim.report_id = original.reports.get(claim.part.domain) or claim.report_id
    is_alike = original.reports.keys() == {part.domain for part in copy.parts}
    is_counted_as_it_is = original.outcomes <= {"stored", "unassigned"} and not there.is_contradicted(original)
    is_simple = is_alike and is_counted_as_it_is and all(there.holder(claim) is None for claim in wanted)
    if is_simple:
        for claim in wanted:
            there.hold(claim)
    plan.lent.append(Lending(original, copy, wanted if is_simple else None))
    original.authenticated, original.reporter = True, copy.reporter
