"""The rules about the installation as a whole."""

from collections.abc import Iterator
from datetime import datetime

from collector.settings import Alerts
from dashboard.alerts.facts import Facts
from dashboard.alerts.model import Condition, Figures

_MOST_NAMED = 3


def figures_differ(facts: Facts, thresholds: Alerts, now: datetime) -> Iterator[Condition]:
    """Figures were not as counted afresh from the raw bytes. `size`: how many rows. One alert, whatever the domains.

    There is no `domains` in the evidence: that is a crowd, of which each domain has a fault (dashboard.alerts.crowd).
    """
    if not facts.differing:
        return
    rows = sum(each.differences for each in facts.differing)
    evidence: Figures = {
        "differing_domains": len(facts.differing),
        "names": [each.domain for each in facts.differing[:_MOST_NAMED]],
        "rows": rows,
        "last_check": max(each.checked_at for each in facts.differing).date().isoformat(),
    }
    yield Condition("figures_differ", "", "", rows, evidence)


def quarantine(facts: Facts, thresholds: Alerts, now: datetime) -> Iterator[Condition]:
    """Many reports were quarantined within a day. `size`: how many. Does not close above half of the threshold.

    Other mail than reports comes to every address, and is not counted here.
    """
    count = sum(facts.quarantined.values())
    if 2 * count < thresholds.quarantined or not count:
        return
    codes = sorted(facts.quarantined, key=lambda code: (-facts.quarantined[code], code))
    reasons = [f"{code or '-'} ({facts.quarantined[code]})" for code in codes[:_MOST_NAMED]]
    yield Condition(
        "quarantine", "", "", count, {"deliveries": count, "reasons": reasons}, count >= thresholds.quarantined
    )
