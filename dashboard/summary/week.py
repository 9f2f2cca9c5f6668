"""ISO weeks of UTC days (ISO 8601): `2026-W47` is Monday 16 to Sunday 22 November 2026."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from collector.errors import UsageError


@dataclass(frozen=True, slots=True, order=True)
class Week:
    """`year` is the ISO year: the last days of December may belong to week 1 of the next."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year:04}-W{self.number:02}"

    @property
    def first(self) -> date:
        """Its Monday."""
        return date.fromisocalendar(self.year, self.number, 1)

    @property
    def last(self) -> date:
        """Its Sunday."""
        return self.first + timedelta(days=6)

    @property
    def end(self) -> datetime:
        """The moment it is over, UTC."""
        return datetime.combine(self.last + timedelta(days=1), datetime.min.time(), UTC)

    @property
    def before(self) -> "Week":
        return week_of(self.first - timedelta(days=1))


def week_of(day: date) -> Week:
    """The week that a UTC day lies in."""
    year, number, _ = day.isocalendar()
    return Week(year, number)


def last_whole(now: datetime) -> Week:
    """The week before the one of `now` (aware): the last one that is over."""
    return week_of(now.astimezone(UTC).date()).before


def parse(text: str) -> Week:
    """`2026-W47`. Raises UsageError, also for a week that the year does not have (53 of most)."""
    match = re.fullmatch(r"(\d{4})-?W(\d{2})", text.strip(), re.IGNORECASE | re.ASCII)
    if match is None:
        raise UsageError(f"{text[:40]!r} is no week such as 2026-W47")
    try:
        week = week_of(date.fromisocalendar(int(match[1]), int(match[2]), 1))
        _ = week.before  # of year 1 there is none
    except (ValueError, OverflowError):
        raise UsageError(f"there is no week {text[:40]}") from None
    return week
