"""`/api/v1/domains`: the figures of one domain and of all."""

from flask import Blueprint, Response, request

from collector.errors import UsageError
from collector.store import queries
from collector.store.queries import DomainOverview, added
from dashboard import charts
from dashboard.drift import drift as compared
from dashboard.health import health
from dashboard.web import adopted, asked, changes, params, respond, scope, state
from dashboard.web.actions import actions
from dashboard.web.api import answers, shapes, tables
from dashboard.web.api.operation import FIGURES, LANG, ORDER, PAGING, SEARCH, operation
from dashboard.web.api.types import checks, figures, general, sides
from dashboard.web.i18n import spoken


def add_to(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/domains", view_func=domains)
    for view in (daily, weekly, mx, failures, reporters, policies, drift, verdict, chart):
        blueprint.add_url_rule(f"/domains/<domain>/{view.__name__}", view_func=view)
    blueprint.add_url_rule("/domains/<domain>/mx/daily", view_func=mx_daily)
    blueprint.add_url_rule("/domains/<domain>/adopt", view_func=adopt, methods=["POST"])
    blueprint.add_url_rule("/domains/<domain>", view_func=domain_)
    blueprint.add_url_rule("/domains/<domain>", view_func=remove, methods=["DELETE"])


@operation(figures.Domains, SEARCH, ORDER, *FIGURES, *PAGING, csv=True)
def domains() -> Response:
    """All domains with their figures, by name, or with `order=worst` those in trouble first."""
    worst_first = params.choice(request.args, "order", ("name", "worst")) == "worst"
    if worst_first and asked.figures_filter().is_narrowed:
        raise UsageError("order: under one reporter or policy type there is no order but by name")
    page = asked.domains(worst_first=worst_first)
    verdicts = {domain_id: verdict.word for domain_id, verdict in asked.verdicts(page.items).items()}
    return answers.json_or_csv(
        lambda: {"domains": [_shape(row, verdicts[row.domain_id]) for row in page.items], "next": page.next},
        lambda: tables.domains(page.items, verdicts),
        "tlsrpt-domains",
        page.next,
    )


def _shape(row: DomainOverview, verdict: str) -> figures.Domain:
    return shapes.domain(row, verdict, health(row, state.now(), asked.figures_filter().last))


@operation(figures.OneDomain, *FIGURES, errors=(404,))
def domain_(domain: str) -> Response:
    """One domain with its figures, and what is kept about it: removing it would lose that."""
    name, domain_id = scope.domain(domain)
    engine = state.reader()
    [row] = queries.domain_overview(engine, asked.figures_filter(), now=state.now(), only=(name,)).items
    kept = added.loss(engine, name)
    return answers.only_json(
        {
            **_shape(row, asked.verdict(domain_id).word),
            "added_at": added.added_at(engine, domain_id),
            "kept": {
                "reports": kept.reports,
                "first_day": kept.first_day,
                "last_day": kept.last_day,
                "policies": kept.policies,
            },
        }
    )


@operation(checks.Adopted, errors=(400, 413))
def adopt(domain: str) -> Response:
    """Adds a domain. What came before counts as if it had been known then. Nothing happens if it is known."""
    name = scope.domain_name(domain)
    done = actions().adopt(name)
    before = [{"domain": other, "reports": number} for other, number in sorted(adopted.counted_before(done).items())]
    return respond.json(
        {
            "domain": name,
            "added": done.is_new,
            "reports_counted": done.reports,
            "counted_before": before,
            "complete": done.is_whole,
        }
    )


@operation(sides.Removed, errors=(400, 404, 413))
def remove(domain: str) -> Response:
    """Removes a domain and its figures; for admins. The deliveries stay.

    Results in them that belong to other known domains without it count there, within minutes. All count as before if it
    is added again while they are kept: for `keep.foreign_days` after the removal.
    """
    name, _ = scope.domain(domain)
    changes.remove_domain(name)
    return respond.json({"domain": name})


@operation(figures.Days, *FIGURES, csv=True, errors=(404,))
def daily(domain: str) -> Response:
    """The figures of each day, with the mode that counts for it."""
    name, domain_id = scope.domain(domain)
    days = queries.daily(state.reader(), domain_id, asked.figures_filter(), now=state.now()).days
    return answers.json_or_csv(
        lambda: {"days": [shapes.day(row) for row in days]}, lambda: tables.daily(days), f"tlsrpt-daily-{name}"
    )


@operation(figures.Weeks, *FIGURES, csv=True, errors=(404,))
def weekly(domain: str) -> Response:
    """The same by ISO week."""
    name, domain_id = scope.domain(domain)
    days = queries.daily(state.reader(), domain_id, asked.figures_filter(), now=state.now())
    weeks = charts.by_week(days).days
    return answers.json_or_csv(
        lambda: {"weeks": [shapes.week(row) for row in weeks]}, lambda: tables.weekly(weeks), f"tlsrpt-weekly-{name}"
    )


@operation(figures.MxTable, *FIGURES, csv=True, errors=(404,))
def mx(domain: str) -> Response:
    """Failures by MX host, and the successes that can mean no other."""
    name, domain_id = scope.domain(domain)
    table = queries.mx_figures(state.reader(), domain_id, asked.figures_filter(), now=state.now())
    return answers.json_or_csv(
        lambda: {
            "mx": [shapes.mx(row) for row in table.mx],
            "not_attributable": shapes.not_attributable(table.not_attributable),
        },
        lambda: tables.mx(table),
        f"tlsrpt-mx-{name}",
    )


@operation(figures.MxDays, *FIGURES, csv=True, errors=(404,))
def mx_daily(domain: str) -> Response:
    """The failures at each MX host by day."""
    name, domain_id = scope.domain(domain)
    rows = queries.mx_daily(state.reader(), domain_id, asked.figures_filter())
    return answers.json_or_csv(
        lambda: {"mx_days": [shapes.mx_day(row) for row in rows]},
        lambda: tables.mx_daily(rows),
        f"tlsrpt-mx-daily-{name}",
    )


@operation(figures.Failures, *FIGURES, *PAGING, csv=True, errors=(404,))
def failures(domain: str) -> Response:
    """The causes of failures, the most frequent first."""
    name, domain_id = scope.domain(domain)
    page = asked.failures(domain_id)
    return answers.json_or_csv(
        lambda: {"failures": [shapes.failure(row) for row in page.items], "next": page.next},
        lambda: tables.failures(page.items),
        f"tlsrpt-failures-{name}",
        page.next,
    )


@operation(figures.Reporters, *FIGURES, csv=True, errors=(404,))
def reporters(domain: str) -> Response:
    """Who reports, and who has fallen silent."""
    name, domain_id = scope.domain(domain)
    rows = queries.reporters(state.reader(), domain_id, asked.figures_filter(), now=state.now())
    return answers.json_or_csv(
        lambda: {"reporters": [shapes.reporter(row) for row in rows]},
        lambda: tables.reporters(rows),
        f"tlsrpt-reporters-{name}",
    )


@operation(figures.Policies, errors=(404,))
def policies(domain: str) -> Response:
    """The published policy with its history, and what senders had applied."""
    _, domain_id = scope.domain(domain)
    found = queries.policies(state.reader(), domain_id, now=state.now())
    return answers.only_json(
        {
            "published": [shapes.published_policy(row) for row in found.published],
            "reported": [shapes.reported_policy(row) for row in found.reported],
            "changes": [shapes.policy_change(row) for row in charts.changes(found.published)],
        }
    )


@operation(figures.Drift, errors=(404,))
def drift(domain: str) -> Response:
    """How old the policies were that senders applied, and who has picked up the last change."""
    _, domain_id = scope.domain(domain)
    now = state.now()
    return answers.only_json(shapes.drift(compared(queries.policies(state.reader(), domain_id, now=now), now)))


@operation(checks.Verdict, errors=(404,))
def verdict(domain: str) -> Response:
    """Whether `enforce` is safe, over the last 28 days, whatever range is asked for."""
    name, domain_id = scope.domain(domain)
    found = asked.verdict(domain_id)
    more = {"mode": found.mode, "sentence": found.sentence, "next_step": found.next_step.replace("DOMAIN", name)}
    return answers.only_json({**found.shape(), **more})


@operation(general.Chart, *FIGURES, LANG, errors=(404,))
def chart(domain: str) -> Response:
    """The main chart as a Plotly figure: `data` and `layout`, and in `config` the locale that it wants."""
    _, domain_id = scope.domain(domain)
    engine, now = state.reader(), state.now()
    daily = queries.daily(engine, domain_id, asked.figures_filter(), now=now)
    figure = charts.main_chart(daily, queries.policies(engine, domain_id, now=now), spoken())
    return answers.only_json({**figure.to_plotly_json(), "config": charts.locale(spoken())})
