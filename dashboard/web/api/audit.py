"""`/api/v1/audit`: who changed what and when; for admins."""

from flask import Blueprint, Response, request

from collector.store import audit
from collector.store.audit import Entry
from collector.store.queries.rows import Page
from collector.store.queries.shapes import Shape
from dashboard.web import params, state
from dashboard.web.api import answers
from dashboard.web.api.operation import PAGING, Parameter, operation
from dashboard.web.api.tables import Table
from dashboard.web.api.types import general

_COLUMNS = ["id", "at", "actor", "way", "address", "action", "subject", "details"]
_ACTION = Parameter("action", "Entries of this action only.", {"type": "string", "enum": list(audit.ACTIONS)})
_ACTOR = Parameter("actor", "What this one did only.", {"type": "string", "pattern": "^[^\\u0000]*$"})


def add_to(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/audit", view_func=entries, endpoint="audit")


@operation(general.Audit, _ACTION, _ACTOR, *PAGING, csv=True)
def entries() -> Response:
    """Newest first; `action` and `actor` narrow it."""
    page = asked()
    return answers.json_or_csv(
        lambda: {"entries": [shape(entry) for entry in page.items], "next": page.next},
        lambda: table(page),
        "tlsrpt-audit",
        page.next,
    )


def asked() -> Page[Entry]:
    """What the request at hand asks for: the page under /settings reads the same parameters."""
    return audit.entries(
        state.engine(),
        action=params.choice(request.args, "action", audit.ACTIONS),
        actor=params.text(request.args, "actor"),
        limit=params.limit(request.args),
        cursor=params.cursor(request.args),
    )


def shape(entry: Entry) -> Shape:
    """`actor` null: a local caller while no user was defined, or somebody who was not let in."""
    return {
        "id": entry.id,
        "at": entry.at,
        "actor": entry.by.name,
        "way": entry.by.way,
        "address": entry.by.address,
        "action": entry.action,
        "subject": entry.subject,
        "details": dict(entry.details),
    }


def table(page: Page[Entry]) -> Table:
    """Details stand in one cell."""
    return _COLUMNS, [
        [
            entry.id,
            entry.at,
            entry.by.name,
            entry.by.way,
            entry.by.address,
            entry.action,
            entry.subject,
            "; ".join(f"{name}: {value}" for name, value in entry.details.items()),
        ]
        for entry in page.items
    ]
