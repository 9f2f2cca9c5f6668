"""`/deliveries`: everything that arrived, the quarantined and the unassigned included, and what can be done with it."""

from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from collector.delivery import CHANNELS, OUTCOMES, REASONS
from collector.store import queries
from dashboard.web import asked, kept, params, scope, state
from dashboard.web.actions import actions


def register(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/deliveries", "deliveries", deliveries)
    blueprint.add_url_rule("/deliveries/foreign", "deliveries_foreign", foreign)
    blueprint.add_url_rule("/deliveries/<uuid:delivery_id>", "delivery", delivery)
    blueprint.add_url_rule("/deliveries/<uuid:delivery_id>/raw", "delivery_raw", kept.raw)
    blueprint.add_url_rule("/deliveries/<uuid:delivery_id>/documents/<int:position>", "document", kept.document)
    blueprint.add_url_rule("/deliveries/<uuid:delivery_id>/retry", "retry", retry, methods=["POST"])
    blueprint.add_url_rule("/domains/<domain>/adopt", "adopt", adopt, methods=["POST"])


def deliveries() -> str:
    page = asked.deliveries()
    return render_template(
        "deliveries.html",
        deliveries=page.items,
        next=page.next,
        today=state.today(),
        outcomes=OUTCOMES,
        channels=CHANNELS,
        reasons=REASONS,
    )


def foreign() -> str:
    page = asked.foreign()
    return render_template("foreign.html", foreign=page.items, next=page.next, added=_added())


def delivery(delivery_id: UUID) -> str:
    is_retried = request.args.get("retried") == "yes"
    return render_template("delivery.html", delivery=scope.delivery(delivery_id), is_retried=is_retried)


def retry(delivery_id: UUID) -> Response:
    """Tries a delivery again; its page says what it is then."""
    scope.delivery(delivery_id)
    actions().retry(delivery_id)
    return redirect(url_for("pages.delivery", delivery_id=delivery_id, retried="yes"), 303)


def adopt(domain: str) -> Response:
    """Adds a foreign domain; the list of the others says what was counted."""
    name = scope.domain_name(domain)
    done = actions().adopt(name)
    told = {"added": name, "counted": done.counted, "complete": "yes" if done.is_whole else "no"}
    return redirect(url_for("pages.deliveries_foreign", **told), 303)  # type: ignore[arg-type]


def _added() -> tuple[str, int, bool] | None:
    """What `adopt` has to tell: the domain, deliveries counted, and whether that is all of them."""
    name = params.domain(request.args, "added")
    if name is None or queries.find_domain(state.engine(), name) is None:
        return None
    return name, request.args.get("counted", 0, int), request.args.get("complete") != "no"
