"""Facts in, conditions out: what is wrong just now. Pure. Each rule is a function that knows nothing of the others."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

from collector.settings import Alerts
from collector.store.queries.trouble import Trouble
from dashboard.alerts.facts import Facts
from dashboard.alerts.model import Condition
from dashboard.alerts.rules import failures, installation, published, silence

# One domain, the thresholds and the time in; the conditions of one rule out.
Rule = Callable[[Trouble, Alerts, datetime], Iterable[Condition]]

_OF_DOMAINS: Mapping[str, Rule] = {
    "held_back": failures.held_back,
    "policy_fetch": published.policy_fetch,
    "certificate": published.certificate,
    "mx_not_in_policy": published.mx_not_in_policy,
    "record_elsewhere": published.record_elsewhere,
    "failure_rate": failures.failure_rate,
    "new_failure": failures.new_failure,
    "policy_changed": published.policy_changed,
}
_OF_ALL: Mapping[str, Callable[[Facts, Alerts, datetime], Iterable[Condition]]] = {
    "figures_differ": installation.figures_differ,
    "no_reports": silence.no_reports,
    "reporter_silent": silence.reporter_silent,
    "quarantine": installation.quarantine,
}


def look(facts: Facts, thresholds: Alerts, now: datetime) -> tuple[Condition, ...]:
    """What the rules that can be told by these facts find, each key once."""
    found: dict[tuple[str, str, str], Condition] = {}
    for condition in _all(facts, thresholds, now):
        found.setdefault(condition.key, condition)
    return tuple(found.values())


def _all(facts: Facts, thresholds: Alerts, now: datetime) -> Iterator[Condition]:
    for name, rule in _OF_ALL.items():
        if name in facts.rules:
            yield from rule(facts, thresholds, now)
    for name, of_domain in _OF_DOMAINS.items():
        if name in facts.rules:
            for domain in facts.domains.values():
                yield from of_domain(domain, thresholds, now)
