"""Facts made by hand. NOW is noon of a Tuesday; days are told as how long ago they were."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from collector.ids import new_id
from collector.monitor.checked import Certificate, MxCheck, TlsrptCheck
from collector.monitor.model import Problem
from collector.settings import Alerts
from collector.store.queries import FailedDay, PublishedPolicy
from collector.store.queries.trouble import Day, Record, Trouble
from dashboard.alerts import rules
from dashboard.alerts.facts import SILENCE_RULES, STATE_RULES, Facts
from dashboard.alerts.model import Condition, Open

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
DOMAIN = "example.com"
MX1, MX2 = "mx1.example.com", "mx2.example.com"
THRESHOLDS = Alerts()


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def day(days_ago: int) -> date:
    return NOW.date() - timedelta(days=days_ago)


def days(figures: Mapping[int, tuple[int, int]]) -> tuple[Day, ...]:
    """(sessions, failed) by how many days ago."""
    return tuple(Day(day(back), *figures[back]) for back in sorted(figures, reverse=True))


def clean(first: int, last: int) -> dict[int, tuple[int, int]]:
    """A hundred good sessions a day."""
    return dict.fromkeys(range(last, first + 1), (100, 0))


def failure(
    days_ago: int,
    failed: int = 10,
    result_type: str = "certificate-expired",
    mode: str = "enforce",
    mx: str = MX1,
    reporter: str = "reporter.example",
) -> FailedDay:
    return FailedDay(day(days_ago), mode, result_type, failed, reporter, mx)


def trouble(*failed: FailedDay, of_days: Mapping[int, tuple[int, int]] | None = None, **more: Any) -> Trouble:
    """A domain with these failures, each of its own sessions; a hundred sessions on each of the last 31 days."""
    by_day: dict[date, int] = {}
    ceiling: dict[tuple[date, str], int] = {}
    for each in failed:
        by_day[each.day] = by_day.get(each.day, 0) + each.failed
        ceiling[each.day, each.mode] = ceiling.get((each.day, each.mode), 0) + each.failed
    figures = {back: (100, by_day.get(day(back), 0)) for back in range(1, 32)} if of_days is None else of_days
    made = Trouble(UUID(int=1), DOMAIN, days(figures), failed, ceiling, mx=frozenset({MX1, MX2}))
    return replace(made, **more)


def policy(
    mode: str = "enforce",
    first: float = 60,
    last: float = 0,
    *,
    mx: tuple[str, ...] = (MX1,),
    max_age: int = 604800,
    policy_id: str = "1",
    certificate: float | None = None,
) -> PublishedPolicy:
    """An interval of looks that found this policy, from so many days ago to so many.

    `certificate`: for so many days that of the policy host is good.
    """
    ends = None if certificate is None else ago(-certificate)
    ended = ago(last) if last else None
    return PublishedPolicy(
        mode, policy_id, max_age, mx, ago(first), ago(last), ended, None, None, certificate_ends=ends
    )


def broken(error: str = "tls", first: float = 1, last: float = 0) -> PublishedPolicy:
    return PublishedPolicy("unknown", "1", None, (), ago(first), ago(last), None, error, "made", None)


def host(
    name: str = MX1, *, left: float | None = 60, matches: bool | None = True, starttls: bool | None = True
) -> MxCheck:
    """An MX whose certificate is good for so many days; None: it was not reached."""
    certificate = None if left is None else Certificate(NOW + timedelta(days=left), (name,), trusted=left > 0)
    return MxCheck(name, matches, starttls, certificate)


def record(rua: str | None = "mailto:tlsrpt@example.com", *codes: str, since: float = 30) -> Record:
    problems = tuple(Problem(code, "warning", "made") for code in codes)
    text = None if rua is None else f"v=TLSRPTv1; rua={rua}"
    return Record(ago(since), TlsrptCheck(text, () if rua is None else (rua,), problems))


def facts(*domains: Trouble, **more: Any) -> Facts:
    return Facts(rules=STATE_RULES, domains={each.name: each for each in domains}, **more)


def silence(**more: Any) -> Facts:
    return Facts(rules=SILENCE_RULES, **{"last_stored": NOW, **more})


def found(seen: Facts, rule: str, thresholds: Alerts = THRESHOLDS) -> list[Condition]:
    """What one rule finds."""
    return [each for each in rules.look(seen, thresholds, NOW) if each.rule == rule]


def opened(condition: Condition, **more: Any) -> Open:
    """The alert that a condition opened an hour ago."""
    made = Open(
        alert_id=new_id(),
        rule=condition.rule,
        domain=condition.domain,
        subject=condition.subject,
        size=condition.size,
        told_size=condition.size,
        opened_at=NOW - timedelta(hours=1),
        seen_at=NOW - timedelta(hours=1),
        evidence=condition.evidence,
    )
    return replace(made, **more)


def names(conditions: Iterable[Condition]) -> list[tuple[str, int, bool]]:
    """(subject, size, whether it opens)."""
    return [(each.subject, each.size, each.opens) for each in conditions]
