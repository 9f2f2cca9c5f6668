"""Domains come and go, MX hosts are found: what is kept is settled again, in small steps (rule 9)."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from collector.auth import Authentication
from collector.delivery import Delivery
from collector.ingest import ingest
from collector.settings import Limits, Settings
from collector.store import domains, kept, to_settle
from collector.store.domains import Snapshot
from collector.store.kept import Kept
from collector.store.settle import Change, settle

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

log = logging.getLogger(__name__)

# How long a person at the dashboard waits; what is left then, the scheduler settles.
_PATIENCE_SECONDS = 10.0
# Others write between two steps. A step is made smaller or larger to last about so long.
_STEP_SECONDS = 0.025
_FEWEST, _MOST = 5, 200  # deliveries of a step


Pause = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Adopted:
    """What became of a domain that was to be added.

    `reports` count for it now. Of those, `before` says of how many all or some results counted for another domain until
    then, by domain. `is_whole`: False, there are more, which the scheduler settles.
    """

    is_new: bool
    reports: int = 0
    before: dict[str, int] = field(default_factory=dict)
    is_whole: bool = True


class _Steps:
    """How many deliveries a step takes, and how long others may write between two."""

    def __init__(self, pause: Pause) -> None:
        self._pause = pause
        self._took: float | None = None
        self.most = 25

    def run(self, step: Callable[[], tuple[Change, ...]]) -> tuple[Change, ...]:
        """Waits as long as the step before took, does it, and learns from how long it took."""
        if self._took is not None:
            self._pause(min(max(self._took, _STEP_SECONDS), 1.0))
        began = time.monotonic()
        changes = step()
        self._took = time.monotonic() - began
        if self._took > _STEP_SECONDS:
            self.most = max(_FEWEST, self.most // 2)
        elif self._took < _STEP_SECONDS / 2:
            self.most = min(_MOST, self.most * 2)
        return changes


def adopt(engine: "Engine", names: Iterable[str], *, now: datetime, limits: Limits) -> dict[str, Adopted]:
    """Adds domains (normal form) and settles what came before them. Returns what became of each, in their order."""
    wanted = dict.fromkeys(names)
    new = domains.add(engine, wanted, now)
    adopted = _adopted(new, (change for name in new for change in work_off(engine, limits=limits, name=name)))
    work_off_all(engine, limits=limits)
    return {name: adopted.get(name, Adopted(is_new=False)) for name in wanted}


def work_off_all(
    engine: "Engine", *, limits: Limits, is_over: Callable[[], bool] = lambda: False, pause: Pause = time.sleep
) -> int:
    """Settles whatever is to be settled. Returns how many reports count for other domains than before."""
    done = 0
    snapshot = Snapshot()
    while (tasks := to_settle.tasks(engine)) and not is_over():
        for task in tasks:
            steps = work_off(engine, limits=limits, name=task.name, snapshot=snapshot, is_over=is_over, pause=pause)
            done += sum(1 for _ in steps)
    return done


def work_off(
    engine: "Engine",
    *,
    limits: Limits,
    name: str,
    is_over: Callable[[], bool] = lambda: False,
    snapshot: Snapshot | None = None,
    pause: Pause = time.sleep,
) -> Iterator[Change]:
    """Settles what asks for this name, with the changes as they come.

    `is_over` is asked before each step, `pause` is called between two, with seconds.
    """
    snapshot = snapshot or Snapshot()
    steps = _Steps(pause)

    def read(each: Kept) -> Delivery:
        return as_it_stands(each, limits)

    for task in to_settle.tasks(engine, name):
        rest: to_settle.Task | None = task
        while rest is not None:
            step = to_settle.next_step(engine, rest, steps.most)
            groups = _groups(engine, step.deliveries)
            for number, group in enumerate(groups):
                if is_over():
                    return
                is_last = number == len(groups) - 1
                done = partial(to_settle.advance, task=rest, step=step) if is_last else _nothing
                batch = [read(each) for each in kept.among(engine, group)]
                yield from steps.run(partial(settle, engine, batch, snapshot, read, done))
            rest = step.rest


def _groups(engine: "Engine", ids: Iterable[UUID]) -> list[Sequence[UUID]]:
    """Those that are still there, in groups that may be in memory together: at least one, if only an empty one."""
    left = kept.sizes(engine, ids)
    groups: list[Sequence[UUID]] = []
    while left or not groups:
        groups.append(kept.within_bounds(left))
        del left[: len(groups[-1])]
    return groups


def _nothing(connection: "Connection") -> None:
    """A step that is not at its end."""


def action(
    settings: Settings, engine: "Engine", *, clock: Callable[[], float] = time.monotonic
) -> Callable[[str], Adopted]:
    """For the dashboard: what adopts one domain (normal form). It raises StoreUnavailable."""

    def act(name: str) -> Adopted:
        if not domains.add(engine, [name], datetime.now(UTC)):
            return Adopted(is_new=False)
        patience = _Patience(clock)
        adopted = _adopted([name], work_off(engine, limits=settings.limits, name=name, is_over=patience.is_over))
        work_off_all(engine, limits=settings.limits, is_over=patience.is_over)
        return replace(adopted[name], is_whole=not patience.is_at_its_end)

    return act


def removal(
    settings: Settings, engine: "Engine", *, clock: Callable[[], float] = time.monotonic
) -> Callable[[str], bool]:
    """For the dashboard: what removes one domain (normal form). False: there is none. It raises StoreUnavailable."""

    def act(name: str) -> bool:
        if not domains.remove(engine, name):
            return False
        work_off_all(engine, limits=settings.limits, is_over=_Patience(clock).is_over)
        return True

    return act


class _Patience:
    """Ends after some seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._give_up = clock() + _PATIENCE_SECONDS
        self.is_at_its_end = False

    def is_over(self) -> bool:
        self.is_at_its_end = self.is_at_its_end or self._clock() >= self._give_up
        return self.is_at_its_end


def _adopted(names: Iterable[str], changes: Iterable[Change]) -> dict[str, Adopted]:
    reports = dict.fromkeys(names, 0)
    before: dict[str, dict[str, int]] = {name: {} for name in reports}
    for change in changes:
        for name in (change.after - change.before) & reports.keys():
            reports[name] += 1
            for other, to in change.moved:
                if to == name:
                    before[name][other] = before[name].get(other, 0) + 1
    return {name: Adopted(True, number, before[name]) for name, number in reports.items()}


def as_it_stands(kept: Kept, limits: Limits) -> Delivery:
    """A kept delivery, to be settled again: what was quarantined stays so, for the same reason."""
    return replace(read_again(kept, limits), reason=kept.reason)


def read_again(kept: Kept, limits: Limits) -> Delivery:
    """A kept delivery, read as if it came today; its authentication stays what it was found to be on arrival."""
    read = ingest(kept.raw, kept.envelope, kept.received_at, limits=limits, dkim="off", authenticate=_nobody_asks)
    found = read.found
    if kept.authenticated and kept.reporter is not None:
        found = tuple(replace(item, reporter=kept.reporter) for item in found)
    return replace(read, id=kept.id, found=found, authenticated=kept.authenticated)


def _nobody_asks(mail: bytes, identities: frozenset[str]) -> Authentication:
    raise AssertionError("DKIM is off while a kept delivery is read again")
