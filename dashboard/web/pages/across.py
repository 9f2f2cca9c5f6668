"""Over all domains that the viewer may see: result types, one reporter, one MX host that domains share."""

from flask import Blueprint, abort, render_template

from collector import domains
from collector.store import queries
from collector.store.queries import Side, Spread
from dashboard import result_types
from dashboard.charts import sparkline
from dashboard.text import say
from dashboard.web import access, asked, state
from dashboard.web.pages.lines import days_of, failures_line


def register(blueprint: Blueprint) -> None:
    # A reporter and a result type may be any text, slashes included.
    blueprint.add_url_rule("/result-types", "result_types", all_types)
    blueprint.add_url_rule("/result-types/<path:code>", "result_type", one_type)
    blueprint.add_url_rule("/reporters/<path:reporter>", "reporter_across", one_reporter)
    blueprint.add_url_rule("/mx/<path:host>", "mx_across", one_host)


def all_types() -> str:
    """Every result type: how often it occurs, and what it means."""
    filter_ = asked.figures_filter()
    shares = {share.result_type: share for share in queries.type_shares(state.reader(), filter_, only=access.only())}
    codes = [*shares, *(code for code in result_types.KNOWN if code not in shares)]
    return render_template(
        "result_types.html",
        rows=[(code, result_types.result_type(code), shares.get(code)) for code in codes],
        filter=filter_,
        today=state.today(),
    )


def one_type(code: str) -> str:
    filter_ = asked.figures_filter()
    found = queries.spread(state.reader(), filter_, Side(result_type=code), only=access.only())
    if not found.days and code not in result_types.KNOWN:
        abort(404, say("No report of these days tells this result type."))
    return render_template(
        "result_type.html",
        code=code,
        what=result_types.result_type(code),
        found=found,
        hosts=_with_a_page(found),
        line=failures_line(found.days, filter_),
        filter=filter_,
        today=state.today(),
    )


def one_reporter(reporter: str) -> str:
    """What one reporter told, of which domains."""
    engine, filter_, only = state.reader(), asked.figures_filter(), access.only()
    told = queries.reporter_across(engine, filter_, reporter, only=only)
    if told is None:
        abort(404, say("This reporter has sent no report about these days."))
    of_day = {each.day: (each.successful + each.failed, each.failed) for each in told.days}
    found = queries.spread(engine, filter_, Side(reporter=reporter), only=only)
    return render_template(
        "reporter_across.html",
        reporter=reporter,
        told=told,
        found=found,
        hosts=_with_a_page(found),
        line=sparkline([of_day.get(day, (0, 0)) for day in days_of(filter_)]),
        filter=filter_,
        today=state.today(),
    )


def one_host(host: str) -> str:
    """One MX host as that of every domain that has it."""
    engine, filter_, only = state.reader(), asked.figures_filter(), access.only()
    mx = domains.normalise(host) or host
    sharing = queries.domains_sharing(engine, filter_, mx, only=only)
    if not sharing:
        abort(404, say("No domain has this MX host."))
    found = queries.spread(engine, filter_, Side(mx=mx), only=only)
    return render_template(
        "mx_across.html",
        mx=mx,
        sharing=sharing,
        found=found,
        line=failures_line(found.days, filter_),
        filter=filter_,
        today=state.today(),
    )


def _with_a_page(found: Spread) -> frozenset[str]:
    """The MX hosts that lead to `one_host`: a report may name any other too."""
    return queries.mx_hosts_among(state.reader(), [share.name for share in found.mx], only=access.only())
