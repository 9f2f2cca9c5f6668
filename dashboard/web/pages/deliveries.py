"""`/deliveries`: everything that arrived, the quarantined and the unassigned included."""

from uuid import UUID

from flask import Blueprint, render_template, request

from collector.delivery import CHANNELS, OUTCOMES
from collector.store import queries
from dashboard.web import params, scope, state


def register(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/deliveries", "deliveries", deliveries)
    blueprint.add_url_rule("/deliveries/<uuid:delivery_id>", "delivery", delivery)


def deliveries() -> str:
    page = queries.deliveries(
        state.engine(),
        filter=params.list_filter(request.args, state.today()),
        outcome=params.choice(request.args, "outcome", OUTCOMES),
        channel=params.choice(request.args, "channel", CHANNELS),
        domain=params.domain(request.args),
        reporter=params.text(request.args, "reporter"),
        reason=params.text(request.args, "reason"),
        limit=params.limit(request.args),
        cursor=params.cursor(request.args),
    )
    return render_template(
        "deliveries.html",
        deliveries=page.items,
        next=page.next,
        today=state.today(),
        outcomes=OUTCOMES,
        channels=CHANNELS,
    )


def delivery(delivery_id: UUID) -> str:
    return render_template("delivery.html", delivery=scope.delivery(delivery_id))
