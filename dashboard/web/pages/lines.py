"""The small chart of a side: a bar for each day of the range."""

from datetime import date, timedelta

from collector.store.queries import Filter
from dashboard.charts import Sparkline, sparkline


def days_of(wanted: Filter) -> list[date]:
    """Every day of the range."""
    return [wanted.first + timedelta(days=offset) for offset in range((wanted.last - wanted.first).days + 1)]


def failures_line(days: tuple[tuple[date, int], ...], wanted: Filter) -> Sparkline:
    """Failures per day as bars, all of them failed."""
    of_day = dict(days)
    return sparkline([(of_day.get(day, 0), of_day.get(day, 0)) for day in days_of(wanted)])
