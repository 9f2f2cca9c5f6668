"""One look: facts, rules, lifecycle, and what came of it into the database. One scheduler at a time."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from collector.ids import new_id
from collector.settings import Settings
from collector.store import alerts as store
from collector.store.alerts import Changed, Closed, Opened
from collector.store.engine import Engine
from collector.store.queries.alerts import AlertRow, muted_closed, open_alerts
from dashboard.alerts import crowd, facts, lifecycle, rules
from dashboard.alerts.facts import Facts
from dashboard.alerts.model import Change, Closing, Muted, Open, Opening, Update
from dashboard.alerts.targets import MAIL, Target
from dashboard.alerts.telling import Telling
from dashboard.mail import message

log = logging.getLogger(__name__)

STATES, SILENCE = "states", "silence"
EVERY = {STATES: timedelta(minutes=5), SILENCE: timedelta(hours=1)}
# A look takes seconds. Who has not ended it by then is dead.
_LEASE = timedelta(minutes=15)
KEPT = timedelta(days=400)  # closed alerts

Targets = Callable[[], Iterable[Target]]


def look_if_due(engine: Engine, settings: Settings, targets: Targets, now: datetime, owner: UUID) -> bool:
    """Whether there was a look, at states or at silence. Raises StoreUnavailable."""
    looked = [_look_if_due(name, engine, settings, targets, now, owner) for name in EVERY]
    return any(looked)


def _look_if_due(name: str, engine: Engine, settings: Settings, targets: Targets, now: datetime, owner: UUID) -> bool:
    # A little less than the time between two: whoever asks every five minutes is not to find that it is too soon.
    every = EVERY[name] * 0.95
    if not store.claim_look(engine, name, owner=owner, now=now, every=every, lease=_LEASE):
        return False
    looked_at = None
    try:
        look(name, engine, settings, targets(), now)
        if name == SILENCE:
            store.expire(engine, now - KEPT)
        looked_at = now
    finally:
        store.end_look(engine, name, owner=owner, looked_at=looked_at)
    return True


def look(name: str, engine: Engine, settings: Settings, targets: Iterable[Target], now: datetime) -> None:
    """A look at STATES or at SILENCE, whoever else looks."""
    rows = open_alerts(engine)
    gathering = crowd.Crowd(frozenset(_key(row) for row in rows))
    kept = Facts(frozenset())
    with_alerts = {row.domain for row in rows}
    for part in _facts(name, engine, settings, rows, now):
        gathering.add(rules.look(part, settings.alerts, now))
        known = {name: each for name, each in part.domains.items() if name in with_alerts}
        kept = replace(part, domains={**kept.domains, **known})
    mine = [_open(row) for row in rows if row.rule in kept.rules or row.rule in kept.off]
    muted = {_key(row): Muted(row.muted_until, row.muted_by) for row in muted_closed(engine, now) if row.muted_until}
    made = lifecycle.changes(mine, gathering.conditions(), kept, now, muted=muted)
    opened, grown, closed = _write(engine, made, Telling(targets, _message_ids(settings), now), now)
    if opened or grown or closed:
        log.info("alerts: %d opened, %d grew, %d closed", opened, grown, closed)


def _message_ids(settings: Settings) -> Callable[[str], str]:
    """Ids of messages, by channel: what is in a mail has a form of its own."""
    by = message.sender(settings.mail)
    return lambda channel: message.new_id(by) if channel == MAIL else str(new_id())


def _facts(name: str, engine: Engine, settings: Settings, rows: Iterable[AlertRow], now: datetime) -> Iterable[Facts]:
    if name == SILENCE:
        return (facts.of_silence(engine, settings.alerts, now),)
    also = {row.domain_id for row in rows if row.domain_id is not None and row.rule in facts.STATE_RULES}
    return facts.of_states(engine, settings.alerts, now, also=also)


def _open(row: AlertRow) -> Open:
    return Open(
        alert_id=row.id,
        rule=row.rule,
        domain=row.domain or "",
        subject=row.subject,
        size=row.size,
        told_size=row.told_size,
        opened_at=row.opened_at,
        seen_at=row.seen_at,
        evidence=row.evidence,
        acknowledged_at=row.acknowledged_at,
        muted_until=row.muted_until,
    )


def _key(row: AlertRow) -> tuple[str, str, str]:
    return row.domain or "", row.rule, row.subject


def _write(engine: Engine, changes: Iterable[Change], telling: Telling, now: datetime) -> tuple[int, int, int]:
    opened: list[Opened] = []
    changed: list[Changed] = []
    closed: list[Closed] = []
    for change in changes:
        match change:
            case Opening():
                opened.append(_opened(change, telling))
            case Update():
                changed.append(_changed(change, telling))
            case Closing():
                notices = telling.closed(change.before, is_quiet=change.is_quiet) if change.is_told else ()
                closed.append(Closed(change.before.alert_id, notices))
    return store.write(engine, now, opened=opened, changed=changed, closed=closed)


def _opened(change: Opening, telling: Telling) -> Opened:
    condition, muted, alert_id = change.condition, change.muted, new_id()
    return Opened(
        alert_id=alert_id,
        domain=condition.domain,
        rule=condition.rule,
        subject=condition.subject,
        size=condition.size,
        evidence=condition.evidence,
        muted_until=None if muted is None else muted.until,
        muted_by=None if muted is None else muted.by,
        notices=telling.opened(alert_id, condition, is_quiet=muted is not None),
    )


def _changed(change: Update, telling: Telling) -> Changed:
    before, condition = change.before, change.condition
    if (condition.size, dict(condition.evidence)) == (before.size, dict(before.evidence)) and not change.grows:
        return Changed(before.alert_id, before.told_size)
    return Changed(
        alert_id=before.alert_id,
        told_size=before.told_size,
        size=condition.size,
        evidence=condition.evidence,
        grows=change.grows,
        notices=telling.grown(before, condition) if change.grows else (),
    )
