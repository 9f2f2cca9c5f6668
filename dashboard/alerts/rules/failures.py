"""The rules about sessions that failed, from the figures of days. Days are UTC days (rule 8)."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime, timedelta

from collector.settings import Alerts
from collector.store.queries import Evidence, FailedDay
from collector.store.queries.trouble import Trouble
from dashboard.alerts.facts import QUIET_DAYS, RECENT_DAYS
from dashboard.alerts.model import Condition, Figures
from dashboard.verdict import relevant

# Single sessions fail with rare types every day, and mean nothing.
LEAST_NEW = 5
# Before a failure can be new there must have been days without it.
_LEAST_DAYS_BEFORE = 7
# Result types are what strangers write: no flood of names becomes a flood of alerts.
MOST_NEW = 5
_MOST_NAMED = 3
_LONGEST_SUBJECT = 200


def first_recent(now: datetime) -> date:
    """The first of the days that are news: today and the three before (R18, R38)."""
    return now.date() - timedelta(days=RECENT_DAYS)


def held_back(domain: Trouble, thresholds: Alerts, now: datetime) -> Iterator[Condition]:
    """Sessions failed under a policy in enforce: that mail was held back (rule 7). `size`: those of the worst day."""
    since = first_recent(now)
    judged = relevant.sort(Evidence(mode="", failed=domain.failed, ceiling=dict(domain.ceiling)))
    by_day = {day: count for (day, mode), count in judged.refused.items() if mode == "enforce" and day >= since}
    if by_day:
        theirs = [each for each in judged.relevant if each.mode == "enforce" and each.day in by_day]
        figures: Figures = {
            "failed": sum(by_day.values()),
            "first_day": min(by_day).isoformat(),
            "last_day": max(by_day).isoformat(),
        }
        yield Condition("held_back", domain.name, "", max(by_day.values()), {**figures, **_named(theirs)})


def failure_rate(domain: Trouble, thresholds: Alerts, now: datetime) -> Iterator[Condition]:
    """A day with enough sessions of which too many failed. `size`: failed ones of a thousand on the worst day.

    Opens at the threshold, and does not close above half of it.
    """
    since, most = first_recent(now), thresholds.failure_percent / 100
    days = [each for each in domain.days if each.day >= since and each.sessions >= thresholds.failure_sessions]
    worst = max(days, key=lambda each: each.failed / each.sessions, default=None)
    if worst is None or worst.failed / worst.sessions < most / 2:
        return
    theirs = [each for each in domain.failed if each.day == worst.day]
    permille = 1000 * worst.failed // worst.sessions
    figures: Figures = {
        "day": worst.day.isoformat(),
        "last_day": max(each.day for each in days if each.failed / each.sessions >= most / 2).isoformat(),
        "failed": worst.failed,
        "sessions": worst.sessions,
        "permille": permille,
    }
    opens = worst.failed / worst.sessions >= most
    yield Condition("failure_rate", domain.name, "", max(permille, 1), {**figures, **_named(theirs)}, opens)


def new_failure(domain: Trouble, thresholds: Alerts, now: datetime) -> Iterator[Condition]:
    """A result type, or one of the domain's MX hosts, that fails and did not for four weeks. `size`: the worst day's.

    While it goes on it does not close, though it is no longer new. An MX is not told of where only new types fail.
    """
    since = first_recent(now)
    types = sorted({each.result_type for each in domain.failed if each.day >= since})
    of_types = {
        name: _new("result_type", name, [each for each in domain.failed if each.result_type == name], domain, since)
        for name in types
    }
    fresh = {name for name, each in of_types.items() if each.opens}
    yield from _most(each for each in of_types.values())
    hosts = {each.mx for each in domain.failed if each.day >= since and each.result_type not in fresh}
    of_hosts = (
        _new("mx", host, [each for each in domain.failed if each.mx == host], domain, since)
        for host in sorted(host for host in hosts if host in domain.mx and host)
    )
    yield from _most(of_hosts)


def _new(kind: str, name: str, theirs: Collection[FailedDay], domain: Trouble, since: date) -> Condition:
    by_day: Counter[date] = Counter()
    for each in theirs:
        by_day[each.day] += each.failed
    recent = {day: count for day, count in by_day.items() if day >= since}
    first = min(recent)
    before = [day for day in by_day if first - timedelta(days=QUIET_DAYS) <= day < first]
    watched = sum(1 for each in domain.days if each.day < first)
    is_new = not before and watched >= _LEAST_DAYS_BEFORE and sum(recent.values()) >= LEAST_NEW
    figures: Figures = {
        "kind": kind,
        "failed": sum(recent.values()),
        "first_day": first.isoformat(),
        "last_day": max(recent).isoformat(),
        "quiet_days": QUIET_DAYS,
    }
    named = _named(each for each in theirs if each.day >= since)
    named.pop("result_types" if kind == "result_type" else "mx")
    return Condition("new_failure", domain.name, subject_of(name), max(recent.values()), {**figures, **named}, is_new)


def subject_of(name: str) -> str:
    """A name as it stands in an alert: result types are as long as strangers like."""
    return name[:_LONGEST_SUBJECT]


def _most(found: Iterable[Condition]) -> Iterator[Condition]:
    """Of those that may open the ones with most failures; the others, which only go on, as they are."""
    new = 0
    for condition in sorted(found, key=lambda each: -each.size):
        new += condition.opens
        if not condition.opens or new <= MOST_NEW:
            yield condition


def _named(failed: Iterable[FailedDay]) -> dict[str, list[str]]:
    """The result types, hosts and reporters with most failures."""
    types: Counter[str] = Counter()
    hosts: Counter[str] = Counter()
    reporters: Counter[str] = Counter()
    for each in failed:
        types[each.result_type] += each.failed
        reporters[each.reporter or ""] += each.failed
        if each.mx:
            hosts[each.mx] += each.failed
    return {"result_types": _top(types), "mx": _top(hosts), "reporters": _top(reporters)}


def _top(counted: Counter[str]) -> list[str]:
    ordered = sorted(counted, key=lambda name: (-counted[name], name))
    return [name[:_LONGEST_SUBJECT] for name in ordered[:_MOST_NAMED]]
