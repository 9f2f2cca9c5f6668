"""Over all domains that the reader may see: `/api/v1/result-types`, `/reporters/{reporter}` and `/mx/{host}`."""

from flask import Blueprint, Response, abort

from collector import domains
from collector.store import queries
from collector.store.queries import HostOf, Side, Spread, ToldOf, TypeShare
from dashboard import result_types
from dashboard.text import say
from dashboard.web import access, asked, state
from dashboard.web.api import answers, shapes, tables
from dashboard.web.api.operation import AUTHENTICATED, FROM, REPORTER, TO, operation
from dashboard.web.api.sides import failed_days, reporter_days, shares
from dashboard.web.api.types import checks, sides


def add_to(blueprint: Blueprint) -> None:
    # A reporter and a result type may be any text, slashes included.
    blueprint.add_url_rule("/result-types", view_func=all_types, endpoint="result_types")
    blueprint.add_url_rule("/result-types/<path:code>", view_func=one_type, endpoint="result_type")
    blueprint.add_url_rule("/reporters/<path:reporter>", view_func=reporter_everywhere)
    blueprint.add_url_rule("/mx/<path:host>", view_func=mx_everywhere)


@operation(checks.ResultTypes, FROM, TO, AUTHENTICATED, REPORTER, csv=True)
def all_types() -> Response:
    """How often each occurs, what it means and what to do: those of RFC 8460, and any other that was reported."""
    found = queries.type_shares(state.reader(), asked.figures_filter(), only=access.only())
    by_code: dict[str, TypeShare | None] = {share.result_type: share for share in found}
    every = by_code | {code: None for code in result_types.KNOWN if code not in by_code}
    return answers.json_or_csv(
        lambda: {"result_types": [_type_share(code, share) for code, share in every.items()]},
        lambda: tables.type_shares(every.items()),
        "tlsrpt-result-types",
    )


@operation(sides.TypeEverywhere, FROM, TO, AUTHENTICATED, REPORTER)
def one_type(code: str) -> Response:
    """One of them, and where it occurs. One that nobody knows is explained as such: reporters make up their own."""
    found = queries.spread(state.reader(), asked.figures_filter(), Side(result_type=code), only=access.only())
    return answers.only_json({**shapes.explanation(code), "failures": _spread(found)})


@operation(sides.ReporterEverywhere, FROM, TO, AUTHENTICATED, csv=True, errors=(404,))
def reporter_everywhere(reporter: str) -> Response:
    """What one reporter told of all domains: by domain, by day, and which failures."""
    engine, filter_, only = state.reader(), asked.figures_filter(), access.only()
    told = queries.reporter_across(engine, filter_, reporter, only=only)
    if told is None:
        abort(404, say("This reporter has sent no report about these days."))
    return answers.json_or_csv(
        lambda: {
            "reporter": reporter,
            "reports": told.reports,
            "successful": told.successful,
            "failed": told.failed,
            "domain_count": told.domain_count,
            "domains": [_told_of(row) for row in told.domains],
            "days": reporter_days(told.days),
            "failures": _spread(queries.spread(engine, filter_, Side(reporter=reporter), only=only)),
        },
        lambda: tables.told_of(told.domains),
        "tlsrpt-reporter",
    )


@operation(sides.HostEverywhere, FROM, TO, AUTHENTICATED, csv=True, errors=(404,))
def mx_everywhere(host: str) -> Response:
    """One MX host over all domains that have it: at which of them it fails, when, and told by whom."""
    engine, filter_, only = state.reader(), asked.figures_filter(), access.only()
    mx = domains.normalise(host) or host
    sharing = queries.domains_sharing(engine, filter_, mx, only=only)
    if not sharing:
        abort(404, say("No domain has this MX host."))
    return answers.json_or_csv(
        lambda: {
            "mx": mx,
            "domains": [_host_of(row) for row in sharing],
            "failures": _spread(queries.spread(engine, filter_, Side(mx=mx), only=only)),
        },
        lambda: tables.hosts_of(sharing),
        "tlsrpt-mx",
    )


def _type_share(code: str, share: TypeShare | None) -> checks.TypeShare:
    return {
        **shapes.explanation(code),
        "failed": share.failed if share else 0,
        "domains": share.domains if share else 0,
        "first_day": share.first_day if share else None,
        "last_day": share.last_day if share else None,
    }


def _spread(found: Spread) -> sides.Spread:
    return {
        "failed": found.failed,
        "days": failed_days(found.days),
        "domains": shares(found.domains),
        "result_types": shares(found.result_types),
        "mx": shares(found.mx),
        "reporters": shares(found.reporters),
    }


def _told_of(row: ToldOf) -> sides.ToldOf:
    return {
        "domain": row.domain,
        "authenticated": row.authenticated,
        "reports": row.reports,
        "successful": row.successful,
        "failed": row.failed,
        "last_report": row.last_report,
        "organization": row.organization,
    }


def _host_of(row: HostOf) -> sides.HostOf:
    return {"domain": row.domain, "failed": row.failed, "successful": row.successful}
