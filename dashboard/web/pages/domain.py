"""The pages of one domain: the whole picture, and each of its tables by itself."""

from flask import Blueprint, render_template

from collector.store import queries
from collector.store.queries import Daily, MxTable, Policies, PublishedPolicy, Standing
from dashboard.causes import MOST_LISTED, causes, consequences, grouped, headline
from dashboard.charts import by_week, changes, heat, is_by_week
from dashboard.drift import drift
from dashboard.web import alerts, asked, scope, state

_RECENT_REPORTS = 10


def register(blueprint: Blueprint) -> None:
    for path, view in (("", overview), ("/daily", daily), ("/mx", mx), ("/failures", failures)):
        blueprint.add_url_rule(f"/domains/<domain>{path}", f"domain_{view.__name__}", view)
    for path, view in (("/reporters", reporters), ("/policies", policies)):
        blueprint.add_url_rule(f"/domains/<domain>{path}", f"domain_{view.__name__}", view)


def overview(domain: str) -> str:
    filter_, now = asked.figures_filter(), state.now()
    with queries.reading(state.reader()) as database:
        name, domain_id = scope.domain(domain, database)
        with queries.narrowed(database, domain_id, filter_) as source:
            days = queries.daily(source, domain_id, filter_, now=now)
            listed = queries.failures(source, domain_id, filter_, limit=MOST_LISTED)
            table = queries.mx_figures(source, domain_id, filter_, now=now, causes=listed)
            reporters = queries.reporters(source, domain_id, filter_, now=now)
            mx_days = queries.mx_daily(source, domain_id, filter_)
            published = source.history
        history = queries.policies(database, domain_id, now=now, history=published)
        verdict = asked.verdict(domain_id, database, history=published)
        check = queries.last_check(database, domain_id)
        reports = queries.reports(database, domain=name, limit=_RECENT_REPORTS)
        standing = queries.standing(database, domain_id, now=now, history=published)
        open_alerts = alerts.of_domain(name, database)
        alerts.count_open_in(database)
    found = causes(table, listed.items, days, sum(1 for each in reporters if each.reports))
    return render(
        "domain.html",
        name,
        days=by_week(days) if is_by_week(days) else days,
        is_by_week=is_by_week(days),
        headline=headline(days),
        verdict=verdict,
        check=check,
        mx=table,
        heat=heat(mx_days, filter_.first, filter_.last),
        mx_days=mx_days,
        causes=found,
        groups=grouped(found),
        consequences=consequences(found),
        all_listed=listed.next is None,
        reporters=reporters,
        policies=history,
        current=_current(history),
        changes=changes(history.published),
        change=drift(history, now).change,
        reports=reports,
        standing=standing,
        open_alerts_here=open_alerts,
    )


def daily(domain: str) -> str:
    name, domain_id = scope.domain(domain)
    days: Daily = queries.daily(state.reader(), domain_id, asked.figures_filter(), now=state.now())
    return render("daily.html", name, days=days, headline=headline(days))


def mx(domain: str) -> str:
    name, domain_id = scope.domain(domain)
    filter_ = asked.figures_filter()
    with queries.narrowed(state.reader(), domain_id, filter_) as source:
        table: MxTable = queries.mx_figures(source, domain_id, filter_, now=state.now())
        mx_days = queries.mx_daily(source, domain_id, filter_)
    return render("mx.html", name, mx=table, heat=heat(mx_days, filter_.first, filter_.last), mx_days=mx_days)


def failures(domain: str) -> str:
    name, domain_id = scope.domain(domain)
    page = asked.failures(domain_id)
    return render("failures.html", name, failures=page.items, next=page.next)


def reporters(domain: str) -> str:
    name, domain_id = scope.domain(domain)
    rows = queries.reporters(state.reader(), domain_id, asked.figures_filter(), now=state.now())
    return render("reporters.html", name, reporters=rows)


def policies(domain: str) -> str:
    name, domain_id = scope.domain(domain)
    history: Policies = queries.policies(state.reader(), domain_id, now=state.now())
    return render("policies.html", name, policies=history, current=_current(history), drift=drift(history, state.now()))


def render(template: str, name: str, *, standing: Standing | None = None, **values: object) -> str:
    """A page of the domain `name` (normal form), with what all of them show; `standing` where it was read already."""
    if standing is None:
        standing = queries.standing(state.reader(), scope.domain(name)[1], now=state.now())
    filter_ = asked.figures_filter()
    return render_template(template, name=name, standing=standing, filter=filter_, today=state.today(), **values)


def _current(history: Policies) -> PublishedPolicy | None:
    """What we found at our last look, be it an error."""
    return history.published[-1] if history.published else None
