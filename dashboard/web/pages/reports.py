"""`/reports`: what was counted, and one report as RFC 8460 section 4.4 builds it."""

from uuid import UUID

from flask import Blueprint, render_template

from dashboard.web import asked, scope, state


def register(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/reports", "reports", reports)
    blueprint.add_url_rule("/reports/<uuid:report_id>", "report", report)


def reports() -> str:
    page = asked.reports()
    return render_template("reports.html", reports=page.items, next=page.next, today=state.today())


def report(report_id: UUID) -> str:
    return render_template("report.html", report=scope.report(report_id))
