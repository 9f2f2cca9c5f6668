"""Alerts, and who was told of them."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, TypedDict
from uuid import UUID

from msgspec import Meta

from collector.alert_rules import RULES
from dashboard.web.api.types.words import Moment, NextCursor, about, one_of


class Alert(TypedDict):
    id: UUID
    rule: Annotated[str, one_of(RULES, "Which rule found it")]
    domain: Annotated[str | None, about("null: it is about the installation", "example.com")]
    subject: Annotated[str | None, about("What within it: an MX, a reporter, a result type", "mx1.example.com")]
    state: Annotated[str, one_of(("open", "closed"), "Whether it is over")]
    size: Annotated[int, Meta(ge=0, description="How bad it is, in what its rule counts", examples=[12])]
    title: str
    text: Annotated[str, about("A sentence with the figures")]
    action: Annotated[str, about("What to do")]
    page: Annotated[str, about("The page that it is about, below `web.public_url`", "/domains/example.com")]
    opened_at: Moment
    updated_at: Annotated[datetime, about("Last change of its size or evidence")]
    closed_at: datetime | None
    acknowledged_at: Annotated[datetime | None, about("Since then it is quiet until it has doubled")]
    acknowledged_by: str | None
    muted_until: Annotated[datetime | None, about("Quiet until then")]
    muted_by: str | None
    evidence: Annotated[dict[str, Any], about("What its text is made of")]


class Alerts(TypedDict):
    alerts: Sequence[Alert]
    next: NextCursor


class Notice(TypedDict):
    """What was told of an alert. Whom it was told, and what went wrong, is for admins."""

    event: Annotated[str, one_of(("opened", "grown", "closed"), "What was told")]
    channel: Annotated[str, one_of(("mail", "webhook", "apprise"), "How")]
    target: Annotated[str | None, about("A mail address, else the SHA-256 of the secret URL; null: not told to you")]
    state: Annotated[
        str, one_of(("sent", "waiting", "given_up", "skipped", "quiet"), "`quiet`: not sent, for it was muted")
    ]
    may_have_arrived: Annotated[bool, about("Given up without knowing whether it arrived")]
    attempts: Annotated[int, Meta(ge=0)]
    sent_at: datetime | None
    error: Annotated[str | None, about("What the last attempt met; null: nothing, or not told to you")]


class WholeAlert(Alert):
    notices: Sequence[Notice]


class Mute(TypedDict):
    until: Annotated[date, about("It is quiet until this UTC day begins", "2026-12-24")]
