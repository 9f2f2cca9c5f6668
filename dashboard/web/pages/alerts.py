"""`/alerts`: what is wrong now and what was, who was told of it, and making one quiet."""

from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from collector.alert_rules import RULES
from collector.errors import UsageError
from collector.store.queries import alerts as queries
from collector.store.queries.alerts import CLOSED, OPEN
from dashboard.alerts.words import TITLES
from dashboard.text import Text
from dashboard.web import alerts, params, state


def register(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/alerts", "alerts", overview)
    blueprint.add_url_rule("/alerts/<uuid:alert_id>", "alert", alert)
    for word, view in (("acknowledge", acknowledge), ("mute", mute), ("unmute", unmute)):
        blueprint.add_url_rule(f"/alerts/<uuid:alert_id>/{word}", f"alert_{word}", view, methods=["POST"])
    blueprint.app_template_global("open_alerts")(alerts.count_open)
    blueprint.app_template_global("alert_said")(alerts.said)
    blueprint.app_template_global("alert_is_muted")(alerts.is_muted)


def overview() -> str:
    """The open ones first, then those that are over: only the latter have pages, unless one kind is asked for."""
    wanted, cursor = alerts.asked_state(), params.cursor(request.args)
    is_open_shown = wanted == OPEN or (wanted is None and cursor is None)
    open_ = alerts.asked(OPEN, paged=wanted == OPEN) if is_open_shown else None
    over = alerts.asked(CLOSED) if wanted != OPEN else None
    paged = open_ if over is None else over
    return render_template(
        "alerts.html",
        open=None if open_ is None else open_.items,
        has_more_open=open_ is not None and open_.next is not None and wanted is None,
        over=None if over is None else over.items,
        next=None if paged is None else paged.next,
        rules=RULES,
        titles=TITLES,
        states=alerts.STATES,
    )


def alert(alert_id: UUID) -> str:
    return _alert(alert_id)


def acknowledge(alert_id: UUID) -> Response | tuple[str, int]:
    try:
        alerts.acknowledge(alert_id)
    except UsageError as error:
        return _alert(alert_id, error.args[0]), 400
    return _back(alert_id)


def mute(alert_id: UUID) -> Response | tuple[str, int]:
    try:
        alerts.mute(alert_id, request.form.get("until", ""))
    except UsageError as error:
        return _alert(alert_id, error.args[0]), 400
    return _back(alert_id)


def unmute(alert_id: UUID) -> Response | tuple[str, int]:
    try:
        alerts.unmute(alert_id)
    except UsageError as error:
        return _alert(alert_id, error.args[0]), 400
    return _back(alert_id)


def _back(alert_id: UUID) -> Response:
    return redirect(url_for("pages.alert", alert_id=alert_id), 303)


def _alert(alert_id: UUID, message: str | Text = "") -> str:
    row = alerts.one(alert_id)
    return render_template(
        "alert.html",
        alert=row,
        said=alerts.said(row),
        rule_title=TITLES[row.rule],
        notices=queries.notices(state.reader(), row.id),
        today=state.today(),
        message=message,
    )
