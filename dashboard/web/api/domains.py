"""`/api/v1/domains`: the figures of one domain and of all."""

from flask import Blueprint, Response

from collector.store import queries
from dashboard import charts
from dashboard.web import asked, respond, scope, state
from dashboard.web.actions import actions
from dashboard.web.api import answers, shapes, tables


def add_to(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/domains", view_func=domains)
    for view in (daily, mx, failures, reporters, policies, verdict, chart):
        blueprint.add_url_rule(f"/domains/<domain>/{view.__name__}", view_func=view)
    blueprint.add_url_rule("/domains/<domain>/adopt", view_func=adopt, methods=["POST"])


def domains() -> Response:
    page = asked.domains()
    verdicts = {domain_id: verdict.word for domain_id, verdict in asked.verdicts(page.items).items()}
    return answers.json_or_csv(
        lambda: {"domains": [shapes.domain(row, verdicts[row.domain_id]) for row in page.items], "next": page.next},
        lambda: tables.domains(page.items, verdicts),
        "tlsrpt-domains",
        page.next,
    )


def adopt(domain: str) -> Response:
    """Adds a domain: from now on it counts, and so does what came for it before. Nothing happens if it is known."""
    name = scope.domain_name(domain)
    done = actions().adopt(name)
    return respond.json(
        {"domain": name, "added": done.is_new, "deliveries_counted": done.counted, "complete": done.is_whole}
    )


def daily(domain: str) -> Response:
    name, domain_id = scope.domain(domain)
    days = queries.daily(state.engine(), domain_id, asked.figures_filter(), now=state.now()).days
    return answers.json_or_csv(
        lambda: {"days": [shapes.day(row) for row in days]}, lambda: tables.daily(days), f"tlsrpt-daily-{name}"
    )


def mx(domain: str) -> Response:
    name, domain_id = scope.domain(domain)
    table = queries.mx_figures(state.engine(), domain_id, asked.figures_filter(), now=state.now())
    return answers.json_or_csv(
        lambda: {
            "mx": [shapes.mx(row) for row in table.mx],
            "not_attributable": shapes.not_attributable(table.not_attributable),
        },
        lambda: tables.mx(table),
        f"tlsrpt-mx-{name}",
    )


def failures(domain: str) -> Response:
    name, domain_id = scope.domain(domain)
    page = asked.failures(domain_id)
    return answers.json_or_csv(
        lambda: {"failures": [shapes.failure(row) for row in page.items], "next": page.next},
        lambda: tables.failures(page.items),
        f"tlsrpt-failures-{name}",
        page.next,
    )


def reporters(domain: str) -> Response:
    name, domain_id = scope.domain(domain)
    rows = queries.reporters(state.engine(), domain_id, asked.figures_filter(), now=state.now())
    return answers.json_or_csv(
        lambda: {"reporters": [shapes.reporter(row) for row in rows]},
        lambda: tables.reporters(rows),
        f"tlsrpt-reporters-{name}",
    )


def policies(domain: str) -> Response:
    _, domain_id = scope.domain(domain)
    found = queries.policies(state.engine(), domain_id, now=state.now())
    return answers.only_json(
        {
            "published": [shapes.published_policy(row) for row in found.published],
            "reported": [shapes.reported_policy(row) for row in found.reported],
        }
    )


def verdict(domain: str) -> Response:
    """Over the last 28 days: no range is asked for."""
    _, domain_id = scope.domain(domain)
    return answers.only_json(asked.verdict(domain_id).shape())


def chart(domain: str) -> Response:
    """The main chart as a Plotly figure: `data` and `layout`."""
    _, domain_id = scope.domain(domain)
    engine, now = state.engine(), state.now()
    daily = queries.daily(engine, domain_id, asked.figures_filter(), now=now)
    figure = charts.main_chart(daily, queries.policies(engine, domain_id, now=now))
    return answers.only_json(figure.to_plotly_json())
