"""How one domain of the list is doing, in a few words: what an operator has to look at comes first. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from collector.store.queries import DomainOverview

# Failures happen: a session in a hundred is where somebody should look today.
_BAD_RATE = 0.01
_RECENT_DAYS = 3
# A report comes a day after its day, and is retried for another (R18, R38): silence of three days is news.
_SILENCE = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Health:
    """`level`: `bad`, `look` or `ok`. `texts` say why, the worst first; never empty."""

    level: str
    texts: tuple[str, ...]


def health(row: DomainOverview, now: datetime, last: date) -> Health:
    """The state of a domain as of `now`, over the range that `row` was asked for, which ends with the day `last`."""
    found = [*_failures(row, last), *_policy(row), *_silence(row, now)]
    for level in ("bad", "look"):
        if any(of == level for of, _ in found):
            return Health(level, tuple(text for of, text in sorted(found, key=lambda each: each[0] != "bad")))
    return Health("ok", ("no failures",))


def order(row: DomainOverview, health: Health) -> tuple[int, float, str]:
    """Sort key: problems first, then the highest failure rate, then the name."""
    return ("bad", "look", "ok").index(health.level), -_rate(row.daily), row.name


def _rate(days: Sequence[tuple[int, int]]) -> float:
    sessions = sum(of_day for of_day, _ in days)
    return sum(failed for _, failed in days) / sessions if sessions else 0.0


def _failures(row: DomainOverview, last: date) -> list[tuple[str, str]]:
    if not row.failed:
        return []
    # A fault that began yesterday is small over a month, and matters most; one that is over matters least.
    recent = _rate([day for day in row.daily if day[0]][-_RECENT_DAYS:])
    if recent >= _BAD_RATE:
        return [("bad", "failing now" + (", mail held back" if row.mode == "enforce" else ""))]
    if recent:
        return [("look", "some failures")]
    days_ago = next(ago for ago, (_, failed) in enumerate(reversed(row.daily)) if failed)
    until = last - timedelta(days=days_ago)
    return [("look", f"failures until {until.day} {until:%b}")]


def _policy(row: DomainOverview) -> list[tuple[str, str]]:
    if row.mode_error == "no_record":
        return [("look", "no MTA-STS record")]
    return [("bad", f"policy fetch fails: {row.mode_error}")] if row.mode_error else []


def _silence(row: DomainOverview, now: datetime) -> list[tuple[str, str]]:
    if row.last_report is None:
        return [("look", "no report yet")]
    silent = now - row.last_report
    return [("look", f"no report for {silent.days} days")] if silent >= _SILENCE else []
