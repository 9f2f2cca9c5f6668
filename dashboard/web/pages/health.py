"""How one domain of the list is doing, in a few words: what an operator has to look at comes first. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

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


def health(row: DomainOverview, now: datetime) -> Health:
    """The state of a domain over the range that `row` was asked for, as of `now`."""
    found = [*_failures(row), *_policy(row), *_silence(row, now)]
    for level in ("bad", "look"):
        if any(of == level for of, _ in found):
            return Health(level, tuple(text for of, text in sorted(found, key=lambda each: each[0] != "bad")))
    return Health("ok", ("no failures",))


def order(row: DomainOverview, now: datetime) -> tuple[int, float, str]:
    """Sort key: problems first, then the highest failure rate, then the name."""
    return ("bad", "look", "ok").index(health(row, now).level), -_rate(row), row.name


def _rate(row: DomainOverview) -> float:
    sessions = row.successful + row.failed
    return row.failed / sessions if sessions else 0.0


def _failures(row: DomainOverview) -> list[tuple[str, str]]:
    if not row.failed:
        return []
    if _recent_rate(row) >= _BAD_RATE:
        return [("bad", "failing now" + (", mail held back" if row.mode == "enforce" else ""))]
    return [("bad", "many failures")] if _rate(row) >= _BAD_RATE else [("look", "some failures")]


def _recent_rate(row: DomainOverview) -> float:
    """Over the last days with sessions: a fault that began yesterday is small over a month, and matters most."""
    recent = [(sessions, failed) for sessions, failed in row.daily if sessions][-_RECENT_DAYS:]
    return sum(failed for _, failed in recent) / sum(sessions for sessions, _ in recent) if recent else 0.0


def _policy(row: DomainOverview) -> list[tuple[str, str]]:
    if row.mode_error == "no_record":
        return [("look", "no MTA-STS record")]
    return [("bad", f"policy fetch fails: {row.mode_error}")] if row.mode_error else []


def _silence(row: DomainOverview, now: datetime) -> list[tuple[str, str]]:
    if row.last_report is None:
        return [("look", "no report yet")]
    silent = now - row.last_report
    return [("look", f"no report for {silent.days} days")] if silent >= _SILENCE else []
