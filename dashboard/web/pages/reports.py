"""`/reports`: what was counted, and one report as RFC 8460 section 4.4 builds it."""

from uuid import UUID

from flask import Blueprint, render_template, request

from collector.delivery import OUTCOMES
from collector.store import queries
from dashboard.web import access, params, scope, state


def register(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/reports", "reports", reports)
    blueprint.add_url_rule("/reports/<uuid:report_id>", "report", report)


def reports() -> str:
    page = queries.reports(
        state.engine(),
        filter=params.list_filter(request.args, state.today()),
        domain=params.domain(request.args),
        reporter=params.text(request.args, "reporter"),
        outcome=params.choice(request.args, "outcome", OUTCOMES),
        limit=params.limit(request.args),
        cursor=params.cursor(request.args),
        only=access.only(),
    )
    return render_template("reports.html", reports=page.items, next=page.next, today=state.today())


def report(report_id: UUID) -> str:
    return render_template("report.html", report=scope.report(report_id))
