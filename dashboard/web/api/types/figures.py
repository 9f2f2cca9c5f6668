"""Figures of domains, and the policies beside them."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, TypedDict

from msgspec import Meta

from collector.report.model import MODES
from dashboard.health import LEVELS
from dashboard.web.api.types.words import (
    ByResultType,
    Day,
    Failed,
    IsAuthenticated,
    Mode,
    Moment,
    Name,
    NextCursor,
    Reporter_,
    ResultType,
    Successful,
    Word,
    about,
    one_of,
)


class Domain(TypedDict):
    """One domain and its figures over the range asked for."""

    domain: Name
    mode: Annotated[str, one_of(MODES, "Mode in force now")]
    verdict: Word
    successful: Successful
    failed: Failed
    last_report: Annotated[datetime | None, about("Arrival of the last report, whatever the range; null: none yet")]
    mode_error: Annotated[str | None, about("Fetch error of our last look at the policy; null: it went well")]
    level: Annotated[str, one_of(LEVELS, "Whether somebody has to look at it")]
    state: Annotated[Sequence[str], about("Why, the worst first", ["no failures"])]
    sessions_before: Annotated[int, Meta(ge=0, description="Sessions of as many days before the range")]
    failed_before: Annotated[int, Meta(ge=0, description="Of which failed")]


class Kept(TypedDict):
    """What is kept about a domain, and goes with it."""

    reports: Annotated[int, Meta(ge=0)]
    first_day: Annotated[date | None, about("null: nothing was ever reported")]
    last_day: date | None
    policies: Annotated[int, Meta(ge=0, description="Intervals in the history of its published policy")]


class OneDomain(Domain):
    """A domain with what is kept about it."""

    added_at: Moment
    kept: Kept


class Domains(TypedDict):
    domains: Sequence[Domain]
    next: NextCursor


class TypeFigures(TypedDict):
    successful: Successful
    failed: Failed


ModeSource = Annotated[str, one_of(("published", "reported"), "Where the mode is known from")]
ByPolicyType = Annotated[dict[str, TypeFigures], about("Exact, and the same sessions may stand under two types")]
Unauthenticated = Annotated[int, Meta(ge=0, description="Sessions that only unauthenticated reports tell of")]


class DayFigures(TypedDict):
    day: Day
    mode: Mode
    mode_source: ModeSource
    successful: Successful
    failed: Failed
    reports: Annotated[int, Meta(ge=0, description="Reports about the day")]
    by_policy_type: ByPolicyType
    unauthenticated: Unauthenticated


class WeekFigures(TypedDict):
    """An ISO week, which the range may cut. Its mode is that of its last day."""

    week: Annotated[str, about("ISO week", "2026-W47")]
    monday: Annotated[date, about("Its first day", "2026-11-16")]
    mode: Mode
    mode_source: ModeSource
    successful: Successful
    failed: Failed
    reports: Annotated[int, Meta(ge=0, description="Reports about its days")]
    by_policy_type: ByPolicyType
    unauthenticated: Unauthenticated


class Weeks(TypedDict):
    weeks: Annotated[Sequence[WeekFigures], about("Every week of the range, zeros included")]


class Days(TypedDict):
    days: Annotated[Sequence[DayFigures], about("Every day of the range, zeros included")]


class Mx(TypedDict):
    mx: Annotated[str, about("Name of the MX host as reported", "mx1.example.com")]
    failed: Failed
    successful: Annotated[int | None, about("null: no report can tell, as the policy allows several MX hosts")]
    by_result_type: ByResultType
    in_policy: Annotated[bool | None, about("Whether the published policy names it; null: none is in force")]


class NotAttributable(TypedDict):
    """Sessions that belong to the set of MX hosts and to no single one."""

    successful: Successful
    failed: Failed
    by_result_type: ByResultType


class MxTable(TypedDict):
    mx: Sequence[Mx]
    not_attributable: NotAttributable


class MxDay(TypedDict):
    mx: Annotated[str | None, about("null: the report names none", "mx1.example.com")]
    day: Day
    failed: Failed


class MxDays(TypedDict):
    mx_days: Annotated[Sequence[MxDay], about("Days with failures only: what is not there is zero")]


class Failure(TypedDict):
    """Failure details alike but for their count, over the days of the range."""

    result_type: ResultType
    mx: str | None
    sending_mta_ip: str | None
    receiving_ip: str | None
    reporter: Reporter_
    reason: Annotated[str | None, about("failure-reason-code: free text")]
    failed: Failed
    first_day: Day
    last_day: Day
    authenticated: IsAuthenticated
    mode: Annotated[str, one_of(MODES, "Mode of the reported policy: `enforce` means that mail was held back")]


class Failures(TypedDict):
    failures: Sequence[Failure]
    next: NextCursor


class Reporter(TypedDict):
    reporter: Reporter_
    organization: Annotated[str | None, about("organization-name: free text", "Reporter Example Inc.")]
    authenticated: IsAuthenticated
    reports: Annotated[int, Meta(ge=0)]
    successful: Successful
    failed: Failed
    last_report: Annotated[datetime | None, about("Arrival of its last report, whatever the range")]
    silent: Annotated[bool, about("A regular reporter that sent nothing lately")]


class Reporters(TypedDict):
    reporters: Sequence[Reporter]


PublishedPolicy = TypedDict(
    "PublishedPolicy",
    {
        "mode": Mode,
        "id": Annotated[str | None, about("id of the _mta-sts record", "20261110")],
        "max_age": Annotated[int | None, about("Seconds", 604800)],
        "mx": Annotated[Sequence[str], about("MX patterns", ["*.example.com"])],
        "from": Annotated[datetime, about("When we first saw it")],
        "to": Annotated[datetime | None, about("When it had ended; null: it is so still")],
        "error": Annotated[str | None, about("Code of the fetch error; null: it was fetched", "timeout")],
        "error_detail": str | None,
        "last_seen": Moment,
        "text": Annotated[str | None, about("The file as fetched")],
    },
)


class PolicyChange(TypedDict):
    at: Moment
    kind: Annotated[str, one_of(("first", "mode", "policy", "error", "recovered"), "What changed")]
    text: str


class ReportedPolicy(TypedDict):
    mode: Mode
    mx: Annotated[Sequence[str], about("MX patterns, sorted")]
    reporter: Reporter_
    first_day: Day
    last_day: Day
    stale: Annotated[bool, about("Older than the published one, beyond the old max_age")]


class Policies(TypedDict):
    published: Annotated[Sequence[PublishedPolicy], about("History, oldest first")]
    reported: Annotated[Sequence[ReportedPolicy], about("What senders had applied, latest first")]
    changes: Annotated[Sequence[PolicyChange], about("Moments at which the published policy changed, oldest first")]


class Applied(TypedDict):
    reporter: Reporter_
    mode: Mode
    mx: Sequence[str]
    first_day: Day
    last_day: Day
    state: Annotated[str, about("How old the policy was on its last day", "within max_age")]


class Change(TypedDict):
    """The last change of the published policy, and who has picked it up."""

    day: Day
    picked_up: Annotated[Sequence[str], about("Reporters that applied it")]
    not_yet: Annotated[Sequence[str], about("Reporters that still applied an older one")]
    by: date | None
    old_until: Annotated[date | None, about("Until then a sender may rightly hold an older policy")]
    text: Annotated[str, about("The same in a sentence")]


class Drift(TypedDict):
    applied: Sequence[Applied]
    change: Annotated[Change | None, about("null: no change was seen")]
