"""`/api/v1/deliveries`: everything that arrived, whatever came of it (rule 2)."""

from uuid import UUID

from flask import Blueprint, Response

from dashboard.web import asked, kept, respond, scope
from dashboard.web.actions import actions
from dashboard.web.api import answers, shapes, tables


def add_to(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/deliveries", view_func=deliveries)
    blueprint.add_url_rule("/deliveries/foreign", view_func=foreign)
    blueprint.add_url_rule("/deliveries/<uuid:delivery_id>", view_func=delivery)
    blueprint.add_url_rule("/deliveries/<uuid:delivery_id>/raw", "delivery_raw", kept.raw)
    blueprint.add_url_rule("/deliveries/<uuid:delivery_id>/documents/<int:position>", "document", kept.document)
    blueprint.add_url_rule("/deliveries/<uuid:delivery_id>/retry", view_func=retry, methods=["POST"])


def deliveries() -> Response:
    page = asked.deliveries()
    return answers.json_or_csv(
        lambda: {"deliveries": [shapes.delivery(row) for row in page.items], "next": page.next},
        lambda: tables.deliveries(page.items),
        "tlsrpt-deliveries",
        page.next,
    )


def foreign() -> Response:
    """The domains that unassigned deliveries are about."""
    page = asked.foreign()
    return answers.only_json({"foreign": [shapes.foreign(row) for row in page.items], "next": page.next})


def delivery(delivery_id: UUID) -> Response:
    return answers.only_json(shapes.whole_delivery(scope.delivery(delivery_id)))


def retry(delivery_id: UUID) -> Response:
    """Reads it again, and answers it as it is then."""
    scope.delivery(delivery_id)
    actions().retry(delivery_id)
    return respond.json(shapes.whole_delivery(scope.delivery(delivery_id)))
