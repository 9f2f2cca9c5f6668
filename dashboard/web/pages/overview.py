"""`/` and `/domains`: every domain, what is wrong first; and what to set up where there is none."""

from collections.abc import Sequence

from flask import Blueprint, render_template, request

from collector.store import queries
from collector.store.queries import Filter
from dashboard.charts import sparkline
from dashboard.health import health, order
from dashboard.web import access, asked, attention, params, state

_MOST_FOREIGN = 10  # here; all of them have a page of their own
_MOST_LINES = 8  # of what needs attention: as many as are read


def register(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/", "overview", overview)
    blueprint.add_url_rule("/domains", "domains", overview)


def overview() -> str:
    now, filter_ = state.now(), asked.figures_filter()
    search, cursor = params.text(request.args, "search"), params.cursor(request.args)
    # Under another reporter's or type's figures trouble is ranked by nothing: then the order is by name.
    is_ranked = not filter_.is_narrowed
    page = asked.domains(worst_first=is_ranked)
    whole = page.next is None and cursor is None
    verdicts = asked.verdicts(page.items)
    rows = [
        (row, health(row, now, filter_.last), sparkline(row.daily), verdicts[row.domain_id].word) for row in page.items
    ]
    if whole:
        # All of them are here: silence and what the last days say count too.
        rows.sort(key=lambda each: order(each[0], each[1]))
    is_first = cursor is None and search is None
    return render_template(
        "overview.html",
        filter=filter_,
        rows=rows,
        whole=whole,
        is_ranked=is_ranked or whole,
        levels=_levels(filter_, [each[1].level for each in rows], whole=whole) if is_first else None,
        lines=[each for each in rows if each[1].level != "ok"][:_MOST_LINES] if is_first else [],
        next=page.next,
        search=search,
        unassigned=_unassigned() if is_first else (),
        quarantined=attention.quarantined() if is_first else (),
        quarantine_days=attention.QUARANTINE_DAYS,
        today=state.today(),
        recipients=state.settings().smtp.recipients,
    )


def _levels(filter_: Filter, found: Sequence[str], *, whole: bool) -> tuple[int, ...]:
    """How many domains are bad, to look at, and well."""
    if whole:
        return tuple(found.count(level) for level in ("bad", "look", "ok"))
    return queries.domains_by_level(state.reader(), filter_, only=access.only())


def _unassigned() -> tuple[queries.ForeignName, ...]:
    """Foreign names that wait for adoption: for viewers of all domains only."""
    return () if access.only() is not None else queries.foreign_names(state.reader(), limit=_MOST_FOREIGN).items
