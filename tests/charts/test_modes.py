"""What counts as a change of the published policy, and how days become bands."""

from datetime import UTC, date, datetime

import pytest

from collector.store.queries import Daily, DayFigures, PublishedPolicy
from dashboard.charts import Band, bands, changes

ENFORCE, TESTING = {"mode": "enforce"}, {"mode": "testing"}
NEW_ID, NEW_MX, NEW_AGE = {"policy_id": "2"}, {"mx": ("other.example",)}, {"max_age": 7}
REORDERED = {"mx": ("b.example", "a.example")}
TIMEOUT, STATUS = {"mode": "unknown", "error": "timeout"}, {"mode": "unknown", "error": "status"}


def interval(day: int, values: dict[str, object]) -> PublishedPolicy:
    at = datetime(2026, 11, day, tzinfo=UTC)
    base = {"mode": "testing", "policy_id": "1", "max_age": 86400, "mx": ("a.example", "b.example"), "error": None}
    return PublishedPolicy(first_seen=at, last_seen=at, ended_at=None, error_detail=None, **{**base, **values})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ([], []),
        ([TESTING], ["first seen: testing"]),
        ([TESTING, ENFORCE], ["first seen: testing", "testing → enforce"]),
        ([ENFORCE, TESTING], ["first seen: enforce", "enforce → testing"]),
        ([{}, NEW_ID], ["first seen: testing", "new id"]),
        ([{}, NEW_MX], ["first seen: testing", "new mx"]),
        ([{}, NEW_MX | NEW_ID | NEW_AGE], ["first seen: testing", "new mx, max_age, id"]),
        ([{}, REORDERED], ["first seen: testing"]),
        ([{}, TIMEOUT], ["first seen: testing", "fetch failed: timeout"]),
        ([{}, TIMEOUT, {}], ["first seen: testing", "fetch failed: timeout", "fetch works again: testing"]),
        ([{}, TIMEOUT, ENFORCE], ["first seen: testing", "fetch failed: timeout", "testing → enforce"]),
        ([{}, TIMEOUT, STATUS], ["first seen: testing", "fetch failed: timeout", "fetch failed: status"]),
        ([TIMEOUT, TIMEOUT | NEW_ID], ["fetch failed: timeout"]),
        ([TIMEOUT, ENFORCE], ["fetch failed: timeout", "first seen: enforce"]),
    ],
    ids=lambda value: str(len(value)),
)
def test_changes(history: list[dict[str, object]], expected: list[str]) -> None:
    assert [change.text for change in changes(interval(day, each) for day, each in enumerate(history, 1))] == expected


def test_a_change_stands_at_the_moment_it_was_first_seen() -> None:
    assert changes([interval(3, TESTING)])[0].at == datetime(2026, 11, 3, tzinfo=UTC)


def test_bands_follow_mode_and_source() -> None:
    rows = [("testing", "reported"), ("testing", "published"), ("testing", "published"), ("enforce", "published")]
    daily = Daily(tuple(DayFigures(date(2026, 11, day), *row, 0, 0, 0) for day, row in enumerate(rows, 1)))
    assert bands(daily) == (
        Band("testing", "reported", date(2026, 11, 1), date(2026, 11, 1)),
        Band("testing", "published", date(2026, 11, 2), date(2026, 11, 3)),
        Band("enforce", "published", date(2026, 11, 4), date(2026, 11, 4)),
    )
