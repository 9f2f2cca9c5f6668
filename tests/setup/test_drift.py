"""Histories of what was published and reported in; how old each is, and who has picked up the change, out."""

from datetime import UTC, date, datetime, timedelta

import pytest

from collector.store.queries import Policies, PublishedPolicy, ReportedPolicy
from dashboard.drift import FRESH, STALE, UNKNOWN, WITHIN_MAX_AGE, drift

MX = ("mx1.example.com",)
WEEK = 7 * 86400
CHANGED = 10  # November: testing until then, enforce from then on


def at(day: int, hour: int = 12) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def published(mode: str, first: int, last: int, ended: int | None, max_age: int = WEEK) -> PublishedPolicy:
    return PublishedPolicy(
        mode, mode, max_age, MX, at(first), at(last), None if ended is None else at(ended), None, None
    )


def failed(first: int, last: int, ended: int | None) -> PublishedPolicy:
    end = None if ended is None else at(ended)
    return PublishedPolicy("unknown", None, None, (), at(first), at(last), end, "timeout", None)


def reported(mode: str, reporter: str, first: int, last: int, *, stale: bool = False) -> ReportedPolicy:
    days = date(2026, 11, first), date(2026, 11, last)
    return ReportedPolicy(mode, () if mode == "unknown" else MX, reporter, *days, stale)


HISTORY = (published("testing", 1, CHANGED, CHANGED), published("enforce", CHANGED, 24, None))


@pytest.mark.parametrize(
    ("row", "state"),
    [
        pytest.param(reported("enforce", "a", 11, 20), FRESH, id="what is published now"),
        pytest.param(reported("testing", "a", 2, 9), FRESH, id="published on that day"),
        pytest.param(reported("testing", "a", 2, 11), FRESH, id="a day to look again"),
        pytest.param(reported("testing", "a", 2, 12), WITHIN_MAX_AGE, id="cached"),
        pytest.param(reported("testing", "a", 2, 19, stale=True), STALE, id="max_age has run out"),
        pytest.param(reported("none", "a", 2, 20), UNKNOWN, id="never published while we looked"),
        pytest.param(reported("unknown", "a", 2, 20), UNKNOWN, id="no policy-string, after a failed fetch"),
    ],
)
def test_how_old_a_reported_policy_is(row: ReportedPolicy, state: str) -> None:
    [applied] = drift(Policies(HISTORY, (row,)), at(24)).applied
    assert (applied.state, applied.reporter, applied.mx) == (state, "a", row.mx)


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        pytest.param(
            [],
            "Nobody has reported an applied policy since the change of 10 Nov 2026; "
            "an older policy may be held until 17 Nov 2026.",
            id="no reports",
        ),
        pytest.param(
            [reported("testing", "a", 1, 9)],
            "Nobody has reported an applied policy since the change of 10 Nov 2026; "
            "an older policy may be held until 17 Nov 2026.",
            id="none since",
        ),
        pytest.param(
            [reported("enforce", "a", 11, 13), reported("enforce", "b", 12, 13), reported("testing", "b", 1, 11)],
            "Everybody who reported since has picked up the change of 10 Nov 2026 by 12 Nov 2026.",
            id="everybody",
        ),
        pytest.param(
            [reported("enforce", "a", 12, 13), reported("testing", "a", 1, 11), reported("enforce", "new", 13, 13)],
            "Everybody who reported since has picked up the change of 10 Nov 2026 by 12 Nov 2026.",
            id="who is new has nothing to pick up",
        ),
        pytest.param(
            [reported("enforce", "a", 11, 13), reported("testing", "b", 1, 12)],
            "1 of 2 reporters have picked up the change of 10 Nov 2026; not yet: b; "
            "an older policy may be held until 17 Nov 2026.",
            id="one is behind",
        ),
        pytest.param(
            [reported("enforce", "a", 11, 13), reported("testing", "a", 1, 13)],
            "0 of 1 reporter has picked up the change of 10 Nov 2026; not yet: a; "
            "an older policy may be held until 17 Nov 2026.",
            id="two versions on one day",
        ),
        pytest.param(
            [reported("enforce", "a", 11, 13), reported("unknown", "a", 12, 13)],
            "Everybody who reported since has picked up the change of 10 Nov 2026 by 11 Nov 2026.",
            id="a fetch error names no policy",
        ),
    ],
)
def test_who_has_picked_up_the_change(rows: list[ReportedPolicy], sentence: str) -> None:
    change = drift(Policies(HISTORY, tuple(rows)), at(13)).change
    assert change is not None
    assert change.text == sentence


def test_once_every_old_policy_has_run_out_no_date_is_named() -> None:
    change = drift(Policies(HISTORY, (reported("testing", "a", 1, 20, stale=True),)), at(24)).change
    assert change is not None
    assert change.text == "0 of 1 reporter has picked up the change of 10 Nov 2026; not yet: a."


def test_an_older_policy_with_a_longer_max_age_counts_longer() -> None:
    """M24: all earlier policies, not only the last."""
    first = published("none", 1, 2, 2, max_age=4 * WEEK)
    history = (first, published("testing", 2, 10, 10), published("enforce", 10, 13, None))
    change = drift(Policies(history, ()), at(13)).change
    assert change is not None
    assert change.old_until == (at(2) + timedelta(weeks=4)).date()


def test_back_to_a_policy_that_was_there_before() -> None:
    """Its rows span the time between: only the days after the change count."""
    history = (published("enforce", 1, 5, 5), published("testing", 5, 10, 10), published("enforce", 10, 13, None))
    rows = (reported("enforce", "a", 2, 13), reported("testing", "a", 6, 11))
    change = drift(Policies(history, rows), at(13)).change
    assert change is not None
    assert change.by == date(2026, 11, 12)


@pytest.mark.parametrize(
    "history",
    [
        pytest.param((), id="nothing seen"),
        pytest.param((published("enforce", 1, 13, None),), id="one policy"),
        pytest.param((published("enforce", 1, 5, 5), failed(5, 6, 6), published("enforce", 6, 13, None)), id="gap"),
        pytest.param((failed(1, 13, None),), id="only failures"),
    ],
)
def test_no_change_no_sentence(history: tuple[PublishedPolicy, ...]) -> None:
    assert drift(Policies(history, ()), at(13)).change is None


def test_many_that_are_behind_are_counted() -> None:
    rows = tuple(reported("testing", f"r{number}", 1, 12) for number in range(8))
    change = drift(Policies(HISTORY, rows), at(13)).change
    assert change is not None
    assert "not yet: r0, r1, r2, r3, r4 and 3 more;" in change.text
