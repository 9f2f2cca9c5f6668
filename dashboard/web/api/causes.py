"""`/api/v1/domains/{d}/causes` and `.../headline`: why sessions failed, gathered as on the domain's page."""

from collections.abc import Iterable
from uuid import UUID

from flask import Blueprint, Response

from collector.store import queries
from dashboard.causes import MOST_LISTED, Cause, causes, consequences, headline
from dashboard.web import asked, scope, state
from dashboard.web.api import answers, shapes
from dashboard.web.api.operation import FIGURES, operation
from dashboard.web.api.tables import Table
from dashboard.web.api.types import causes as types

_MODES = ("enforce", "testing", "none", "unknown")


def add_to(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/domains/<domain>/causes", "causes", of_domain)
    blueprint.add_url_rule("/domains/<domain>/headline", "headline", in_short)


@operation(types.Causes, *FIGURES, csv=True, errors=(404,))
def of_domain(domain: str) -> Response:
    """Why sessions failed, by result type: one reporter, one MX host or everybody, since when, and what to do."""
    name, domain_id = scope.domain(domain)
    found, is_whole = _gathered(domain_id)
    return answers.json_or_csv(
        lambda: {
            "causes": [_cause(cause, name) for cause in found],
            "consequences": dict(consequences(found)),
            "complete": is_whole,
        },
        lambda: _table(found),
        f"tlsrpt-causes-{name}",
    )


@operation(types.Headline, *FIGURES, errors=(404,))
def in_short(domain: str) -> Response:
    """How many sessions failed, on how many days, and how many were clean since."""
    _, domain_id = scope.domain(domain)
    found = headline(queries.daily(state.reader(), domain_id, asked.figures_filter(), now=state.now()))
    return answers.only_json(
        {
            "sessions": found.sessions,
            "successful": found.successful,
            "failed": found.failed,
            "reports": found.reports,
            "failed_days": found.failed_days,
            "clean_days": found.clean_days,
            "first_failed": found.first_failed,
            "last_failed": found.last_failed,
        }
    )


def _gathered(domain_id: UUID) -> tuple[tuple[Cause, ...], bool]:
    """The causes, and whether all failures were looked at for what they have in common."""
    filter_, now = asked.figures_filter(), state.now()
    with queries.narrowed(state.reader(), domain_id, filter_) as source:
        days = queries.daily(source, domain_id, filter_, now=now)
        table = queries.mx_figures(source, domain_id, filter_, now=now)
        listed = queries.failures(source, domain_id, filter_, limit=MOST_LISTED)
        reporters = queries.reporters(source, domain_id, filter_, now=now)
    found = causes(table, listed.items, days, sum(1 for each in reporters if each.reports))
    return found, listed.next is None


def _cause(row: Cause, domain: str) -> types.Cause:
    return {
        "result_type": row.result_type,
        "common": row.kind,
        "failed": row.failed,
        "by_mode": dict(row.by_mode),
        "mx": _named(row.mx),
        "reporters": _named(row.reporters),
        "first_day": row.first_day,
        "last_day": row.last_day,
        "explanation": shapes.explanation(row.result_type, domain),
    }


def _named(pairs: Iterable[tuple[str, int]]) -> list[types.Named]:
    return [{"name": name, "failed": failed} for name, failed in pairs]


def _table(rows: Iterable[Cause]) -> Table:
    """A column for the failures under each mode; hosts and reporters by how many there are."""
    columns = ["result_type", "common", "failed", *_MODES, "mx", "reporters", "first_day", "last_day"]
    return columns, [
        [
            row.result_type,
            row.kind,
            row.failed,
            *(dict(row.by_mode).get(mode, 0) for mode in _MODES),
            len(row.mx),
            len(row.reporters),
            row.first_day,
            row.last_day,
        ]
        for row in rows
    ]
