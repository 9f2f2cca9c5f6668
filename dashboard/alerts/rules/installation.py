"""The rule about the installation as a whole."""

from collections.abc import Iterator
from datetime import datetime

from collector.settings import Alerts
from dashboard.alerts.facts import Facts
from dashboard.alerts.model import Condition

_MOST_NAMED = 3


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
