"""What is about nothing in particular."""

from collections.abc import Sequence
from typing import Annotated, Any, TypedDict
from uuid import UUID

from dashboard.web.api.types.words import Moment, NextCursor, about


class Chart(TypedDict):
    """A Plotly figure."""

    data: Sequence[dict[str, Any]]
    layout: dict[str, Any]
    config: dict[str, Any]


class ErrorText(TypedDict):
    code: Annotated[str, about("A word", "not_found")]
    message: Annotated[str, about("A sentence for people")]


class Error(TypedDict):
    error: ErrorText


class AuditEntry(TypedDict):
    id: UUID
    at: Moment
    actor: Annotated[str | None, about("null: a local caller while no user was defined, or somebody not let in")]
    way: str
    address: str | None
    action: str
    subject: str | None
    details: dict[str, Any]


class Audit(TypedDict):
    entries: Sequence[AuditEntry]
    next: NextCursor
