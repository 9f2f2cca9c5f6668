"""`/api/v1/reports`: the reports that are counted."""

from uuid import UUID

from flask import Blueprint, Response

from dashboard.web import asked, respond, scope
from dashboard.web.api import answers, shapes, tables


def add_to(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/reports", view_func=reports)
    blueprint.add_url_rule("/reports/<uuid:report_id>", view_func=report)
    blueprint.add_url_rule("/reports/<uuid:report_id>/raw", view_func=report_raw)


def reports() -> Response:
    page = asked.reports()
    return answers.json_or_csv(
        lambda: {"reports": [shapes.report(row) for row in page.items], "next": page.next},
        lambda: tables.reports(page.items),
        "tlsrpt-reports",
        page.next,
    )


def report(report_id: UUID) -> Response:
    return answers.only_json(shapes.whole_report(scope.report(report_id)))


def report_raw(report_id: UUID) -> Response:
    """The JSON as it came, to be kept and not shown: it is a stranger's."""
    return respond.attachment(scope.report_document(report_id), f"{report_id}.json", "application/json")
