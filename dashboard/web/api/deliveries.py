"""`/api/v1/deliveries`: everything that arrived, whatever came of it (rule 2)."""

from uuid import UUID

from flask import Blueprint, Response

from collector.store import queries
from collector.store.queries.shapes import Shape
from dashboard.arrival import dkim
from dashboard.quarantine import to_do
from dashboard.web import asked, conflicts, kept, respond, scope, state
from dashboard.web.actions import actions
from dashboard.web.api import answers, shapes, tables
from dashboard.web.api.operation import CHANNEL, DOMAIN, LISTED, OUTCOME, PAGING, REASON, REPORTER, operation
from dashboard.web.api.types import arrivals


def add_to(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/deliveries", view_func=deliveries)
    blueprint.add_url_rule("/deliveries/<uuid:delivery_id>", view_func=delivery)
    blueprint.add_url_rule("/deliveries/<uuid:delivery_id>/raw", "delivery_raw", raw)
    blueprint.add_url_rule("/deliveries/<uuid:delivery_id>/documents/<int:position>", "document", document)
    path = "/deliveries/<uuid:delivery_id>/documents/<int:position>/differences"
    blueprint.add_url_rule(path, "delivery_differences", differences)
    blueprint.add_url_rule("/deliveries/<uuid:delivery_id>/retry", view_func=retry, methods=["POST"])


@operation(arrivals.Deliveries, OUTCOME, DOMAIN, REPORTER, CHANNEL, REASON, *LISTED, *PAGING, csv=True)
def deliveries() -> Response:
    """Everything that arrived, the last first; days are those of arrival."""
    page = asked.deliveries()
    return answers.json_or_csv(
        lambda: {"deliveries": [shapes.delivery(row) for row in page.items], "next": page.next},
        lambda: tables.deliveries(page.items),
        "tlsrpt-deliveries",
        page.next,
    )


@operation(arrivals.WholeDelivery, errors=(404,))
def delivery(delivery_id: UUID) -> Response:
    """One delivery with its parts, its envelope, and the headers if it is a mail."""
    return answers.only_json(_whole(delivery_id))


@operation(arrivals.WholeDelivery, errors=(400, 404, 413))
def retry(delivery_id: UUID) -> Response:
    """Reads it again, and answers it as it is then."""
    scope.delivery(delivery_id)
    actions().retry(delivery_id)
    return respond.json(_whole(delivery_id))


@operation(("message/rfc822", "application/octet-stream"), kept=True, errors=(404,))
def raw(delivery_id: UUID) -> Response:
    """The bytes as they came: a mail or what was posted."""
    return kept.raw(delivery_id)


@operation(("application/json",), kept=True, errors=(404,))
def document(delivery_id: UUID, position: int) -> Response:
    """The JSON of one report of a delivery, by its position from 0."""
    return kept.document(delivery_id, position)


@operation(arrivals.Differences, errors=(404,))
def differences(delivery_id: UUID, position: int) -> Response:
    """What a report says otherwise than the one that counts under its identity: the conflict."""
    found = conflicts.find(delivery_id, position)
    rows = found.differences
    return answers.only_json(
        {
            "counted": found.counted,
            "differences": None
            if rows is None
            else [{"where": row.where, "counted": row.first, "this": row.second} for row in rows],
        }
    )


def _whole(delivery_id: UUID) -> Shape:
    found = scope.delivery(delivery_id)
    return {
        **shapes.whole_delivery(found),
        "dkim": str(dkim(found)),
        "to_do": str(to_do(found.reason_code)) if found.reason_code else None,
        "headers": queries.mail_headers(state.reader(), delivery_id),
    }
