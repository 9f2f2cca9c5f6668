"""What it means that a rule does not hold any more: that it is over, that it has grown old, or nothing. Pure.

Nothing closes because nobody looks: a failure is over when a day with reports and without it came after it, a state
when a look has found another one.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta

from collector.store.queries import FailedDay
from collector.store.queries.trouble import Trouble
from dashboard.alerts.facts import QUIET_DAYS, Facts
from dashboard.alerts.model import Open
from dashboard.alerts.rules.failures import subject_of
from dashboard.alerts.rules.published import policy_host
from dashboard.verdict import relevant

OVER = "over"
UNKNOWN = "unknown"  # it stays open
OLD = "old"  # closed without a word: news, or what nothing more will be known about

# How long a rule must not have held. Days and looks are slow enough by themselves; counts go up and down.
QUIET: Mapping[str, timedelta] = {
    "policy_fetch": timedelta(minutes=30),
    "certificate": timedelta(minutes=30),
    "mx_not_in_policy": timedelta(minutes=30),
    "record_elsewhere": timedelta(minutes=30),
    "quarantine": timedelta(hours=6),
}


def outlook(alert: Open, facts: Facts, now: datetime) -> str:
    """Of an open alert whose rule is one of `facts.rules` and does not hold: OVER, UNKNOWN or OLD."""
    if "domains" in alert.evidence or not alert.domain:
        return OVER  # of all, or of many: those of single domains say more from now on
    if alert.rule in ("no_reports", "reporter_silent"):
        return _of_silence(alert, facts, now)
    domain = facts.domains.get(alert.domain)
    return UNKNOWN if domain is None else _RULES[alert.rule](alert, domain, now)


def _of_days(alert: Open, domain: Trouble, now: datetime) -> str:
    """A clean day with reports has to come after the last one that was not."""
    last = date.fromisoformat(str(alert.evidence["last_day"]))
    failing = {each.day for each in domain.failed if _is_of(alert, each)}
    if any(each.day > last and each.day not in failing for each in domain.days):
        return OVER
    return OLD if now.date() - last > timedelta(days=QUIET_DAYS) else UNKNOWN


def _is_of(alert: Open, failure: FailedDay) -> bool:
    """Whether a failure would be one of the alert's. Nobody may have looked on the days after its last one."""
    match alert.rule:
        case "held_back":
            return failure.mode == "enforce" and failure.result_type not in relevant.DANE_ONLY
        case "new_failure":
            return alert.subject in (subject_of(failure.result_type), failure.mx)
        case _:
            return False  # a rate below the threshold is good enough


def _of_policy(alert: Open, domain: Trouble, now: datetime) -> str:
    # Another error, or one look after a good one: it is not mended, it only is not sure yet.
    return OVER if domain.history and domain.history[-1].error in (None, "no_record") else UNKNOWN


def _of_host(alert: Open, domain: Trouble, now: datetime) -> str:
    """Hosts that are gone from DNS are no problem any more; of one that did not answer nothing is known."""
    if alert.subject == policy_host(domain.name):
        return OVER if domain.history and domain.history[-1].error is None else UNKNOWN
    host = next((each for each in domain.hosts if each.host == alert.subject), None)
    if host is None:
        return OVER if domain.hosts else UNKNOWN
    if alert.rule == "certificate":
        return UNKNOWN if host.certificate is None else OVER
    return OVER if host.matches_policy or not domain.history or domain.history[-1].mode == "none" else UNKNOWN


def _of_record(alert: Open, domain: Trouble, now: datetime) -> str:
    codes = {problem.code for each in domain.records[-1:] for problem in each.found.problems}
    return UNKNOWN if not domain.records or "dns" in codes else OVER


def _of_news(alert: Open, domain: Trouble, now: datetime) -> str:
    return OLD


_RULES: Mapping[str, Callable[[Open, Trouble, datetime], str]] = {
    "held_back": _of_days,
    "failure_rate": _of_days,
    "new_failure": _of_days,
    "policy_fetch": _of_policy,
    "certificate": _of_host,
    "mx_not_in_policy": _of_host,
    "record_elsewhere": _of_record,
    "policy_changed": _of_news,
}


def _of_silence(alert: Open, facts: Facts, now: datetime) -> str:
    """Reports that came end it. While all is silent, nothing is known of one; a reporter may leave the window."""
    if alert.rule == "reporter_silent":
        last = date.fromisoformat(str(alert.evidence["last_day"]))
        if now.date() - last > timedelta(days=QUIET_DAYS):
            return OLD
    if any(each.name == alert.domain and each.last_day is not None for each in facts.silent):
        return UNKNOWN  # of a domain about which nobody reports nothing is known of one reporter
    return UNKNOWN if facts.last_stored is None or now - facts.last_stored > timedelta(days=1) else OVER
