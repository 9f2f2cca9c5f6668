"""What senders had applied beside what was published: how old it was, and who has picked up the last change. Pure.

A report tells the policy that its sender had cached (RFC 8461 section 3.3, M14), so for as long as an old max_age
lasts it may rightly differ from the published one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from collector.store.queries import Policies, PublishedPolicy, ReportedPolicy
from collector.text import Text, clauses, listed, say, say_n

# A sender looks for a new policy about once a day (M15): so long the old one is as good as the new one.
_REFRESH = timedelta(days=1)
_DAY = timedelta(days=1)
_MOST_NAMED = 5

FRESH, WITHIN_MAX_AGE, STALE, UNKNOWN = "fresh", "within max_age", "stale", "never seen published"


@dataclass(frozen=True, slots=True)
class Applied:
    """One reported policy of one reporter. `state` on its last day is one of the four words above."""

    reporter: str
    mode: str
    mx: tuple[str, ...]  # sorted patterns in normal form
    first_day: date
    last_day: date
    state: str


@dataclass(frozen=True, slots=True)
class Change:
    """The last change of mode or MX that we saw published, and who was seen to apply it.

    `picked_up` and `not_yet` are the reporters that reported an applied policy on its day or later; `by` is the day
    on which the last of them did. `old_until`: until then somebody may rightly hold an older policy (M24), None if
    all of these have run out.
    """

    day: date
    picked_up: tuple[str, ...]
    not_yet: tuple[str, ...]
    by: date | None
    old_until: date | None

    @property
    def is_everywhere(self) -> bool:
        return bool(self.picked_up) and not self.not_yet

    @property
    def text(self) -> Text:
        """One sentence."""
        if self.is_everywhere and self.by is not None:
            return say(
                "Everybody who reported since has picked up the change of %(day)s by %(by)s.", day=self.day, by=self.by
            )
        if self.not_yet:
            said = say_n(
                "%(some)s of %(n)s reporter has picked up the change of %(day)s; not yet: %(names)s",
                "%(some)s of %(n)s reporters have picked up the change of %(day)s; not yet: %(names)s",
                len(self.picked_up) + len(self.not_yet),
                some=len(self.picked_up),
                day=self.day,
                names=listed(self.not_yet, _MOST_NAMED),
            )
        else:
            said = say("Nobody has reported an applied policy since the change of %(day)s", day=self.day)
        if self.old_until:
            said = clauses((said, say("an older policy may be held until %(day)s", day=self.old_until)))
        return say("%(said)s.", said=said)


@dataclass(frozen=True, slots=True)
class Drift:
    """`applied` in the order of the query: most recently reported first. `change` is None while nothing changed."""

    applied: tuple[Applied, ...]
    change: Change | None


def drift(policies: Policies, now: datetime) -> Drift:
    """Compares what was reported with the history of what was published. `now`: aware, UTC."""
    applied = tuple(
        Applied(row.reporter, row.mode, row.mx, row.first_day, row.last_day, _state(row, policies.published))
        for row in policies.reported
    )
    return Drift(applied, _change(policies, now))


def _state(row: ReportedPolicy, published: Sequence[PublishedPolicy]) -> str:
    same = [interval for interval in published if _says(interval, row)]
    if not same:
        # A failed fetch comes without a policy-string, and what we never saw we cannot date.
        return UNKNOWN
    if row.stale:
        return STALE
    begins = _start(row.last_day)
    is_fresh = any(interval.ended_at is None or begins <= interval.ended_at + _REFRESH for interval in same)
    return FRESH if is_fresh else WITHIN_MAX_AGE


def _change(policies: Policies, now: datetime) -> Change | None:
    good = [interval for interval in policies.published if interval.error is None]
    if not good:
        return None
    current = good[-1]
    since = _since(good)
    if since is None:
        return None
    day = since.astimezone(UTC).date()
    found = {name: _picked_up(rows, current, day) for name, rows in _by_reporter(policies.reported, day).items()}
    picked_up = {name: day_of for name, day_of in found.items() if day_of is not None}
    # Who never held another policy had nothing to pick up: his first report may come at any time.
    had_another = {row.reporter for row in policies.reported if not _says(current, row) and row.mode != "unknown"}
    switched = [day_of for name, day_of in picked_up.items() if name in had_another]
    old = [interval for interval in good if not _alike(interval, current)]
    until = max(interval.last_seen + timedelta(seconds=interval.max_age or 0) for interval in old)
    return Change(
        day,
        tuple(sorted(picked_up)),
        tuple(sorted(found.keys() - picked_up.keys())),
        max(switched) if switched else min(picked_up.values(), default=None),
        until.astimezone(UTC).date() if until > now else None,
    )


def _since(good: Sequence[PublishedPolicy]) -> datetime | None:
    """When the policy now published began, as far as senders can tell; None if there never was another."""
    since = None
    for earlier, later in pairwise(good):
        if not _alike(earlier, later):
            since = later.first_seen
    return since


def _by_reporter(reported: Sequence[ReportedPolicy], since: date) -> dict[str, list[ReportedPolicy]]:
    """The rows of each reporter who reported a policy on or after that day. A row without a mode names none."""
    found: dict[str, list[ReportedPolicy]] = {}
    for row in reported:
        if row.mode != "unknown":
            found.setdefault(row.reporter, []).append(row)
    return {name: rows for name, rows in found.items() if max(row.last_day for row in rows) >= since}


def _picked_up(rows: Sequence[ReportedPolicy], current: PublishedPolicy, since: date) -> date | None:
    """The first day on which a reporter told of the current policy alone; None if there is none yet.

    On one day a sender may report two versions: its servers do not all look at the same time.
    """
    new = next((row for row in rows if _says(current, row)), None)
    last_old = max((row.last_day for row in rows if row is not new), default=None)
    if new is None or (last_old is not None and last_old >= new.last_day):
        return None
    after_old = last_old + _DAY if last_old is not None else new.first_day
    return min(new.last_day, max(since, new.first_day, after_old))


def _says(interval: PublishedPolicy, row: ReportedPolicy) -> bool:
    return interval.error is None and interval.mode == row.mode and sorted(set(interval.mx)) == list(row.mx)


def _alike(one: PublishedPolicy, other: PublishedPolicy) -> bool:
    """Whether senders report the two alike: neither id nor max_age is in the normal form."""
    return one.mode == other.mode and set(one.mx) == set(other.mx)


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
