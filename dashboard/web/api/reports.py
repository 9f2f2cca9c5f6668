"""`/api/v1/reports`: the reports that are counted."""

from uuid import UUID

from flask import Blueprint, Response

from collector.store import queries
from dashboard.web import asked, respond, scope, state
from dashboard.web.api import answers, shapes, tables
from dashboard.web.api.operation import DOMAIN, LISTED, OUTCOME, PAGING, REPORTER, operation
from dashboard.web.api.types import arrivals, sides


def add_to(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/reports", view_func=reports)
    blueprint.add_url_rule("/reports/<uuid:report_id>", view_func=report)
    blueprint.add_url_rule("/reports/<uuid:report_id>/raw", view_func=report_raw)
    blueprint.add_url_rule("/reports/<uuid:report_id>/neighbours", view_func=neighbours)


@operation(arrivals.Reports, DOMAIN, REPORTER, OUTCOME, *LISTED, *PAGING, csv=True)
def reports() -> Response:
    """The reports that are counted, the last to arrive first; days are those they count for."""
    page = asked.reports()
    return answers.json_or_csv(
        lambda: {"reports": [shapes.report(row) for row in page.items], "next": page.next},
        lambda: tables.reports(page.items),
        "tlsrpt-reports",
        page.next,
    )


@operation(arrivals.WholeReport, kept=True, errors=(404,))
def report(report_id: UUID) -> Response:
    """One report with its policy results and failure details."""
    return answers.only_json(shapes.whole_report(scope.report(report_id)))


@operation(("application/json",), kept=True, errors=(404,))
def report_raw(report_id: UUID) -> Response:
    """The JSON as it came, to be kept and not shown: it is a stranger's."""
    return respond.attachment(scope.report_document(report_id), f"{report_id}.json", "application/json")


@operation(sides.Neighbours, errors=(404,))
def neighbours(report_id: UUID) -> Response:
    """The reports before and after one: of the same reporter, about the same domain."""
    found = queries.neighbours(state.reader(), scope.report_head(report_id))
    return answers.only_json({"previous": found.previous, "following": found.following})
