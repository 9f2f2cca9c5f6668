"""`/` and `/domains`: every domain, what is wrong first; and what to set up where there is none."""

from collections.abc import Sequence

from flask import Blueprint, render_template, request

from collector.store import queries
from dashboard.charts import sparkline
from dashboard.health import LEVELS, health, order
from dashboard.web import access, alerts, asked, attention, params, state

_MOST_LINES = 8  # of what needs attention: as many as are read


def register(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/", "overview", overview)
    blueprint.add_url_rule("/domains", "domains", overview)


def overview() -> str:
    now, filter_ = state.now(), asked.figures_filter()
    search, cursor = params.text(request.args, "search"), params.cursor(request.args)
    # Under another reporter's or type's figures trouble is ranked by nothing: then the order is by name.
    is_ranked = not filter_.is_narrowed
    is_first = cursor is None and search is None
    with queries.reading(state.reader()) as database:
        page = asked.domains(database, worst_first=is_ranked)
        whole = page.next is None and cursor is None
        verdicts = asked.verdicts(page.items, database)
        ranked = queries.domains_by_level(database, filter_, only=access.only()) if is_first and not whole else None
        unassigned = attention.foreign(database) if is_first else ()
        quarantined = attention.quarantined(database) if is_first else ()
        alerts.count_open_in(database)
    rows = [
        (row, health(row, now, filter_.last), sparkline(row.daily), verdicts[row.domain_id].word) for row in page.items
    ]
    if whole:
        # All of them are here: silence and what the last days say count too.
        rows.sort(key=lambda each: order(each[0], each[1]))
    return render_template(
        "overview.html",
        filter=filter_,
        rows=rows,
        whole=whole,
        is_ranked=is_ranked or whole,
        levels=(ranked or _levels([each[1].level for each in rows])) if is_first else None,
        lines=[each for each in rows if each[1].level != "ok"][:_MOST_LINES] if is_first else [],
        next=page.next,
        search=search,
        unassigned=unassigned,
        quarantined=quarantined,
        quarantine_days=attention.QUARANTINE_DAYS,
        today=state.today(),
        recipients=state.settings().smtp.recipients,
    )


def _levels(found: Sequence[str]) -> tuple[int, ...]:
    """How many domains are bad, to look at, and well, where all of them are on the page."""
    return tuple(found.count(level) for level in LEVELS)
