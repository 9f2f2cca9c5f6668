"""`/api/v1/domains/{d}/mx/{host}`, `.../reporters/{reporter}` and `.../failures/{code}`: the facts from their side."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from flask import Blueprint, Response, abort

from collector import domains
from collector.store import queries
from collector.store.queries import Breakdown, Reporter, ReporterDay, Share, Side
from dashboard import result_types
from dashboard.text import say
from dashboard.web import asked, scope, state
from dashboard.web.api import answers, shapes
from dashboard.web.api.operation import AUTHENTICATED, FROM, TO, operation
from dashboard.web.api.types import sides
from dashboard.whose import at_host, by_reporter, of_type


def add_to(blueprint: Blueprint) -> None:
    # A reporter and a result type may be any text, slashes included.
    blueprint.add_url_rule("/domains/<domain>/mx/<path:host>", view_func=mx_host)
    blueprint.add_url_rule("/domains/<domain>/reporters/<path:reporter>", view_func=one_reporter)
    blueprint.add_url_rule("/domains/<domain>/failures/<path:code>", view_func=failure_type)


@operation(sides.MxHost, FROM, TO, AUTHENTICATED, errors=(404,))
def mx_host(domain: str, host: str) -> Response:
    """The failures at one MX host: when, of which type, told by whom."""
    _, domain_id = scope.domain(domain)
    engine, filter_ = state.reader(), asked.figures_filter()
    mx = domains.normalise(host) or host
    if not queries.is_known_host(engine, domain_id, mx):
        abort(404, "Neither DNS nor a report has named this MX host.")
    table = queries.mx_figures(engine, domain_id, filter_, now=state.now())
    row = next((row for row in table.mx if row.mx == mx), None)
    found = queries.breakdown(engine, domain_id, filter_, Side(mx=mx))
    return answers.only_json(
        {
            "mx": mx,
            "figures": None if row is None else shapes.mx(row),
            "failures": breakdown(found),
            "whose": at_host(found, table, len(_reporting(domain_id))),
            "reports": _last_reports(domain_id, Side(mx=mx)),
        }
    )


@operation(sides.FailureType, FROM, TO, AUTHENTICATED, errors=(404,))
def failure_type(domain: str, code: str) -> Response:
    """One result type of a domain: when, at which MX host, told by whom, and what to do."""
    name, domain_id = scope.domain(domain)
    engine, filter_ = state.reader(), asked.figures_filter()
    found = queries.breakdown(engine, domain_id, filter_, Side(result_type=code))
    if found.first_ever is None and code not in result_types.KNOWN:
        abort(404, say("No report about the domain has told this result type."))
    hosts = queries.mx_figures(engine, domain_id, filter_, now=state.now()).mx
    return answers.only_json(
        {
            "result_type": code,
            "explanation": shapes.explanation(code, name),
            "failures": breakdown(found),
            "whose": of_type(found, len(_reporting(domain_id)), len(hosts)),
            "reports": _last_reports(domain_id, Side(result_type=code)),
        }
    )


@operation(sides.OneReporter, FROM, TO, AUTHENTICATED, errors=(404,))
def one_reporter(domain: str, reporter: str) -> Response:
    """What one reporter told of a domain, by day, and which failures."""
    _, domain_id = scope.domain(domain)
    engine, filter_ = state.reader(), asked.figures_filter()
    if not queries.is_known_reporter(engine, domain_id, reporter):
        abort(404, "This reporter has sent no report about the domain.")
    everybody = queries.reporters(engine, domain_id, filter_, now=state.now())
    found = queries.breakdown(engine, domain_id, filter_, Side(reporter=reporter))
    days = queries.reporter_days(engine, domain_id, filter_, reporter)
    return answers.only_json(
        {
            "reporter": reporter,
            "figures": [shapes.reporter(row) for row in everybody if row.reporter == reporter],
            "days": reporter_days(days),
            "failures": breakdown(found),
            "whose": by_reporter(found, [row for row in everybody if row.reports], reporter),
        }
    )


def _reporting(domain_id: UUID) -> list[Reporter]:
    """Those who reported in the range."""
    everybody = queries.reporters(state.reader(), domain_id, asked.figures_filter(), now=state.now())
    return [row for row in everybody if row.reports]


def _last_reports(domain_id: UUID, side: Side) -> list[UUID]:
    return [row.id for row in queries.reports_from(state.reader(), domain_id, asked.figures_filter(), side)]


def reporter_days(days: Iterable[ReporterDay]) -> list[sides.ReporterDay]:
    return [
        {"day": row.day, "reports": row.reports, "successful": row.successful, "failed": row.failed} for row in days
    ]


def breakdown(found: Breakdown) -> sides.Breakdown:
    return {
        "failed": found.failed,
        "days": failed_days(found.days),
        "result_types": shares(found.result_types),
        "mx": shares(found.mx),
        "reporters": shares(found.reporters),
        "modes": shares(found.modes),
        "first_ever": found.first_ever,
        "last_ever": found.last_ever,
    }


def failed_days(days: Iterable[tuple[date, int]]) -> list[sides.FailedDay]:
    return [{"day": day, "failed": failed} for day, failed in days]


def shares(found: Iterable[Share]) -> list[sides.Share]:
    return [
        {"name": row.name or None, "failed": row.failed, "first_day": row.first_day, "last_day": row.last_day}
        for row in found
    ]
