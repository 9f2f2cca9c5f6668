"""`/deliveries`: everything that arrived, the quarantined and the unassigned included."""

from uuid import UUID

from flask import Blueprint, render_template

from collector.delivery import CHANNELS, OUTCOMES
from dashboard.web import asked, scope, state


def register(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/deliveries", "deliveries", deliveries)
    blueprint.add_url_rule("/deliveries/<uuid:delivery_id>", "delivery", delivery)


def deliveries() -> str:
    page = asked.deliveries()
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
