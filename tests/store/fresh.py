"""What a fresh database would say that had known all of today's domains before the first delivery came.

The rules of counting 3 to 9 once more, as plainly as they can be written: nothing is remembered but what arrived, in its
order, and what DNS said. Every question is answered by counting all of it again.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

ORDER = ("stored", "conflict", "duplicate", "unassigned", "quarantined")


@dataclass(frozen=True)
class Result:
    """One policy result. `mx` is the policy's, of an sts one in `enforce`; `details` are (result type, MX, sessions)."""

    kind: str
    name: str | None
    good: int
    bad: int = 0
    mx: tuple[str, ...] = ()
    details: tuple[tuple[str, str, int], ...] = ()

    @property
    def mode(self) -> str:
        return {"sts": "enforce", "no-policy-found": "none"}.get(self.kind, "unknown")


@dataclass(frozen=True)
class Said:
    """One report as it is sent. `hint` is what the mail around it says it is about; None: it was posted."""

    results: tuple[Result, ...]
    report_id: str
    day: str
    contact: str
    organization: str | None


@dataclass
class Arrived:
    """One delivery with one report; `signer` None: not authenticated. Quarantined until it is tried again."""

    id: UUID
    at: datetime
    said: Said
    hint: str | None
    signer: str | None
    is_quarantined: bool = False
    place: int = 0  # when it began to take part
    lent_by: str | None = None
    original: "Arrived | None" = None

    @property
    def sender(self) -> tuple[bool, str]:
        who = self.lent_by or self.signer
        return (True, who) if who else (False, self.said.contact)


@dataclass
class Fresh:
    known: set[str] = field(default_factory=set)
    seen: dict[tuple[str, str], datetime] = field(default_factory=dict)  # (domain, MX host): first named by DNS
    arrived: list[Arrived] = field(default_factory=list)
    _places: int = 0

    # What happens.

    def take(self, one: Arrived) -> None:
        self.arrived.append(one)
        if not one.is_quarantined:
            self.enter(one)

    def enter(self, one: Arrived) -> None:
        """Rule 3: a copy of what was seen before is a duplicate, and may lend it its authentication."""
        one.is_quarantined, one.place, one.original = False, self._next(), None
        for other in self.arrived:
            is_alike = other is not one and other.said == one.said and not other.is_quarantined
            both_sure = other.sender[0] and one.sender[0]
            if is_alike and other.original is None and not (both_sure and other.sender != one.sender):
                one.original = other
                if one.sender[0] and not other.sender[0]:
                    other.lent_by, other.place = one.sender[1], one.place
                if other.sender == one.sender:
                    return

    def _next(self) -> int:
        self._places += 1
        return self._places

    def mx_seen(self, domain: str, hosts: tuple[str, ...], at: datetime) -> None:
        for host in hosts:
            self.seen.setdefault((domain, host), at)

    # What follows.

    def parts(self, one: Arrived) -> dict[str, list[int]]:
        """Rule 9: positions of the results by the domain they are given to, known or not."""
        owners = [self._by_name(result, one.at) for result in one.said.results]
        elsewhere = {owner for owner in owners if owner}
        found: dict[str, list[int]] = defaultdict(list)
        for position, (result, owner) in enumerate(zip(one.said.results, owners, strict=True)):
            if owner is None and result.kind == "tlsa" and result.name:
                labels = result.name.split(".")
                above = [".".join(labels[n:]) for n in range(len(labels)) if ".".join(labels[n:]) in self.known]
                if one.hint in self.known:
                    owner = one.hint
                elif len(elsewhere) == 1:
                    [owner] = elsewhere
                elif above:
                    owner = above[0]
            found[owner or result.name or self._inferred(one)].append(position)
        return found or {self._inferred(one): []}

    def _by_name(self, result: Result, at: datetime) -> str | None:
        if result.name is None or result.name in self.known:
            return result.name if result.name in self.known else None
        owners = [
            (when, domain) for (domain, host), when in self.seen.items() if host == result.name and domain in self.known
        ]
        then = [domain for when, domain in owners if when <= at] or [domain for _, domain in owners]
        return then[0] if len(then) == 1 else None

    def _inferred(self, one: Arrived) -> str:
        named = {result.name for result in one.said.results if result.name}
        in_id = one.said.report_id.partition("_")[2]
        return one.hint or (next(iter(named)) if len(named) == 1 else "") or in_id

    def counted(self) -> Iterator[tuple[Arrived, str, list[int]]]:
        """Whatever counts: of those that contradict each other the first."""
        for one, name, positions, outcome in self.decided():
            if outcome == "stored":
                yield one, name, positions

    def decided(self) -> Iterator[tuple[Arrived, str, list[int], str]]:
        taken: set[object] = set()
        for one in sorted(self.arrived, key=lambda one: one.place):
            for name, positions in self.parts(one).items():
                names = {one.said.results[position].name or name for position in positions}
                about = {name} if name in names or not names else names
                key = (one.sender, one.said.report_id, one.said.day, name, frozenset(about))
                if one.is_quarantined:
                    outcome = "quarantined"
                elif one.original is not None:
                    outcome = "duplicate"
                elif name not in self.known:
                    outcome = "unassigned"
                else:
                    outcome = "conflict" if key in taken else "stored"
                    taken.add(key)
                yield one, name, positions, outcome

    def outcomes(self) -> dict[UUID, tuple[str, dict[str, str]]]:
        """By delivery: its outcome, and those of its parts."""
        found: dict[UUID, dict[str, str]] = defaultdict(dict)
        for one, name, _, outcome in self.decided():
            found[one.id][name] = outcome
        return {key: (min(parts.values(), key=ORDER.index), parts) for key, parts in found.items()}

    def rollups(self) -> dict[str, dict[tuple[Any, ...], list[Any]]]:
        """The rows of each rollup by their keys (rules 4 to 7)."""
        rows: dict[str, dict[tuple[Any, ...], list[Any]]] = {name: {} for name in ROLLUPS}

        def add(table: str, key: tuple[Any, ...], *counts: int) -> None:
            row = rows[table].setdefault((*head, *key), [0] * len(counts))
            row[:] = [old + new for old, new in zip(row, counts, strict=True)]

        last: dict[tuple[Any, ...], datetime] = {}
        called: dict[tuple[Any, ...], tuple[datetime, str]] = {}
        for one, name, positions in self.counted():
            sure, reporter = one.sender
            head = (name, one.said.day, sure)
            results = [one.said.results[position] for position in positions]
            groups = [[result for result in results if is_b(result, name) == which] for which in (False, True)]
            failed = max(sum(result.bad for result in group) for group in groups)
            good = max(sum(result.good + result.bad for result in group) for group in groups) - failed
            add("rollup_day", (), 1, good, failed)
            add("rollup_reporter", (reporter,), 1, good, failed)
            for key in (head, (*head, reporter)):
                last[key] = max(last.get(key, one.at), one.at)
            if one.said.organization:
                called[*head, reporter] = max(
                    called.get((*head, reporter), (one.at, "")), (one.at, one.said.organization)
                )
            for result in results:
                add("rollup_type", (result.kind, result.mode), 1, result.good, result.bad)
                if result.kind == "sts":
                    add("rollup_policy", (reporter, result.mode, tuple(sorted(result.mx))), 1, result.good + result.bad)
            causes: dict[tuple[str, str, str], int] = defaultdict(int)
            for result in results:
                for kind, mx, count in failures(result):
                    causes[kind, mx, result.mode] += count
            for (kind, mx, mode), count in causes.items():
                add("rollup_failure", (kind, mx, reporter, mode), 1, count)
            by_mx = [by_host(group, name) for group in groups]
            for mx in {*by_mx[0], *by_mx[1]}:
                pairs = [group.get(mx, (0, 0, 0)) for group in by_mx]
                add("rollup_mx", (mx,), max(p[0] for p in pairs), max(p[1] for p in pairs), sum(p[2] for p in pairs))
        for key, row in rows["rollup_day"].items():
            row.append(last[key])
        for key, row in rows["rollup_reporter"].items():
            row += [last[key], called.get(key, (None, None))[1]]
        return rows


ROLLUPS = ("rollup_day", "rollup_type", "rollup_reporter", "rollup_mx", "rollup_failure", "rollup_policy")


def is_b(result: Result, domain: str) -> bool:
    return result.kind == "tlsa" or result.name not in (None, domain)


def failures(result: Result) -> list[tuple[str, str, int]]:
    """Rule 5: what the summary counts beyond the details is unspecified."""
    short = result.bad - sum(count for _, _, count in result.details)
    return [*result.details, *([("unspecified", "", short)] if short > 0 else [])]


def by_host(results: list[Result], domain: str) -> dict[str, tuple[int, int, int]]:
    """Rule 6: (failed, successful, results that can mean no other) by MX, of one group."""
    found: dict[str, tuple[int, int, int]] = {}

    def add(mx: str, *more: int) -> None:
        old = found.get(mx, (0, 0, 0))
        found[mx] = (old[0] + more[0], old[1] + more[1], old[2] + more[2])

    for result in results:
        for _, mx, count in failures(result):
            add(mx, count, 0, 0)
        if result.kind == "tlsa" and result.name not in (None, domain):
            add(result.name or "", 0, result.good, 1)
        elif result.kind == "sts" and len(result.mx) == 1 and not result.mx[0].startswith("*"):
            add(result.mx[0], 0, result.good, 1)
    return found
