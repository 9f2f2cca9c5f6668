"""Alerts, for page and API alike: which ones the request asks for, and what its viewer does about one."""

from datetime import UTC, datetime, time
from uuid import UUID

from flask import abort, g, request

from collector.alert_rules import RULES
from collector.errors import ReplicaUnavailable, StoreUnavailable, UsageError
from collector.store import alerts as store
from collector.store.queries import alerts as queries
from collector.store.queries.alerts import CLOSED, OPEN, AlertRow
from collector.store.queries.rows import Page
from collector.store.queries.transaction import Readable
from dashboard.alerts.words import Words, words
from dashboard.text import say
from dashboard.web import access, params, state
from dashboard.web.access import audit

STATES = (OPEN, CLOSED)
_MOST_OF_DOMAIN = 20
_COUNTED = "tlsrpt_open_alerts"


def asked(alert_state: str | None, *, paged: bool = True) -> Page[AlertRow]:
    """`domain` and `rule`, and with `paged` `limit` and `cursor`: the alerts that the viewer may see.

    Most urgent first, then what is over.
    """
    return queries.alerts(
        state.reader(),
        state=alert_state,
        domain_name=params.domain(request.args),
        rule=params.choice(request.args, "rule", RULES),
        only=access.only(),
        limit=params.limit(request.args),
        cursor=params.cursor(request.args) if paged else None,
    )


def of_domain(name: str, database: Readable) -> tuple[AlertRow, ...]:
    """The open ones of a domain that the viewer may see, the most urgent first; some of very many."""
    return queries.alerts(database, state=OPEN, domain_name=name, limit=_MOST_OF_DOMAIN).items


def asked_state() -> str | None:
    """`state`: open or closed; None: both."""
    return params.choice(request.args, "state", STATES)


def one(alert_id: UUID) -> AlertRow:
    """An alert that the viewer may see; else 404."""
    found = queries.alert(state.reader(), alert_id, only=access.only())
    if found is None:
        abort(404, say("There is no such alert."))
    return found


def said(row: AlertRow) -> Words:
    return words(row.rule, row.domain or "", row.subject, row.evidence)


def is_muted(row: AlertRow) -> bool:
    return row.muted_until is not None and row.muted_until > state.now()


def count_open() -> int:
    """How many are open, of those that the viewer may see; for the mark on every page, so that it never fails."""
    found: int | None = g.get(_COUNTED)
    if found is None:
        found = _count_open() if access.viewer() is not None else 0
        setattr(g, _COUNTED, found)
    return found


def count_open_in(database: Readable) -> None:
    """The same ahead, for a page that reads the database anyhow. Raises StoreUnavailable."""
    setattr(g, _COUNTED, queries.open_count(database, only=access.only()))


def _count_open() -> int:
    try:
        try:
            return queries.open_count(state.reader(), only=access.only())
        except ReplicaUnavailable as error:
            state.leave_replica(error)
            return queries.open_count(state.reader(), only=access.only())
    except StoreUnavailable:
        return 0


def acknowledge(alert_id: UUID) -> None:
    """Quiet until it has doubled. Raises UsageError if it is over."""
    row = one(alert_id)
    _done(store.acknowledge(state.engine(), row.id, by=_by(), now=state.now()))


def mute(alert_id: UUID, given: str) -> None:
    """Quiet until the day `given` (YYYY-MM-DD, UTC) begins. Raises UsageError if it has begun, or the alert is over."""
    row = one(alert_id)
    until = params.day({"until": given}, "until")
    if until is None:
        raise UsageError(say("until: a day is needed, such as 2026-01-31"))
    ends = datetime.combine(until, time(), UTC)
    if ends <= state.now():
        raise UsageError(say("until: %(day)s has begun", day=given))
    _done(store.mute(state.engine(), row.id, ends, by=_by()))
    audit.about(str(alert_id), until=given)


def unmute(alert_id: UUID) -> None:
    """Raises UsageError if it is over."""
    _done(store.unmute(state.engine(), one(alert_id).id))


def _done(is_done: bool) -> None:
    if not is_done:
        raise UsageError(say("This alert is over."))


def _by() -> str:
    """Who asks, as it stands beside the alert."""
    return access.name() or "local"
