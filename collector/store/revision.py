"""One transaction in which kept deliveries are decided anew.

A new delivery is decided against what is there (`plan`). Here what is there changes too: a part leaves the domain it
counted for, and of those that contradict each other the earliest counts, whoever was counted until now.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Connection, bindparam, delete, func, select, update

from collector.counting.known import KnownDomains
from collector.delivery import OPEN, Delivery, Stored
from collector.ids import new_id
from collector.store import bulk, plan, reports, rollups, to_settle
from collector.store.commit import finding_pairs, policy_results, write
from collector.store.group import TOO_MUCH
from collector.store.outcomes import refresh
from collector.store.plan import Claim, Document, Name, Original, PartOutcome, Plan, There
from collector.store.reports import Counted
from collector.store.results import read_back
from collector.store.tables import delivery as delivery_table
from collector.store.tables import delivery_name, delivery_part
from collector.store.tables import report as report_table
from collector.store.types import LAST, path_of


@dataclass(frozen=True, slots=True)
class Change:
    """One report whose domains are others now: those it counted for before, and those it counts for."""

    delivery_id: UUID
    before: frozenset[str]
    after: frozenset[str]
    moved: frozenset[tuple[str, str]] = frozenset()  # from which to which results of it went


class More(Exception):
    def __init__(self, missing: Collection[UUID] = (), locks: Collection[int] = ()) -> None:
        super().__init__()
        self.missing, self.locks = frozenset(missing), frozenset(locks)


_Place = tuple[UUID, int]  # a delivery and the position of a report in it


@dataclass
class _Own:
    """What is in the database about one document of the batch."""

    rows: dict[str, PartOutcome] = field(default_factory=dict)  # by the names of its parts

    @property
    def is_copy(self) -> bool:
        return any(row.outcome == "duplicate" for row in self.rows.values())

    @property
    def was_quarantined(self) -> bool:
        return any(row.outcome == "quarantined" for row in self.rows.values())

    @property
    def any(self) -> PartOutcome:
        return next(iter(self.rows.values()))

    @property
    def report_ids(self) -> list[UUID]:
        return [row.report_id for row in self.rows.values() if row.outcome == "stored" and row.report_id is not None]


class Revision:
    """One transaction."""

    def __init__(
        self,
        connection: Connection,
        known: KnownDomains,
        batch: Mapping[UUID, Delivery],
        retried: Collection[UUID],
        locks: frozenset[int],
    ) -> None:
        self._connection = connection
        self._known = known
        self._locks = locks
        self._asked = batch.keys()
        self._outcomes: dict[UUID, str] = dict(connection.execute(_OUTCOMES, {"ids": list(batch)}).all())
        # Some may have been removed for their age, or been counted since they were read to be retried. What cannot be
        # read any more, for a limit was lowered, keeps what it has.
        self._batch = {
            each: batch[each]
            for each, outcome in self._outcomes.items()
            if (outcome in OPEN if each in retried else batch[each].found)
        }
        self._retried = frozenset(retried) & self._batch.keys()
        self._plan = Plan()
        self._own: dict[_Place, _Own] = {}
        self._copies: list[tuple[Document, Original]] = []
        self._displaced: list[tuple[Counted, Claim]] = []  # whose place another one takes
        self._winners: dict[_Key, UUID] = {}  # the reports that count, of the keys that were looked at

    def make(self) -> tuple[Change, ...]:
        documents = [each for delivery in self._batch.values() for each in plan.documents_of(delivery, self._known)]
        self._own = self._rows()
        if self._lock(documents):
            self._own = self._rows()  # a copy may have lent its authentication just before
        counted = self._counted()
        wanted = self._wanted(self._sort(documents), counted)
        gone = {each.report_id: each for each in counted.values() if each.report_id not in wanted.unchanged}
        self._need_those_contradicted(gone, wanted.claims)
        self._count(wanted, gone)
        self._point(gone)
        self._displace()
        self._take_back(gone)
        counts = [row for row in self._plan.parts if row.outcome == "stored"]
        self._write()
        rollups.renew_latest(self._connection, list(gone.values()), self._plan.fresh)
        return self._changes(documents, counted, gone, counts)

    # What is there.

    def _rows(self) -> dict[_Place, _Own]:
        found: dict[_Place, _Own] = {}
        for row in self._connection.execute(_PARTS, {"ids": list(self._batch)}):
            own = found.setdefault((row.delivery_id, row.position), _Own())
            own.rows[row.name] = PartOutcome(*row)._replace(authenticated=bool(row.authenticated))
        return found

    def _lock(self, documents: Sequence[Document]) -> bool:
        """All domains that these count for, or did; in one go, or two could wait for each other.

        Whether somebody else may have changed something until then.
        """
        ids = self._known.ids
        numbers = {ids[name].int for own in self._own.values() for name in own.rows if name in ids}
        for document in documents:
            numbers |= plan.lock_numbers(document, self._known)
        if self._locks and not numbers <= self._locks:
            raise More(locks=numbers)
        self._locks |= numbers
        return bulk.of(self._connection).lock(self._connection, self._locks)

    def _counted(self) -> dict[UUID, Counted]:
        ids = [report_id for own in self._own.values() for report_id in own.report_ids]
        return {each.report_id: each for each in reports.with_ids(self._connection, ids)}

    # What is to be.

    def _sort(self, documents: Sequence[Document]) -> list[Document]:
        """Those that are no copies; what becomes of the others hangs on theirs."""
        originals, in_question = [], []
        for document in documents:
            plan.add_names(self._plan, document, self._known)
            own = self._own.get((document.delivery.id, document.position))
            if document.delivery.reason is not None:
                self._plan.parts.extend(plan.quarantined(document))
            elif own is None or self._is_entering(document, own):
                document.since = new_id()
                in_question.append((document, True))
            else:
                row = own.any
                document.authenticated, document.reporter, document.since = row.authenticated, row.reporter, row.since
                if own.is_copy:
                    in_question.append((document, False))
                else:
                    originals.append(document)
        there = There(self._connection)
        there.load_originals([document for document, _ in in_question])
        for document, is_entering in in_question:
            same = there.original_of(document)
            if same is None:  # it is new, or that of which it is a copy was removed for its age
                originals.append(document)
                there.add(document, [])
                continue
            if is_entering and document.authenticated and not same.authenticated:
                self._lend(same, document)
            self._copies.append((document, same))
        return originals

    def _is_entering(self, document: Document, own: "_Own") -> bool:
        """A report that did not take part before, or did under another name."""
        if document.delivery.id not in self._retried:
            return False
        is_signed_now = document.authenticated and not own.any.authenticated
        return own.was_quarantined or (is_signed_now and not own.is_copy)

    def _lend(self, same: Original, copy: Document) -> None:
        part = delivery_part.c
        self._connection.execute(
            update(delivery_part)
            .where(part.delivery_id == same.delivery_id, part.position == same.position)
            .values(authenticated=True, reporter=copy.reporter, since=copy.place)
        )
        to_settle.add_delivery(self._connection, same.delivery_id)
        same.authenticated, same.reporter = True, copy.reporter

    def _wanted(self, originals: Sequence[Document], counted: Mapping[UUID, Counted]) -> "_Wanted":
        """What the originals claim; a claim that counts just like this already stays as it is."""
        wanted = _Wanted()
        for document in originals:
            own = self._own.get((document.delivery.id, document.position), _Own())
            for claim in plan.claims(document, self._known):
                row = own.rows.get(claim.part.domain)
                before = None if row is None or row.report_id is None else counted.get(row.report_id)
                if before is not None and row is not None and row.outcome == "stored":
                    claim.report_id = before.report_id
                    if _is_same(before, claim):
                        wanted.unchanged.add(before.report_id)
                wanted.claims.append(claim)
            for part in document.parts:
                if not part.known:
                    self._plan.parts.append(plan.part_row(document, part.domain, "unassigned"))
        return wanted

    def _need_those_contradicted(self, gone: Mapping[UUID, Counted], wanted: Iterable[Claim]) -> None:
        """If a report counts no more under its key, the earliest of those that it kept from counting does."""
        places: dict[_Key, UUID] = {}
        for claim in wanted:
            place = claim.document.place
            places[_of(claim)] = min(places.get(_of(claim), place), place)
        missing = set()
        for report_id, outcome in self._pointing(gone):
            if outcome == "conflict":
                values = {"of": report_id, "asked": list(self._asked)}
                first = self._connection.execute(_FIRST_CONTRADICTED, values).first()
                if first is not None and first[1] < places.get(_of(gone[report_id]), LAST):
                    missing.add(first[0])
        if missing:
            raise More(missing)

    def _pointing(self, gone: Iterable[UUID]) -> set[tuple[UUID, str]]:
        """Which of these reports are contradicted or repeated by others: hardly ever one is."""
        if not gone:
            return set()
        return {(row.report_id, row.outcome) for row in self._connection.execute(_POINTING, {"gone": list(gone)})}

    def _count(self, wanted: "_Wanted", gone: dict[UUID, Counted]) -> None:
        """Of all who claim a key the earliest counts."""
        there = There(self._connection)
        there.load_holders(wanted.claims)
        by_key: dict[_Key, list[Claim]] = {}
        for claim in wanted.claims:
            by_key.setdefault(_of(claim), []).append(claim)
        for key, claims in by_key.items():
            first = min(claims, key=lambda claim: claim.document.place)
            self._winners[key] = self._winner(first, there.holder(first), claims, gone)
            for claim in claims:
                self._decide(claim, self._winners[key], wanted.unchanged, gone)

    def _winner(self, first: Claim, holder: UUID | None, claims: Sequence[Claim], gone: dict[UUID, Counted]) -> UUID:
        if holder is None or holder in gone or any(claim.report_id == holder for claim in claims):
            return first.report_id
        [other] = reports.with_ids(self._connection, [holder])
        if self._place_of(other) < first.document.place:
            return holder
        self._displaced.append((other, first))
        gone[holder] = other
        return first.report_id

    def _decide(self, claim: Claim, winner: UUID, unchanged: set[UUID], gone: dict[UUID, Counted]) -> None:
        is_counted = claim.report_id == winner
        outcome = "stored" if is_counted else "conflict"
        self._plan.parts.append(plan.part_row(claim.document, claim.part.domain, outcome, winner))
        if is_counted and claim.report_id not in unchanged:
            self._plan.fresh.append(claim)
        if not is_counted and claim.report_id in unchanged:
            gone |= {each.report_id: each for each in reports.with_ids(self._connection, [claim.report_id])}

    def _place_of(self, report: Counted) -> UUID:
        part = delivery_part.c
        query = select(part.since).where(
            part.delivery_id == report.delivery_id, part.report_id == report.report_id, part.outcome == "stored"
        )
        since: UUID | None = self._connection.execute(query).scalar()
        return since or report.delivery_id

    def _displace(self) -> None:
        part = delivery_part.c
        for report, by in self._displaced:
            self._connection.execute(
                update(delivery_part)
                .where(part.delivery_id == report.delivery_id, part.report_id == report.report_id)
                .where(part.outcome == "stored")
                .values(outcome="conflict", report_id=by.report_id)
            )

    # What is written.

    def _point(self, gone: Mapping[UUID, Counted]) -> None:
        """Those that contradict a report that is gone contradict the one in its place; copies follow their original."""
        part = delivery_part.c
        stays = {claim.report_id for claim in self._plan.fresh}
        for report_id, outcome in self._pointing(gone):
            winner = self._winners.get(_of(gone[report_id]))
            if winner != report_id and (outcome == "conflict" or report_id not in stays):
                about = update(delivery_part).where(part.report_id == report_id, plan.NOT_STORED)
                self._connection.execute(about.where(part.outcome == outcome).values(report_id=winner))
        now = {(row.delivery_id, row.position, row.name): row.report_id for row in self._plan.parts}
        for document, same in self._copies:
            for each in document.parts:
                there = now.get((same.delivery_id, same.position, each.domain), same.reports.get(each.domain))
                if there is not None and there in gone and there not in stays:
                    there = self._winners.get(_of(gone[there]))
                self._plan.parts.append(plan.part_row(document, each.domain, "duplicate", there))

    def _take_back(self, gone: Mapping[UUID, Counted]) -> None:
        if not gone:
            return
        increments = rollups.Increments()
        for report in gone.values():
            increments.add_report(report)
        increments.take_off(self._connection)
        keys = [{"of_domain": report.domain_id, "of_day": report.day, "of_key": report.key} for report in gone.values()]
        self._connection.execute(_DELETE_REPORT, keys)

    def _write(self) -> None:
        outcomes = self._plan.outcomes(self._batch.values())
        before = self._parts_of(row for own in self._own.values() for row in own.rows.values())
        after = self._parts_of(self._plan.parts)
        changed = {each for each in self._batch if before.get(each) != after.get(each)}
        self._plan.parts = [row for row in self._plan.parts if row.delivery_id in changed]
        self._plan.names = self._changed_names()
        if changed:
            self._connection.execute(_DELETE_PARTS, {"ids": list(changed)})
        write(self._connection, self._plan)
        self._set_rows(outcomes)
        other = [
            {"of": each.id, "new_outcome": each.outcome} for each in outcomes if self._outcomes[each.id] != each.outcome
        ]
        if other:
            self._connection.execute(_SET_OUTCOME, other)
        if self._displaced:
            displaced = {report.delivery_id for report, _ in self._displaced}
            refresh(self._connection, delivery_table.c.delivery_id.in_(displaced))

    @staticmethod
    def _parts_of(rows: Iterable[PartOutcome]) -> dict[UUID, set[PartOutcome]]:
        found: dict[UUID, set[PartOutcome]] = {}
        for row in rows:
            found.setdefault(row.delivery_id, set()).add(row)
        return found

    def _changed_names(self) -> list[Name]:
        before: dict[UUID, set[str]] = {each: set() for each in self._batch}
        for delivery_id, path in self._connection.execute(_NAMES, {"ids": list(self._batch)}):
            before[delivery_id].add(path)
        after: dict[UUID, set[str]] = {each: set() for each in self._batch}
        for name, delivery_id in self._plan.names:
            after[delivery_id].add(path_of(name))
        changed = {each for each in before if before[each] != after[each]}
        if changed:
            self._connection.execute(_DELETE_NAMES, {"ids": list(changed)})
        return [row for row in self._plan.names if row.delivery_id in changed]

    def _set_rows(self, outcomes: Sequence[Stored]) -> None:
        """Of what is retried all that was read is today's; of the others only that they cannot be counted."""
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
            for delivery, stored in zip(self._batch.values(), outcomes, strict=True)
            if delivery.id in self._retried or delivery.reason is TOO_MUCH
        ]
        if rows:
            self._connection.execute(_SET_ROW, rows)

    def _changes(
        self,
        documents: Sequence[Document],
        counted: Mapping[UUID, Counted],
        gone: Mapping[UUID, Counted],
        counts: Iterable[PartOutcome],
    ) -> tuple[Change, ...]:
        after: dict[_Place, set[str]] = {}
        for row in counts:
            after.setdefault((row.delivery_id, row.position), set()).add(row.name)
        changes = []
        for document in documents:
            place = (document.delivery.id, document.position)
            before = {
                counted[report_id].domain: report_id
                for report_id in self._own.get(place, _Own()).report_ids
                if report_id in counted
            }
            changed = [gone[report_id] for report_id in before.values() if report_id in gone]
            now = frozenset(after.get(place, ()))
            if changed or now != before.keys():
                changes.append(Change(document.delivery.id, frozenset(before), now, self._moved(document, changed)))
        return tuple(changes)

    def _moved(self, document: Document, gone: Sequence[Counted]) -> frozenset[tuple[str, str]]:
        """From which domains to which others results of a report went."""
        there = [(report.domain, report.results()) for report in gone]
        return frozenset(
            (name, claim.part.domain)
            for name, results in there
            for claim in self._plan.fresh
            if claim.document is document and claim.part.domain != name
            if any(kept in results for kept in map(read_back, claim.results))
        )


@dataclass
class _Wanted:
    claims: list[Claim] = field(default_factory=list)
    unchanged: set[UUID] = field(default_factory=set)  # reports that stay as they are


_Key = tuple[UUID, date, bytes]


def _of(each: Claim | Counted) -> _Key:
    return each.domain_id, each.day, each.key


def _is_same(report: Counted, claim: Claim) -> bool:
    document = claim.document
    return (
        _of(report) == _of(claim)
        and (report.authenticated, report.reporter) == (document.authenticated, document.reporter)
        and report.policy_results == policy_results(claim)
    )


# Put together once: SQLAlchemy takes longer over most of these than the database does.
_part, _delivery, _report = delivery_part.c, delivery_table.c, report_table.c
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_OUTCOMES = select(_delivery.delivery_id, _delivery.outcome).where(_delivery.delivery_id.in_(_IDS))
_PARTS = select(delivery_part).where(_part.delivery_id.in_(_IDS)).order_by(_part.delivery_id, _part.position)
_NAMES = select(delivery_name.c.delivery_id, delivery_name.c.path).where(delivery_name.c.delivery_id.in_(_IDS))
_DELETE_PARTS = delete(delivery_part).where(_part.delivery_id.in_(_IDS))
_DELETE_NAMES = delete(delivery_name).where(delivery_name.c.delivery_id.in_(_IDS))
_DELETE_REPORT = delete(report_table).where(
    _report.domain_id == bindparam("of_domain"),
    _report.day == bindparam("of_day"),
    _report.report_key == bindparam("of_key"),
)
_POINTING = (
    select(_part.report_id, _part.outcome)
    .where(_part.report_id.in_(bindparam("gone", expanding=True)), plan.NOT_STORED)
    .distinct()
)
_PLACE = func.coalesce(_part.since, _part.delivery_id)
_FIRST_CONTRADICTED = (
    select(_part.delivery_id, _PLACE)
    .where(_part.report_id == bindparam("of"), _part.outcome == "conflict", plan.NOT_STORED)
    .where(_part.delivery_id.not_in(bindparam("asked", expanding=True)))
    .order_by(_PLACE)
    .limit(1)
)
_SET_OUTCOME = (
    update(delivery_table).where(_delivery.delivery_id == bindparam("of")).values(outcome=bindparam("new_outcome"))
)
_SET_ROW = (
    update(delivery_table)
    .where(delivery_table.c.delivery_id == bindparam("of"))
    .values({name: bindparam(f"new_{name}") for name in (
        "outcome", "reason_code", "reason_message", "reporter", "authenticated", "findings"
    )})
)  # fmt: skip
