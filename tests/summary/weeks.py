"""Made weeks: one domain that is well, and whatever a test changes about it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from collector.text import say
from dashboard.summary.model import DomainWeek, EndingCertificate, PolicyChange, Summary, TopFailure
from dashboard.summary.rank import is_well, rank
from dashboard.summary.week import Week
from dashboard.verdict import Verdict, judge
from tests.verdict.made import MX, NOW, THRESHOLDS, evidence

WEEK = Week(2026, 47)
MADE_AT = datetime(2026, 11, 23, 7, tzinfo=UTC)
# What a stranger may call himself: a tag, a quote, ends of lines, a bell, a mark that turns the direction.
HOSTILE = "\"><script>alert(1)</script>'\r\nBcc: x@example.net\x07\u202e=?utf-8?q?x?="


def verdict(line: str = "c" * 28, mode: str = "enforce") -> Verdict:
    """From a line of days, as in tests.verdict.made."""
    return judge(evidence(line, mode), THRESHOLDS, NOW)


READY = verdict()
IN_TESTING = verdict(mode="testing")
HELD_BACK = verdict("c" * 24 + "eeee")
REFUSED = verdict("c" * 24 + "tttt", "testing")
TOO_LITTLE = verdict("c", "testing")


def domain(name: str = "example.com", **changed: Any) -> DomainWeek:
    """In enforce and well: 700 sessions in each week, none failed, in the order of the model."""
    values: dict[str, Any] = {
        "domain": name,
        "mode": "enforce",
        "mode_since": date(2026, 8, 3),
        "verdict": READY,
        "verdict_before": "ready",
        "reports": 14,
        "successful": 700,
        "failed": 0,
        "successful_last_week": 700,
        "failed_last_week": 0,
        "would_refuse": 0,
        "held_back": 0,
        "held_back_by": (),
        "top_failures": (),
        "policy_changes": (),
        "drift": None,
        "certificates": (),
        "silent_reporters": (),
        "last_report": MADE_AT - timedelta(hours=4),
        "daily": tuple((WEEK.before.first + timedelta(days=each), 100, 0) for each in range(14)),
        "is_well": False,
    }
    return is_well(DomainWeek(**values | changed))


def held_back(name: str = "example.com", **changed: Any) -> DomainWeek:
    """In enforce, an MX with an expired certificate."""
    values: dict[str, Any] = {
        "verdict": HELD_BACK,
        "successful": 650,
        "failed": 50,
        "held_back": 50,
        "held_back_by": (("bigmail.example", 40), ("office.example", 10)),
        "top_failures": (cause(),),
        "daily": tuple((WEEK.before.first + timedelta(days=each), 90, each // 7 * 10) for each in range(14)),
    }
    return domain(name, **values | changed)


def in_testing(name: str = "example.com", **changed: Any) -> DomainWeek:
    values: dict[str, Any] = {"mode": "testing", "verdict": IN_TESTING}
    return domain(name, **values | changed)


def cause(result_type: str = "certificate-expired", **changed: Any) -> TopFailure:
    values: dict[str, Any] = {
        "result_type": result_type,
        "failed": 50,
        "kind": "one_mx",
        "mx": MX[1],
        "reporter": None,
        "mx_hosts": ((MX[1], 50),),
        "reporters": (("bigmail.example", 40), ("office.example", 10)),
        "title": "Certificate expired",
        "action": "Renew it.",
        "is_new": True,
    }
    return TopFailure(**values | changed)


def certificate(days_left: int, host: str = MX[0]) -> EndingCertificate:
    return EndingCertificate(host, MADE_AT + timedelta(days=days_left), days_left)


def change(text: str = "testing → enforce") -> PolicyChange:
    return PolicyChange(datetime(2026, 11, 18, 6, 30, tzinfo=UTC), say("%(said)s", said=text))


def hostile() -> DomainWeek:
    """A stranger's text wherever one can stand, and in the domain's own name, which no database would take."""
    return held_back(
        HOSTILE,
        held_back_by=((HOSTILE, 50),),
        top_failures=(
            cause(HOSTILE, kind="one_reporter", reporter=HOSTILE, mx_hosts=((HOSTILE, 50),), title=HOSTILE),
            cause(HOSTILE, mx=HOSTILE),
        ),
        policy_changes=(change(HOSTILE),),
        drift=say("%(name)s has picked it up.", name=HOSTILE),
        certificates=(certificate(20, HOSTILE),),
        silent_reporters=(HOSTILE, HOSTILE),
    )


def summary(*domains: DomainWeek, **changed: Any) -> Summary:
    """Of these domains, most important first."""
    made = Summary(WEEK, MADE_AT, tuple(sorted(domains, key=rank)), (), ())
    return replace(made, **changed)


def everything() -> Summary:
    """Many domains, with something to say of each kind."""
    return summary(
        held_back("mail.example"),
        hostile(),
        in_testing("new.example", mode_since=date(2026, 10, 20)),
        in_testing("refused.example", verdict=REFUSED, failed=12, would_refuse=12, top_failures=(cause(failed=12),)),
        in_testing("little.example", verdict=TOO_LITTLE, verdict_before="ready", silent_reporters=("a.example",)),
        domain("quiet.example", reports=0, successful=0, successful_last_week=0, last_report=None),
        domain("changed.example", policy_changes=(change(),), certificates=(certificate(5), certificate(-1, MX[1]))),
        *(held_back(f"held{each:02}.example") for each in range(30)),
        *(domain(f"well{each:02}.example") for each in range(40)),
        quarantined=(("dkim_fail", 3),),
        foreign=((HOSTILE, 2), ("foreign.example", 1)),
    )
