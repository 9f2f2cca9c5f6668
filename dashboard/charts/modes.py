"""The mode over time: bands of days under one mode, and the moments at which the published policy changed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from collector.store.queries import Daily, PublishedPolicy
from collector.text import Text, say


@dataclass(frozen=True, slots=True)
class Band:
    """Days `first` to `last` (both inclusive) under one mode from one source (`published` or `reported`)."""

    mode: str
    source: str
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Change:
    """A moment at which we saw something new at the policy host.

    `kind`: `first` (our first look), `mode`, `policy` (its mx, max_age or id), `error` (the fetch failed), or
    `recovered` (it works again, with the policy unchanged).
    """

    at: datetime
    kind: str
    text: Text


def bands(daily: Daily) -> tuple[Band, ...]:
    """Consecutive days of one mode and source as one band, oldest first."""
    found: list[Band] = []
    for day in daily.days:
        if found and (found[-1].mode, found[-1].source) == (day.mode, day.mode_source):
            found[-1] = Band(day.mode, day.mode_source, found[-1].first, day.day)
        else:
            found.append(Band(day.mode, day.mode_source, day.day, day.day))
    return tuple(found)


def changes(published: Iterable[PublishedPolicy]) -> tuple[Change, ...]:
    """What changed from one interval of the history (oldest first) to the next.

    A fetch error does not end a policy: what comes after it is compared with what stood before it.
    """
    found: list[Change] = []
    standing: PublishedPolicy | None = None
    previous: PublishedPolicy | None = None
    for policy in published:
        change = _error(previous, policy) if policy.error else _policy(standing, previous, policy)
        if change is not None:
            found.append(change)
        if not policy.error:
            standing = policy
        previous = policy
    return tuple(found)


def _error(previous: PublishedPolicy | None, policy: PublishedPolicy) -> Change | None:
    if previous is not None and previous.error == policy.error:
        return None
    return Change(policy.first_seen, "error", say("fetch failed: %(error)s", error=policy.error or ""))


def _policy(
    standing: PublishedPolicy | None, previous: PublishedPolicy | None, policy: PublishedPolicy
) -> Change | None:
    if standing is None:
        return Change(policy.first_seen, "first", say("first seen: %(mode)s", mode=policy.mode))
    if policy.mode != standing.mode:
        return Change(policy.first_seen, "mode", say("%(old)s → %(new)s", old=standing.mode, new=policy.mode))
    new = [
        name
        for name, before, after in (
            ("mx", frozenset(standing.mx), frozenset(policy.mx)),
            ("max_age", standing.max_age, policy.max_age),
            ("id", standing.policy_id, policy.policy_id),
        )
        if before != after
    ]
    if new:
        return Change(policy.first_seen, "policy", say("new %(fields)s", fields=", ".join(new)))
    if previous is not None and previous.error:
        return Change(policy.first_seen, "recovered", say("fetch works again: %(mode)s", mode=policy.mode))
    return None
