"""`/api/v1/deliveries`: everything that arrived, whatever came of it (rule 2)."""

from uuid import UUID

from flask import Blueprint, Response, abort

from collector.store import queries
from dashboard.web import asked, respond, scope, state
from dashboard.web.api import answers, shapes, tables

_MAIL_CHANNELS = ("smtp", "lmtp", "imap")


def add_to(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/deliveries", view_func=deliveries)
    blueprint.add_url_rule("/deliveries/<uuid:delivery_id>", view_func=delivery)
    blueprint.add_url_rule("/deliveries/<uuid:delivery_id>/raw", view_func=delivery_raw)


def deliveries() -> Response:
    page = asked.deliveries()
    return answers.json_or_csv(
        lambda: {"deliveries": [shapes.delivery(row) for row in page.items], "next": page.next},
        lambda: tables.deliveries(page.items),
        "tlsrpt-deliveries",
        page.next,
    )


def delivery(delivery_id: UUID) -> Response:
    return answers.only_json(shapes.whole_delivery(scope.delivery(delivery_id)))


def delivery_raw(delivery_id: UUID) -> Response:
    """The bytes as they came, to be kept and not shown: they are a stranger's."""
    ending = "eml" if scope.delivery(delivery_id).channel in _MAIL_CHANNELS else "bin"
    raw = queries.delivery_raw(state.engine(), delivery_id)
    if raw is None:
        abort(404, "There is no such delivery.")
    return respond.attachment(raw, f"{delivery_id}.{ending}", "application/octet-stream")
