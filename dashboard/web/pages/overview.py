"""`/` and `/domains`: every domain, what is wrong first; and what to set up where there is none."""

from flask import Blueprint, render_template, request

from collector.store import queries
from dashboard.charts import sparkline
from dashboard.web import access, asked, params, state
from dashboard.web.pages.health import health, order

_MOST_FOREIGN = 10  # here; all of them have a page of their own


def register(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/", "overview", overview)
    blueprint.add_url_rule("/domains", "domains", overview)


def overview() -> str:
    now = state.now()
    page, filter_ = asked.domains(), asked.figures_filter()
    search, cursor = params.text(request.args, "search"), params.cursor(request.args)
    whole = page.next is None and cursor is None
    # Over several pages the order is the query's, by name: sorting each page would only look like an order.
    verdicts = asked.verdicts(page.items)
    rows = [
        (row, health(row, now, filter_.last), sparkline(row.daily), verdicts[row.domain_id].word) for row in page.items
    ]
    if whole:
        rows.sort(key=lambda each: order(each[0], each[1]))
    return render_template(
        "overview.html",
        filter=filter_,
        rows=rows,
        whole=whole,
        next=page.next,
        search=search,
        unassigned=_unassigned() if cursor is None and search is None else (),
        today=state.today(),
        recipients=state.settings().smtp.recipients,
    )


def _unassigned() -> tuple[queries.ForeignName, ...]:
    """Foreign names that wait for adoption: for viewers of all domains only."""
    return () if access.only() is not None else queries.foreign_names(state.engine(), limit=_MOST_FOREIGN).items
