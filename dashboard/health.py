"""How one domain of the list is doing, in a few words: what an operator has to look at comes first. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from collector.store.queries import DomainOverview
from collector.text import say

# Failures happen: a session in a hundred is where somebody should look today.
_BAD_RATE = 0.01
_RECENT_DAYS = 3
LEVELS = ("bad", "look", "ok")  # the worst first
# A report comes a day after its day, and is retried for another (R18, R38): silence of three days is news.
_SILENCE = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Health:
    """`level` is one of LEVELS. `texts` say why, the worst first; never empty.

    `kind` is what the first text is about: `failures`, `policy`, `record` (there is none), `silence`, or "".
    """

    level: str
    texts: tuple[str, ...]
    kind: str = field(default="", compare=False)


_Found = tuple[str, str, str]  # level, text, kind


def health(row: DomainOverview, now: datetime, last: date) -> Health:
    """The state of a domain as of `now`, over the range that `row` was asked for, which ends with the day `last`."""
    found = [*_failures(row, last), *_policy(row), *_silence(row, now)]
    found.sort(key=lambda each: each[0] != "bad")
    if found:
        return Health(found[0][0], tuple(text for _, text, _ in found), found[0][2])
    return Health("ok", (say("no failures"),))


def order(row: DomainOverview, health: Health) -> tuple[int, float, str]:
    """Sort key: problems first, then the highest failure rate, then the name."""
    return LEVELS.index(health.level), -_rate(row.daily), row.name


def _rate(days: Sequence[tuple[int, int]]) -> float:
    sessions = sum(of_day for of_day, _ in days)
    return sum(failed for _, failed in days) / sessions if sessions else 0.0


def _failures(row: DomainOverview, last: date) -> list[_Found]:
    if not row.failed:
        return []
    # A fault that began yesterday is small over a month, and matters most; one that is over matters least.
    recent = _rate([day for day in row.daily if day[0]][-_RECENT_DAYS:])
    if recent >= _BAD_RATE:
        return [
            ("bad", say("failing now, mail held back") if row.mode == "enforce" else say("failing now"), "failures")
        ]
    if recent:
        return [("look", say("some failures"), "failures")]
    days_ago = next(ago for ago, (_, failed) in enumerate(reversed(row.daily)) if failed)
    until = last - timedelta(days=days_ago)
    return [("look", say("failures until %(day)s", day=until), "failures")]


def _policy(row: DomainOverview) -> list[_Found]:
    if row.mode_error == "no_record":
        return [("look", say("no MTA-STS record"), "record")]
    return [("bad", say("policy fetch fails: %(error)s", error=row.mode_error), "policy")] if row.mode_error else []


def _silence(row: DomainOverview, now: datetime) -> list[_Found]:
    if row.last_report is None:
        return [("look", say("no report yet"), "silence")]
    silent = now - row.last_report
    return [("look", say("no report for %(n)s days", n=silent.days), "silence")] if silent >= _SILENCE else []
