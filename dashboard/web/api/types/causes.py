"""Why sessions failed, and a range of days in a few figures."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, TypedDict

from msgspec import Meta

from dashboard.verdict.blame import EVERYBODY, ONE_MX, ONE_REPORTER, SEVERAL
from dashboard.web.api.types.checks import Explanation
from dashboard.web.api.types.words import Failed, ResultType, Sessions, Successful, about, one_of

ByMode = Annotated[dict[str, int], about("Failures by the mode of the policy that was applied", {"enforce": 12})]


class Named(TypedDict):
    name: Annotated[str, about("As it was reported", "mx1.example.com")]
    failed: Failed


class Cause(TypedDict):
    """One result type. `failed` is exact; the rest comes from the 1,000 largest failures."""

    result_type: ResultType
    common: Annotated[str, one_of((ONE_REPORTER, ONE_MX, EVERYBODY, SEVERAL), "What its failures have in common")]
    failed: Failed
    by_mode: ByMode
    mx: Annotated[Sequence[Named], about("Hosts that are named, most failures first")]
    reporters: Annotated[Sequence[Named], about("Most failures first")]
    first_day: Annotated[date | None, about("null: it is not among the largest failures")]
    last_day: date | None
    explanation: Explanation


class Causes(TypedDict):
    causes: Annotated[Sequence[Cause], about("Most failures first. One session may stand under several")]
    consequences: ByMode
    complete: Annotated[bool, about("false: modes, hosts and reporters are those of the 1,000 largest failures")]


class Headline(TypedDict):
    """The days asked for, in a few figures."""

    sessions: Sessions
    successful: Successful
    failed: Failed
    reports: Annotated[int, Meta(ge=0)]
    failed_days: Annotated[int, Meta(ge=0, description="Days with failures")]
    clean_days: Annotated[int, Meta(ge=0, description="Days with reports and no failures after the last of these")]
    first_failed: Annotated[date | None, about("null: no session failed")]
    last_failed: date | None
