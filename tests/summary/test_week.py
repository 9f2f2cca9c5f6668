"""ISO weeks: where years have 53 of them, and where the last days of December belong to the next year."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from collector.errors import UsageError
from dashboard.summary.week import Week, last_whole, parse, week_of

DAYS = [
    (date(2026, 11, 16), "2026-W47", date(2026, 11, 16), date(2026, 11, 22)),
    (date(2026, 11, 22), "2026-W47", date(2026, 11, 16), date(2026, 11, 22)),
    (date(2026, 12, 31), "2026-W53", date(2026, 12, 28), date(2027, 1, 3)),
    (date(2027, 1, 3), "2026-W53", date(2026, 12, 28), date(2027, 1, 3)),
    (date(2027, 1, 4), "2027-W01", date(2027, 1, 4), date(2027, 1, 10)),
    (date(2024, 12, 30), "2025-W01", date(2024, 12, 30), date(2025, 1, 5)),
]


@pytest.mark.parametrize(("day", "name", "first", "last"), DAYS)
def test_a_day_lies_in_its_week(day: date, name: str, first: date, last: date) -> None:
    week = week_of(day)
    assert (str(week), week.first, week.last) == (name, first, last)
    assert parse(name) == week


def test_the_week_before_crosses_the_year() -> None:
    assert str(parse("2027-W01").before) == "2026-W53"
    assert str(parse("2026-W01").before) == "2025-W52"
    assert str(parse("2026-W53").after) == "2027-W01"


def test_a_week_is_over_at_midnight_utc() -> None:
    assert parse("2026-W47").end == datetime(2026, 11, 23, tzinfo=UTC)


NOW = [
    (datetime(2026, 11, 22, 23, 59, tzinfo=UTC), "2026-W46"),
    (datetime(2026, 11, 23, 0, 0, tzinfo=UTC), "2026-W47"),
    # Monday morning in Tokyo is Sunday in UTC: the week of UTC days is not over.
    (datetime(2026, 11, 23, 8, 0, tzinfo=timezone(timedelta(hours=9))), "2026-W46"),
    (datetime(2027, 1, 4, 7, 0, tzinfo=UTC), "2026-W53"),
]


@pytest.mark.parametrize(("now", "name"), NOW)
def test_the_last_whole_week(now: datetime, name: str) -> None:
    assert str(last_whole(now)) == name


@pytest.mark.parametrize(
    "text",
    [
        "2026-W54",
        "2025-W53",
        "2026-W00",
        "2026-47",
        "0000-W01",
        "0001-W01",
        "1969-W52",
        "9001-W01",
        "9999-W52",
        "2026-W٤٧",
        "W47",
        "",
    ],
)
def test_what_is_no_week_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse(text)


@pytest.mark.parametrize("text", ["2026-W47", " 2026w47 ", "2026W47"])
def test_a_week_may_be_written_without_its_hyphen(text: str) -> None:
    assert parse(text) == Week(2026, 47)
