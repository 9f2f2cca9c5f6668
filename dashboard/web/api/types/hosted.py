"""The policy that the dashboard itself serves."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, TypedDict

from msgspec import Meta

from dashboard.web.api.types.checks import Problem
from dashboard.web.api.types.words import Moment, Name, about, one_of

PolicyMode = Annotated[str, one_of(("testing", "enforce", "none"), "Mode of the policy")]
MaxAge = Annotated[int, Meta(description="Seconds, at most 31557600", examples=[604800])]
Patterns = Annotated[Sequence[str], about("MX patterns", ["mx1.example.com", "*.example.net"])]


class Wanted(TypedDict):
    mode: PolicyMode
    max_age: MaxAge
    mx: Patterns


class Drafted(Wanted):
    text: Annotated[str, about("The file; its lines end with CRLF")]


class Consequence(TypedDict):
    severity: Annotated[str, one_of(("error", "warning", "note"), "`error` costs mail, `warning` may")]
    text: str


class Draft(TypedDict):
    """A policy before it is served."""

    policy: Annotated[Drafted | None, about("null: a problem is an error, and it cannot be served")]
    problems: Sequence[Problem]
    consequences: Annotated[Sequence[Consequence], about("What would change for senders")]


class Hosted(TypedDict):
    """What was set at one time. `mode` null: nothing is served from then on."""

    set_at: Moment
    set_by: Annotated[str | None, about("null: a local caller while no user was defined", "ada")]
    mode: str | None
    max_age: int | None
    mx: Sequence[str]
    id: Annotated[str | None, about("The id that belongs to it, to be published", "20261124T120000Z")]


class HostedPolicy(TypedDict):
    domain: Name
    served_since: Annotated[datetime | None, about("null: nothing is served now")]
    history: Annotated[Sequence[Hosted], about("Newest first: the first one holds")]
