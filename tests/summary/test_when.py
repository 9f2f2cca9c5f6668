"""When the weekly mail goes out: over time zones, the ends of ISO years, and clocks that are put forward and back."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from collector.settings import values
from dashboard.summary import when
from dashboard.summary.week import Week, parse, week_of

MINUTE = timedelta(minutes=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# The setting, its zone, a moment (UTC), and the week that a mail of that moment tells of (None: none begins).
DUE = [
    ("Mon 07:00", "UTC", "2026-11-23T06:59:59", None),
    ("Mon 07:00", "UTC", "2026-11-23T07:00:00", "2026-W47"),
    ("Mon 07:00", "UTC", "2026-11-23T23:59:59", "2026-W47"),  # started late on the day
    ("Mon 07:00", "UTC", "2026-11-24T00:00:00", None),  # later than that
    ("Mon 07:00", "UTC", "2026-11-29T12:00:00", None),
    ("Wed 12:30", "UTC", "2026-11-25T12:30:00", "2026-W47"),
    # The week is one of UTC days, the time one of the zone.
    ("Mon 07:00", "America/Los_Angeles", "2026-11-23T14:59:00", None),
    ("Mon 07:00", "America/Los_Angeles", "2026-11-23T15:00:00", "2026-W47"),
    ("Mon 07:00", "America/Los_Angeles", "2026-11-24T07:59:00", "2026-W47"),  # its Monday ends at 08:00 UTC
    ("Mon 07:00", "America/Los_Angeles", "2026-11-24T08:00:00", None),
    ("Mon 07:00", "Asia/Tokyo", "2026-11-22T22:00:00", "2026-W46"),  # UTC's Sunday: week 47 is not over
    ("Mon 07:00", "Asia/Tokyo", "2026-11-23T00:30:00", "2026-W46"),  # catching up tells what was due
    ("Mon 09:00", "Asia/Tokyo", "2026-11-23T00:00:00", "2026-W47"),
    ("Mon 07:00", "Pacific/Kiritimati", "2026-11-22T17:00:00", "2026-W46"),  # UTC+14
    ("Sun 23:30", "America/Los_Angeles", "2026-11-23T07:30:00", "2026-W47"),  # UTC's Monday
    # Just before midnight there is an hour to catch up in.
    ("Mon 23:45", "UTC", "2026-11-24T00:44:59", "2026-W47"),
    ("Mon 23:45", "UTC", "2026-11-24T00:45:00", None),
    # 2026 has 53 weeks; 2027-W01 begins on 4 January. 2025-W01 began on 30 December 2024.
    ("Mon 07:00", "UTC", "2026-12-28T07:00:00", "2026-W52"),
    ("Mon 07:00", "UTC", "2027-01-04T07:00:00", "2026-W53"),
    ("Fri 07:00", "UTC", "2027-01-01T07:00:00", "2026-W52"),
    ("Mon 07:00", "UTC", "2027-01-11T07:00:00", "2027-W01"),
    ("Mon 07:00", "UTC", "2025-01-06T07:00:00", "2025-W01"),
    ("Tue 00:00", "UTC", "2024-12-31T00:00:00", "2024-W52"),
    # Berlin: 02:00 to 03:00 is left out on 28 March 2027, and comes twice on 25 October 2026.
    ("Sun 02:30", "Europe/Berlin", "2027-03-28T01:29:59", None),
    ("Sun 02:30", "Europe/Berlin", "2027-03-28T01:30:00", "2027-W11"),
    ("Sun 02:30", "Europe/Berlin", "2026-10-25T00:29:59", None),
    ("Sun 02:30", "Europe/Berlin", "2026-10-25T00:30:00", "2026-W42"),
    ("Sun 02:30", "Europe/Berlin", "2026-10-25T22:59:59", "2026-W42"),  # this day has 25 hours
    ("Sun 02:30", "Europe/Berlin", "2026-10-25T23:00:00", None),
    # A zone that leaves out midnight itself.
    ("Sun 00:30", "America/Santiago", "2026-09-06T04:29:59", None),
    ("Sun 00:30", "America/Santiago", "2026-09-06T04:30:00", "2026-W35"),
]


@pytest.mark.parametrize(("setting", "zone", "now", "week"), DUE)
def test_due(setting: str, zone: str, now: str, week: str | None) -> None:
    found = when.due(values.weekly_time(setting), ZoneInfo(zone), at(now))
    assert (None if found is None else str(found)) == week


@pytest.mark.parametrize(
    ("setting", "zone"),
    [
        ("Sun 02:30", "Europe/Berlin"),
        ("Sun 23:59", "Australia/Lord_Howe"),
        ("Sun 00:30", "America/Santiago"),
    ],
)
def test_over_a_year_each_week_is_told_of_once(setting: str, zone: str) -> None:
    """A scheduler that looks about once an hour, over the end of a year and changes of the clock."""
    weekly, place = values.weekly_time(setting), ZoneInfo(zone)
    now, end = at("2026-08-03T00:00:00"), at("2027-08-03T00:00:00")
    begun: list[str] = []
    while now < end:
        week = when.due(weekly, place, now)
        if week is not None and (not begun or begun[-1] != str(week)):
            begun.append(str(week))
        now += 59 * MINUTE
    assert len(begun) == len(set(begun))
    assert len(begun) in (52, 53)
    assert begun == [str(week) for week in weeks(begun[0], len(begun))]


def weeks(first: str, count: int) -> list[Week]:
    """So many weeks in a row."""
    begins = parse(first).first
    return [week_of(begins + timedelta(days=7 * number)) for number in range(count)]


@pytest.mark.parametrize(("setting", "zone", "now", "_"), DUE)
def test_the_next_time_is_the_first_one_after_now(setting: str, zone: str, now: str, _: object) -> None:
    weekly, place = values.weekly_time(setting), ZoneInfo(zone)
    following = when.next_time(weekly, place, at(now))
    assert following > at(now)
    assert when.last_time(weekly, place, following) == following
    assert when.last_time(weekly, place, following - timedelta(seconds=1)) == when.last_time(weekly, place, at(now))
