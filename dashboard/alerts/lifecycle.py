"""What becomes of the alerts: those that are open and what is wrong now in, the changes out. Pure.

    opens    a condition holds, and no alert of its key is open
    goes on  it still holds: size and evidence follow silently
    grows    its size has doubled since people were told, or knew: they are told again
    closes   its rule has not held for its quiet time, and it is known to be over (dashboard.alerts.outlook)

An acknowledged alert is like one that was just told: quiet until it has doubled. A muted one is quiet until its date,
and if it closes before; one of the same key that opens again before then is quiet too.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from dashboard.alerts import outlook
from dashboard.alerts.facts import Facts
from dashboard.alerts.model import Change, Closing, Condition, Key, Muted, Open, Opening, Update

# By how much more a size has to be, beside twice as large: two sessions instead of one are no other news.
LEAST_GROWTH: Mapping[str, int] = {
    "held_back": 10,
    "new_failure": 10,
    "failure_rate": 50,
    "quarantine": 20,
    "figures_differ": 20,
}
_NO_TIME = timedelta()


def changes(
    alerts: Iterable[Open],
    conditions: Iterable[Condition],
    facts: Facts,
    now: datetime,
    *,
    muted: Mapping[Key, Muted] | None = None,
) -> tuple[Change, ...]:
    """`conditions` are what the rules of `facts.rules` found. `muted`: closed alerts that are muted still, by key."""
    return tuple(_changes(alerts, {each.key: each for each in conditions}, facts, now, muted or {}))


def _changes(
    alerts: Iterable[Open],
    holding: dict[Key, Condition],
    facts: Facts,
    now: datetime,
    muted: Mapping[Key, Muted],
) -> Iterator[Change]:
    for alert in alerts:
        condition = holding.pop(alert.key, None)
        if condition is not None:
            yield _goes_on(alert, condition, now)
        elif alert.rule in facts.off:
            yield Closing(alert, is_told=False)
        elif alert.rule in facts.rules and now - alert.seen_at >= outlook.QUIET.get(alert.rule, _NO_TIME):
            yield from _closes(alert, facts, now)
    for key, condition in holding.items():
        if condition.opens:
            still = muted.get(key)
            yield Opening(condition, still if still is not None and still.until > now else None)


def _goes_on(alert: Open, condition: Condition, now: datetime) -> Update:
    step = max(alert.told_size, LEAST_GROWTH.get(alert.rule, 1))
    grows = condition.size >= alert.told_size + step
    return Update(alert, condition, grows and not _is_muted(alert, now))


def _closes(alert: Open, facts: Facts, now: datetime) -> Iterator[Closing]:
    match outlook.outlook(alert, facts, now):
        case outlook.OVER:
            yield Closing(alert, is_told=True, is_quiet=_is_muted(alert, now))
        case outlook.OLD:
            yield Closing(alert, is_told=False)


def _is_muted(alert: Open, now: datetime) -> bool:
    return alert.muted_until is not None and alert.muted_until > now
