"""`/api/v1/deliveries`: everything that arrived, whatever came of it (rule 2)."""

from uuid import UUID

from flask import Blueprint, Response

from collector.store import queries
from dashboard.web import asked, kept, respond, scope, state
from dashboard.web.actions import actions
from dashboard.web.api import answers, shapes, tables
from dashboard.web.api.operation import CHANNEL, DOMAIN, LISTED, OUTCOME, PAGING, REASON, REPORTER, operation
from dashboard.web.api.types import arrivals, sides


def add_to(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/deliveries", view_func=deliveries)
    blueprint.add_url_rule("/deliveries/counts", view_func=delivery_counts)
    blueprint.add_url_rule("/deliveries/foreign", view_func=foreign)
    blueprint.add_url_rule("/deliveries/<uuid:delivery_id>", view_func=delivery)
    blueprint.add_url_rule("/deliveries/<uuid:delivery_id>/raw", "delivery_raw", raw)
    blueprint.add_url_rule("/deliveries/<uuid:delivery_id>/documents/<int:position>", "document", document)
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


@operation(sides.DeliveryCounts)
def delivery_counts() -> Response:
    """How many deliveries came to what, and why those in quarantine are there."""
    found = queries.delivery_counts(state.reader())
    return answers.only_json({"outcomes": found.outcomes, "reasons": found.reasons})


@operation(arrivals.ForeignNames, *PAGING)
def foreign() -> Response:
    """The domains that unassigned deliveries are about."""
    page = asked.foreign()
    return answers.only_json({"foreign": [shapes.foreign(row) for row in page.items], "next": page.next})


@operation(arrivals.WholeDelivery, errors=(404,))
def delivery(delivery_id: UUID) -> Response:
    """One delivery with its parts and its envelope."""
    return answers.only_json(shapes.whole_delivery(scope.delivery(delivery_id)))


@operation(arrivals.WholeDelivery, errors=(400, 404, 413))
def retry(delivery_id: UUID) -> Response:
    """Reads it again, and answers it as it is then."""
    scope.delivery(delivery_id)
    actions().retry(delivery_id)
    return respond.json(shapes.whole_delivery(scope.delivery(delivery_id)))


@operation(("message/rfc822", "application/octet-stream"), kept=True, errors=(404,))
def raw(delivery_id: UUID) -> Response:
    """The bytes as they came: a mail or what was posted."""
    return kept.raw(delivery_id)


@operation(("application/json",), kept=True, errors=(404,))
def document(delivery_id: UUID, position: int) -> Response:
    """The JSON of one report of a delivery, by its position from 0."""
    return kept.document(delivery_id, position)
