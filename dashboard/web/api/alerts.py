"""`/api/v1/alerts`: what is wrong and what was, who was told, and making one quiet."""

from collections.abc import Iterable
from uuid import UUID

from flask import Blueprint, Response

from collector.alert_rules import RULES
from collector.store.queries import alerts as queries
from collector.store.queries.alerts import CLOSED, OPEN, AlertRow, NoticeRow
from dashboard.web import access, alerts, respond, state
from dashboard.web.api import answers
from dashboard.web.api.operation import DOMAIN, LANG, PAGING, Parameter, operation
from dashboard.web.api.sent import sent
from dashboard.web.api.tables import Table
from dashboard.web.api.types import alerts as types
from dashboard.web.i18n import tr

_RULE = Parameter("rule", "Of this rule only.", {"type": "string", "enum": list(RULES)})
_STATE = Parameter("state", "`open` or `closed`; both without it.", {"type": "string", "enum": list(alerts.STATES)})


def add_to(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/alerts", "alerts", listed)
    blueprint.add_url_rule("/alerts/<uuid:alert_id>", "alert", one)
    for word, view in (("acknowledge", acknowledge), ("mute", mute), ("unmute", unmute)):
        blueprint.add_url_rule(f"/alerts/<uuid:alert_id>/{word}", f"alert_{word}", view, methods=["POST"])


@operation(types.Alerts, DOMAIN, _RULE, _STATE, LANG, *PAGING, csv=True)
def listed() -> Response:
    """Alerts: open ones first, the most urgent rule on top, then those that are over; the last opened first in each."""
    page = alerts.asked(alerts.asked_state())
    return answers.json_or_csv(
        lambda: {"alerts": [_shape(row) for row in page.items], "next": page.next},
        lambda: _table(page.items),
        "tlsrpt-alerts",
        page.next,
    )


@operation(types.WholeAlert, LANG, errors=(404,))
def one(alert_id: UUID) -> Response:
    """One alert, and what was told of it."""
    return answers.only_json(_whole(alert_id))


@operation(types.WholeAlert, errors=(400, 404, 413))
def acknowledge(alert_id: UUID) -> Response:
    """Says that somebody knows: it is quiet until it has doubled."""
    alerts.acknowledge(alert_id)
    return respond.json(_whole(alert_id))


@operation(types.WholeAlert, errors=(400, 404, 413), body=types.Mute)
def mute(alert_id: UUID) -> Response:
    """Makes an alert quiet until a day, also if it closes and opens again."""
    alerts.one(alert_id)
    alerts.mute(alert_id, sent(types.Mute)["until"].isoformat())
    return respond.json(_whole(alert_id))


@operation(types.WholeAlert, errors=(400, 404, 413))
def unmute(alert_id: UUID) -> Response:
    """Ends a mute."""
    alerts.unmute(alert_id)
    return respond.json(_whole(alert_id))


def _whole(alert_id: UUID) -> types.WholeAlert:
    row = alerts.one(alert_id)
    told = [_notice(each) for each in queries.notices(state.reader(), row.id)]
    return {**_shape(row), "notices": told}


def _shape(row: AlertRow) -> types.Alert:
    said = alerts.said(row)
    return {
        "id": row.id,
        "rule": row.rule,
        "domain": row.domain,
        "subject": row.subject or None,
        "state": OPEN if row.is_open else CLOSED,
        "size": row.size,
        "title": tr(said.title),
        "text": tr(said.sentence),
        "action": tr(said.action).replace("DOMAIN", row.domain or ""),
        "page": said.path,
        "opened_at": row.opened_at,
        "updated_at": row.updated_at,
        "closed_at": row.closed_at,
        "acknowledged_at": row.acknowledged_at,
        "acknowledged_by": row.acknowledged_by,
        "muted_until": row.muted_until,
        "muted_by": row.muted_by,
        "evidence": dict(row.evidence),
    }


def _notice(row: NoticeRow) -> types.Notice:
    found = access.viewer()
    is_admin = found is not None and found.is_admin
    return {
        "event": row.event,
        "channel": row.channel,
        "target": row.target if is_admin else None,
        "state": row.state,
        "may_have_arrived": row.may_have_arrived,
        "attempts": row.attempts,
        "sent_at": row.sent_at,
        "error": row.last_error if is_admin else None,
    }


def _table(rows: Iterable[AlertRow]) -> Table:
    """All but the evidence, whose figures stand in the text."""
    shapes = [_shape(row) for row in rows]
    columns = [name for name in types.Alert.__annotations__ if name != "evidence"]
    return columns, [[shape[name] for name in columns] for shape in shapes]  # type: ignore[literal-required]
