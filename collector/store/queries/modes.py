"""Which mode counts for a moment or a day (rule 7). Pure: histories in, modes out."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from collector.store.queries.rows import PublishedPolicy

# Looks are about a day apart: a policy that a look confirmed stands at least until the one after next, even if its
# max_age is shorter.
_BETWEEN_LOOKS = timedelta(days=2)
_STRICTNESS = ("enforce", "testing", "none", "unknown")


def known_at(history: Sequence[PublishedPolicy], at: datetime) -> tuple[PublishedPolicy, ...]:
    """The history as it was known at `at`: without what looks after it found."""
    if not history or (history[-1].ended_at or history[-1].last_seen) <= at:
        return tuple(history)
    return tuple(
        replace(
            interval,
            last_seen=min(interval.last_seen, at),
            ended_at=interval.ended_at if interval.ended_at is not None and interval.ended_at <= at else None,
        )
        for interval in history
        if interval.first_seen <= at
    )


def published_at(history: Sequence[PublishedPolicy], at: datetime) -> str | None:
    """The mode of the published policy in force at `at`; None before our own observations begin.

    `history` is in order of time. After a failed fetch the policy that was seen last stays in force until its
    max_age is over (RFC 8461 section 3.3, M14); then, as with no earlier policy, the mode is unknown.
    """
    past = [interval for interval in history if interval.first_seen <= at]
    if not past:
        return None
    policy = in_force_at(past, at)
    return policy.mode if policy is not None else "unknown"


def in_force_at(history: Sequence[PublishedPolicy], at: datetime) -> PublishedPolicy | None:
    """The policy that senders were to apply at `at`, None if none is known."""
    past = [interval for interval in history if interval.first_seen <= at]
    for interval in reversed(past):
        if interval.error is None:
            lifetime = timedelta(seconds=interval.max_age or 0)
            if interval is past[-1]:
                lifetime = max(lifetime, _BETWEEN_LOOKS)
            return interval if at <= interval.last_seen + lifetime else None
    return None


def reported(sessions: Mapping[tuple[str, str], int]) -> str:
    """The mode by the reports of a day alone. `sessions` counts them by (policy type, mode).

    That of most sessions among the sts results; with none of these and a no-policy-found: none; else unknown.
    """
    by_mode: dict[str, int] = {}
    for (policy_type, mode), count in sessions.items():
        if policy_type == "sts":
            by_mode[mode] = by_mode.get(mode, 0) + count
    if by_mode:
        return min(by_mode, key=lambda mode: (-by_mode[mode], _STRICTNESS.index(mode)))
    return "none" if any(policy_type == "no-policy-found" for policy_type, _ in sessions) else "unknown"
