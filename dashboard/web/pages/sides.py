"""The failures of one domain from their side: an MX host, a reporter, a result type."""

from flask import Blueprint, abort

from collector import domains
from collector.store import queries
from collector.store.queries import Side
from dashboard import result_types
from dashboard.charts import sparkline
from dashboard.text import say
from dashboard.web import access, asked, scope, state
from dashboard.web.pages.domain import render
from dashboard.web.pages.lines import days_of, failures_line
from dashboard.whose import at_host, by_reporter, of_type

_RECENT_REPORTS = 10


def register(blueprint: Blueprint) -> None:
    # A reporter and a result type may be any text, slashes included.
    blueprint.add_url_rule("/domains/<domain>/mx/<path:host>", "domain_mx_host", mx_host)
    blueprint.add_url_rule("/domains/<domain>/reporters/<path:reporter>", "domain_reporter", reporter_page)
    blueprint.add_url_rule("/domains/<domain>/failures/<path:code>", "domain_failure", failure)


def mx_host(domain: str, host: str) -> str:
    """Failures at one MX host, and what our own checks say of it."""
    name, domain_id = scope.domain(domain)
    engine, filter_, now = state.reader(), asked.figures_filter(), state.now()
    mx = domains.normalise(host) or host
    if not queries.is_known_host(engine, domain_id, mx):
        abort(404, say("Neither DNS nor a report has named this MX host."))
    table = queries.mx_figures(engine, domain_id, filter_, now=now)
    found = queries.breakdown(engine, domain_id, filter_, Side(mx=mx))
    reporters = queries.reporters(engine, domain_id, filter_, now=now)
    check = queries.last_check(engine, domain_id)
    return render(
        "mx_host.html",
        name,
        mx=mx,
        figures_row=next((row for row in table.mx if row.mx == mx), None),
        found=found,
        line=failures_line(found.days, filter_),
        whose=at_host(found, table, sum(1 for row in reporters if row.reports)),
        host=next((each for each in check.mx if each.host == mx), None) if check else None,
        check=check,
        now=now,
        is_shared=len(queries.domains_sharing(engine, filter_, mx, only=access.only())) > 1,
        reports=queries.reports_from(engine, domain_id, filter_, Side(mx=mx), limit=_RECENT_REPORTS),
    )


def reporter_page(domain: str, reporter: str) -> str:
    """What one reporter told of a domain."""
    name, domain_id = scope.domain(domain)
    engine, filter_, now = state.reader(), asked.figures_filter(), state.now()
    if not queries.is_known_reporter(engine, domain_id, reporter):
        abort(404, say("This reporter has sent no report about the domain."))
    everybody = queries.reporters(engine, domain_id, filter_, now=now)
    found = queries.breakdown(engine, domain_id, filter_, Side(reporter=reporter))
    days = queries.reporter_days(engine, domain_id, filter_, reporter)
    of_day = {each.day: (each.successful + each.failed, each.failed) for each in days}
    history = queries.policies(engine, domain_id, now=now)
    return render(
        "reporter.html",
        name,
        reporter=reporter,
        rows=[row for row in everybody if row.reporter == reporter],
        found=found,
        days=days,
        line=sparkline([of_day.get(day, (0, 0)) for day in days_of(filter_)]),
        whose=by_reporter(found, [row for row in everybody if row.reports], reporter),
        applied=[each for each in history.reported if each.reporter == reporter],
        reports=queries.reports(engine, domain=name, reporter=reporter, limit=_RECENT_REPORTS),
    )


def failure(domain: str, code: str) -> str:
    """One result type of one domain."""
    name, domain_id = scope.domain(domain)
    engine, filter_, now = state.reader(), asked.figures_filter(), state.now()
    found = queries.breakdown(engine, domain_id, filter_, Side(result_type=code))
    if found.first_ever is None and code not in result_types.KNOWN:
        abort(404, say("No report about the domain has told this result type."))
    reporters = [row for row in queries.reporters(engine, domain_id, filter_, now=now) if row.reports]
    hosts = queries.mx_figures(engine, domain_id, filter_, now=now).mx
    return render(
        "failure.html",
        name,
        code=code,
        found=found,
        line=failures_line(found.days, filter_),
        whose=of_type(found, len(reporters), len(hosts)),
        reports=queries.reports_from(engine, domain_id, filter_, Side(result_type=code), limit=_RECENT_REPORTS),
    )
