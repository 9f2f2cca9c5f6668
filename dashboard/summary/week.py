"""ISO weeks of UTC days (ISO 8601): `2026-W47` is Monday 16 to Sunday 22 November 2026."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from collector.errors import UsageError
from collector.text import say

# Before and after these, no report is about a day (collector.report), and not every week has one before and one after.
_YEARS = (1970, 9000)


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

    @property
    def after(self) -> "Week":
        return week_of(self.last + timedelta(days=1))


def week_of(day: date) -> Week:
    """The week that a UTC day lies in."""
    year, number, _ = day.isocalendar()
    return Week(year, number)


def last_whole(now: datetime) -> Week:
    """The week before the one of `now` (aware): the last one that is over."""
    return week_of(now.astimezone(UTC).date()).before


def parse(text: str) -> Week:
    """`2026-W47`. Raises UsageError, also for a week that the year does not have (53 of most)."""
    given = text[:40]
    match = re.fullmatch(r"(\d{4})-?W(\d{2})", text.strip(), re.IGNORECASE | re.ASCII)
    if match is None:
        raise UsageError(say("%(given)s is no week such as 2026-W47", given=repr(given)))
    year, number = int(match[1]), int(match[2])
    try:
        found = week_of(date.fromisocalendar(year, number, 1)) if _YEARS[0] <= year <= _YEARS[1] else None
    except ValueError:
        found = None
    if found is None:
        raise UsageError(say("there is no week %(given)s", given=given))
    return found


def check_begun(week: Week, now: datetime) -> None:
    """Raises UsageError for a week of which nothing can be told yet. `now`: aware."""
    if week.first > now.astimezone(UTC).date():
        told = say("%(week)s begins on %(day)s: there is nothing to tell yet", week=str(week), day=str(week.first))
        raise UsageError(told)
