"""What does not count yet: `/api/v1/deliveries/counts`, the quarantine by reason, and foreign domains."""

from flask import Blueprint, Response, abort, request

from collector.store import queries
from dashboard import explain
from dashboard.quarantine import to_do
from dashboard.text import say
from dashboard.web import again, asked, params, respond, scope, state
from dashboard.web.api import answers, shapes, tables
from dashboard.web.api.operation import CURSOR, PAGING, operation
from dashboard.web.api.types import arrivals, sides

_RECENT = 10


def add_to(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/deliveries/counts", view_func=delivery_counts)
    blueprint.add_url_rule("/deliveries/quarantine", view_func=quarantine)
    blueprint.add_url_rule("/deliveries/retry/<reason>", view_func=retry_all, methods=["POST"])
    blueprint.add_url_rule("/deliveries/foreign", view_func=foreign)
    blueprint.add_url_rule("/deliveries/foreign/<name>", view_func=foreign_one)


@operation(sides.DeliveryCounts)
def delivery_counts() -> Response:
    """How many deliveries came to what, and why those in quarantine are there."""
    found = queries.delivery_counts(state.reader())
    return answers.only_json({"outcomes": found.outcomes, "reasons": found.reasons})


@operation(arrivals.Quarantine)
def quarantine() -> Response:
    """Why deliveries are in quarantine, and what to do about each reason."""
    counts = queries.delivery_counts(state.reader()).reasons
    return answers.only_json(
        {
            "reasons": [
                {"code": code, "deliveries": count, "meaning": explain.reason(code), "action": to_do(code)}
                for code, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
            ]
        }
    )


@operation(arrivals.RetriedAll, CURSOR, errors=(400, 404, 413))
def retry_all(reason: str) -> Response:
    """Reads everything again that was quarantined for a reason, newest first, for some seconds."""
    done = again.retry_all(reason, params.cursor(request.args))
    return respond.json(
        {
            "reason": reason,
            "tried": done.tried,
            "counted": done.counted,
            "key_away": done.is_key_away,
            "next": done.next,
        }
    )


@operation(arrivals.ForeignNames, *PAGING, csv=True)
def foreign() -> Response:
    """The domains that unassigned deliveries are about."""
    page = asked.foreign()
    return answers.json_or_csv(
        lambda: {"foreign": [shapes.foreign(row) for row in page.items], "next": page.next},
        lambda: tables.foreign(page.items),
        "tlsrpt-foreign",
        page.next,
    )


@operation(arrivals.OneForeign, errors=(400, 404))
def foreign_one(name: str) -> Response:
    """What would count if this domain were added (POST `domains/NAME/adopt`)."""
    normal = scope.domain_name(name)
    found = queries.foreign_name(state.reader(), normal)
    if found is None:
        abort(404, say("No report about this domain waits."))
    recent = queries.deliveries(state.reader(), outcome="unassigned", domain=normal, limit=_RECENT)
    return answers.only_json(
        {
            **shapes.foreign(found),
            "last_deliveries": [
                {
                    "id": row.id,
                    "received_at": row.received_at,
                    "reporter": row.reporter,
                    "authenticated": row.authenticated,
                }
                for row in recent.items
            ],
        }
    )
