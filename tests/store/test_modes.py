"""Rule 7: which mode counts for a moment, and for a day before our own observations."""

from datetime import UTC, datetime, timedelta

import pytest

from collector.store.queries.modes import in_force_at, published_at, reported
from collector.store.queries.rows import PublishedPolicy

T0 = datetime(2026, 11, 1, 12, tzinfo=UTC)
WEEK = 7 * 86400


def at(days: float) -> datetime:
    return T0 + timedelta(days=days)


def seen(mode: str, first: float, last: float, ended: float | None = None, max_age: int = WEEK) -> PublishedPolicy:
    end = None if ended is None else at(ended)
    return PublishedPolicy(mode, "id1", max_age, ("mx.example.com",), at(first), at(last), end, None, None)


def failed(error: str, first: float, last: float, ended: float | None = None) -> PublishedPolicy:
    end = None if ended is None else at(ended)
    return PublishedPolicy("unknown", None, None, (), at(first), at(last), end, error, "why")


TESTING_THEN_ENFORCE = [seen("testing", 0, 3, 4), seen("enforce", 4, 9)]
THEN_BROKEN = [seen("enforce", 0, 3, 4), failed("connect", 4, 20)]
NEVER_WORKED = [failed("no_record", 0, 5)]
BROKEN_AND_BACK = [seen("testing", 0, 1, 2), failed("tls", 2, 3, 4), seen("enforce", 4, 5)]


@pytest.mark.parametrize(
    ("what", "history", "days", "mode"),
    [
        ("before the first look", TESTING_THEN_ENFORCE, -0.1, None),
        ("at the first look", TESTING_THEN_ENFORCE, 0, "testing"),
        ("until the change is seen", TESTING_THEN_ENFORCE, 3.9, "testing"),
        ("from the change on", TESTING_THEN_ENFORCE, 4, "enforce"),
        ("after the last look, within max_age", TESTING_THEN_ENFORCE, 15, "enforce"),
        ("nobody looked for longer than max_age", TESTING_THEN_ENFORCE, 16.5, "unknown"),
        ("a failed fetch: the cached policy stays in force", THEN_BROKEN, 9.9, "enforce"),
        ("until its max_age is over", THEN_BROKEN, 10.1, "unknown"),
        ("no policy was ever fetched: unknown, not none", NEVER_WORKED, 1, "unknown"),
        ("broken and back", BROKEN_AND_BACK, 3, "testing"),
        ("broken and back, new policy", BROKEN_AND_BACK, 4.5, "enforce"),
        ("a max_age shorter than our looks are apart", [seen("enforce", 0, 3, None, max_age=3600)], 4.5, "enforce"),
        ("... but not for ever", [seen("enforce", 0, 3, None, max_age=3600)], 5.5, "unknown"),
        ("... and not after a failed fetch", [seen("enforce", 0, 3, 4, max_age=3600), failed("dns", 4, 4)], 4.1, "unknown"),
        ("mode none is a mode", [seen("none", 0, 3, None, max_age=86400)], 3.5, "none"),
        ("no history", [], 1, None),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_published(what: str, history: list[PublishedPolicy], days: float, mode: str | None) -> None:
    assert published_at(history, at(days)) == mode


def test_the_policy_in_force_is_the_cached_one_while_fetches_fail() -> None:
    assert in_force_at(THEN_BROKEN, at(5)) is THEN_BROKEN[0]
    assert in_force_at(THEN_BROKEN, at(11)) is None


@pytest.mark.parametrize(
    ("what", "sessions", "mode"),
    [
        ("that of most sessions among the sts results", {("sts", "testing"): 5, ("sts", "enforce"): 9}, "enforce"),
        ("tlsa results have no say", {("sts", "testing"): 5, ("tlsa", "unknown"): 50}, "testing"),
        ("nor has no-policy-found beside sts", {("sts", "testing"): 5, ("no-policy-found", "none"): 50}, "testing"),
        ("no policy-string: unknown", {("sts", "unknown"): 5}, "unknown"),
        ("only no-policy-found: none", {("no-policy-found", "none"): 5}, "none"),
        ("only tlsa: unknown", {("tlsa", "unknown"): 5}, "unknown"),
        ("no results", {}, "unknown"),
        ("results without sessions count by their number of sessions: none, the stricter wins", {("sts", "testing"): 0, ("sts", "enforce"): 0}, "enforce"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_reported(what: str, sessions: dict[tuple[str, str], int], mode: str) -> None:
    assert reported(sessions) == mode
