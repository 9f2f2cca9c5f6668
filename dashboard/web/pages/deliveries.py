"""`/deliveries`: everything that arrived, the quarantined and the unassigned included, and what can be done with it."""

from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from collector.channels import CHANNELS
from collector.delivery import OUTCOMES, REASONS
from collector.store import queries
from dashboard import explain
from dashboard.arrival import dkim
from dashboard.differences import MOST
from dashboard.quarantine import to_do
from dashboard.text import say
from dashboard.web import adopted, again, asked, conflicts, kept, params, scope, state
from dashboard.web.actions import actions

_RECENT = 10


def register(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/deliveries", "deliveries", deliveries)
    blueprint.add_url_rule("/deliveries/foreign", "deliveries_foreign", foreign)
    blueprint.add_url_rule("/deliveries/foreign/<name>", "delivery_foreign", foreign_one)
    blueprint.add_url_rule("/deliveries/retry/<reason>", "retry_all", retry_all, methods=["POST"])
    blueprint.add_url_rule("/deliveries/<uuid:delivery_id>", "delivery", delivery)
    blueprint.add_url_rule("/deliveries/<uuid:delivery_id>/raw", "delivery_raw", kept.raw)
    path = "/deliveries/<uuid:delivery_id>/documents/<int:position>"
    blueprint.add_url_rule(path, "document", kept.document)
    blueprint.add_url_rule(f"{path}/differences", "delivery_differences", conflict)
    blueprint.add_url_rule("/deliveries/<uuid:delivery_id>/retry", "retry", retry, methods=["POST"])
    blueprint.add_url_rule("/domains/<domain>/adopt", "adopt", adopt, methods=["POST"])


def deliveries() -> str:
    page = asked.deliveries()
    counts = queries.delivery_counts(state.reader())
    return render_template(
        "deliveries.html",
        deliveries=page.items,
        next=page.next,
        today=state.today(),
        outcomes=OUTCOMES,
        channels=CHANNELS,
        reasons=REASONS,
        counts=counts,
        most_counted=queries.MOST_COUNTED,
        quarantined=[
            (code, count, explain.reason(code), to_do(code))
            for code, count in sorted(counts.reasons.items(), key=lambda pair: (-pair[1], pair[0]))
        ],
        tried=_tried(),
    )


def foreign() -> str:
    page = asked.foreign()
    return render_template("foreign.html", foreign=page.items, next=page.next, done=adopted.told())


def foreign_one(name: str) -> str:
    """What would count if this domain were added."""
    normal = scope.domain_name(name)
    found = queries.foreign_name(state.reader(), normal)
    if found is None:
        abort(404, say("No report about this domain waits."))
    recent = queries.deliveries(state.reader(), outcome="unassigned", domain=normal, limit=_RECENT)
    return render_template("foreign_one.html", found=found, deliveries=recent.items, next=recent.next)


def delivery(delivery_id: UUID) -> str:
    found = scope.delivery(delivery_id)
    return render_template(
        "delivery.html",
        delivery=found,
        is_retried=request.args.get("retried") == "yes",
        dkim=dkim(found),
        to_do=to_do(found.reason_code) if found.reason_code else None,
        headers=queries.mail_headers(state.reader(), delivery_id),
    )


def conflict(delivery_id: UUID, position: int) -> str:
    """What a report says otherwise than the one that counts under its identity."""
    found = conflicts.find(delivery_id, position)
    return render_template(
        "differences.html", delivery=found.delivery, part=found.part, differences=found.differences, most=MOST
    )


def retry(delivery_id: UUID) -> Response:
    """Tries a delivery again; its page says what it is then."""
    scope.delivery(delivery_id)
    actions().retry(delivery_id)
    return redirect(url_for("pages.delivery", delivery_id=delivery_id, retried="yes"), 303)


def retry_all(reason: str) -> Response:
    """Tries what was quarantined for a reason again, newest first, for some seconds; the page offers to go on."""
    done = again.retry_all(reason, params.cursor(request.args))
    told = {
        "tried": done.tried,
        "counted": done.counted,
        "go_on": done.next,
        "key_away": "yes" if done.is_key_away else None,
    }
    return redirect(url_for("pages.deliveries", outcome="quarantined", retried=reason, **told), 303)  # type: ignore[arg-type]


def adopt(domain: str) -> Response:
    """Adds a foreign domain; the list of the others says what was counted."""
    name = scope.domain_name(domain)
    told = adopted.query(name, actions().adopt(name))
    return redirect(url_for("pages.deliveries_foreign", **told), 303)  # type: ignore[arg-type]


def _tried() -> dict[str, object] | None:
    """What `retry_all` has to tell."""
    reason = params.choice(request.args, "retried", REASONS)
    if reason is None:
        return None
    return {
        "reason": reason,
        "tried": request.args.get("tried", 0, int),
        "counted": request.args.get("counted", 0, int),
        "go_on": params.text(request.args, "go_on"),
        "key_away": request.args.get("key_away") == "yes",
    }
