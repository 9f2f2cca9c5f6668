"""Evidence from a line: a letter for each day, the last one is yesterday.

.  nothing was reported                    d  a failure of DANE alone, under a policy in testing
c  clean: 10 sessions                       p  a sender could not fetch the policy, and told no mode
t  3 of 10 failed under testing             P  the same, with a policy in testing in its cache
e  3 of 10 failed under enforce             s  3 of 10 failed without a detail (rule 5)
n  3 failed with no policy                  o  details that the summary does not know (Q51)
u  3 failed under an unknown mode
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from collector.settings import Verdict as Thresholds
from collector.store.queries import Evidence, FailedDay, PublishedPolicy

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TODAY = NOW.date()
WEEK = 7 * 86400
MX = ("mx1.example.com", "mx2.example.com")
THRESHOLDS = Thresholds()

_FAILURES = {
    "t": ("testing", "certificate-expired"),
    "e": ("enforce", "certificate-expired"),
    "n": ("none", "starttls-not-supported"),
    "u": ("unknown", "validation-failure"),
    "d": ("testing", "tlsa-invalid"),
    "p": ("unknown", "sts-policy-fetch-error"),
    "P": ("testing", "sts-policy-fetch-error"),
    "s": ("testing", "unspecified"),
    "o": ("testing", "validation-failure"),
}


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def day(days_ago: int) -> date:
    return TODAY - timedelta(days=days_ago)


def seen(
    mode: str = "testing",
    first: float = 60,
    last: float = 0.1,
    *,
    policy_id: str = "1",
    mx: tuple[str, ...] = MX,
    max_age: int = WEEK,
) -> PublishedPolicy:
    """A policy that was published from `first` to `last` days ago."""
    return PublishedPolicy(mode, policy_id, max_age, mx, ago(first), ago(last), None, None, None)


def broken(error: str = "tls", first: float = 3, last: float = 0.1) -> PublishedPolicy:
    return PublishedPolicy("unknown", None, None, (), ago(first), ago(last), None, error, "why")


def evidence(line: str = "c" * 28, mode: str = "testing", **other: Any) -> Evidence:
    """Of a domain with a valid policy in this mode, and 2 reporters."""
    reported = [(day(len(line) - position), letter) for position, letter in enumerate(line) if letter != "."]
    failed = [FailedDay(at, *_FAILURES[letter], 3) for at, letter in reported if letter in _FAILURES]
    policy = seen(mode)
    values: dict[str, Any] = {
        "mode": mode,
        "history": (policy,),
        "in_force": policy,
        "days": tuple(at for at, letter in reported if letter != "n"),
        "sessions": 10 * len(reported),
        "reporters": 2 if reported else 0,
        "failed": tuple(failed),
        "ceiling": {
            (each.day, each.mode): 3
            for each, (_, letter) in zip(failed, _failing(reported), strict=True)
            if letter != "o"
        },
        "mx": MX,
        "mx_seen": ago(0.1),
    }
    return Evidence(**values | other)


def _failing(reported: list[tuple[date, str]]) -> list[tuple[date, str]]:
    return [each for each in reported if each[1] in _FAILURES]
