"""When the weekly mail goes out: `summary.at` in `summary.timezone`, and what it is about then. Pure.

A time that the clocks skip (DST begins) is taken an hour later, one that comes twice the first time: once a week in
any case.
"""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from collector.settings import WeeklyTime
from dashboard.summary.week import Week, last_whole

_A_WEEK = timedelta(days=7)
# A time just before midnight leaves little of its day to catch up in.
_LEAST_CATCHING_UP = timedelta(hours=1)


def last_time(at: WeeklyTime, zone: ZoneInfo, now: datetime) -> datetime:
    """The last moment at which a mail was due, UTC; `now` (aware) included."""
    day = now.astimezone(zone).date()
    day -= timedelta(days=(day.weekday() - at.weekday) % 7)
    moment = _moment(datetime.combine(day, at.at), zone)
    return moment if moment <= now else _moment(datetime.combine(day, at.at) - _A_WEEK, zone)


def next_time(at: WeeklyTime, zone: ZoneInfo, now: datetime) -> datetime:
    """The first moment after `now` (aware) at which a mail is due, UTC."""
    last = last_time(at, zone, now).astimezone(zone)
    day = last.date() - timedelta(days=(last.date().weekday() - at.weekday) % 7)  # a skipped hour may end the day
    return _moment(datetime.combine(day, at.at) + _A_WEEK, zone)


def due(at: WeeklyTime, zone: ZoneInfo, now: datetime) -> Week | None:
    """The week to be told of now: on the day of `at`, from its time on; None: no mail begins now.

    So a scheduler that starts late on the day catches up. On the next day it does not: a mail on Thursday that should
    have come on Monday surprises more than it tells, and `tlsrpt summary --send` is there for whoever wants it.
    """
    moment = last_time(at, zone, now)
    midnight = _moment(datetime.combine(moment.astimezone(zone).date() + timedelta(days=1), time()), zone)
    return last_whole(moment) if now < max(midnight, moment + _LEAST_CATCHING_UP) else None


def _moment(local: datetime, zone: ZoneInfo) -> datetime:
    return local.replace(tzinfo=zone, fold=0).astimezone(UTC)
