"""`/api/v1/domains/{d}/mx/{host}` and `.../reporters/{reporter}`: the same facts from their side."""

from collections.abc import Iterable

from flask import Blueprint, Response, abort

from collector import domains
from collector.store import queries
from collector.store.queries import Breakdown, Share, Side
from dashboard.web import asked, scope, state
from dashboard.web.api import answers, shapes
from dashboard.web.api.operation import AUTHENTICATED, FROM, TO, operation
from dashboard.web.api.types import sides


def add_to(blueprint: Blueprint) -> None:
    # A reporter may be any text, slashes included.
    blueprint.add_url_rule("/domains/<domain>/mx/<path:host>", view_func=mx_host)
    blueprint.add_url_rule("/domains/<domain>/reporters/<path:reporter>", view_func=one_reporter)


@operation(sides.MxHost, FROM, TO, AUTHENTICATED, errors=(404,))
def mx_host(domain: str, host: str) -> Response:
    """The failures at one MX host: when, of which type, told by whom."""
    _, domain_id = scope.domain(domain)
    engine, filter_ = state.engine(), asked.figures_filter()
    mx = domains.normalise(host) or host
    if not queries.is_known_host(engine, domain_id, mx):
        abort(404, "Neither DNS nor a report has named this MX host.")
    table = queries.mx_figures(engine, domain_id, filter_, now=state.now())
    row = next((row for row in table.mx if row.mx == mx), None)
    return answers.only_json(
        {
            "mx": mx,
            "figures": None if row is None else shapes.mx(row),
            "failures": breakdown(queries.breakdown(engine, domain_id, filter_, Side(mx=mx))),
        }
    )


@operation(sides.OneReporter, FROM, TO, AUTHENTICATED, errors=(404,))
def one_reporter(domain: str, reporter: str) -> Response:
    """What one reporter told of a domain, by day, and which failures."""
    _, domain_id = scope.domain(domain)
    engine, filter_ = state.engine(), asked.figures_filter()
    if not queries.is_known_reporter(engine, domain_id, reporter):
        abort(404, "This reporter has sent no report about the domain.")
    everybody = queries.reporters(engine, domain_id, filter_, now=state.now())
    days = queries.reporter_days(engine, domain_id, filter_, reporter)
    return answers.only_json(
        {
            "reporter": reporter,
            "figures": [shapes.reporter(row) for row in everybody if row.reporter == reporter],
            "days": [
                {"day": row.day, "reports": row.reports, "successful": row.successful, "failed": row.failed}
                for row in days
            ],
            "failures": breakdown(queries.breakdown(engine, domain_id, filter_, Side(reporter=reporter))),
        }
    )


def breakdown(found: Breakdown) -> sides.Breakdown:
    return {
        "failed": found.failed,
        "days": [{"day": day, "failed": failed} for day, failed in found.days],
        "result_types": _shares(found.result_types),
        "mx": _shares(found.mx),
        "reporters": _shares(found.reporters),
        "modes": _shares(found.modes),
        "first_ever": found.first_ever,
        "last_ever": found.last_ever,
    }


def _shares(found: Iterable[Share]) -> list[sides.Share]:
    return [
        {"name": row.name or None, "failed": row.failed, "first_day": row.first_day, "last_day": row.last_day}
        for row in found
    ]
