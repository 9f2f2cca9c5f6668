"""The figures of one MX host or one reporter, and what stands around a report or all deliveries."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, TypedDict
from uuid import UUID

from msgspec import Meta

from dashboard.web.api.types.checks import Explanation
from dashboard.web.api.types.figures import Mx, Reporter
from dashboard.web.api.types.words import (
    Day,
    Failed,
    IsAuthenticated,
    Moment,
    Name,
    Reporter_,
    ResultType,
    Successful,
    about,
)


class Share(TypedDict):
    """What failed under one name."""

    name: Annotated[str | None, about("null: none is named", "certificate-expired")]
    failed: Failed
    first_day: Day
    last_day: Day


class FailedDay(TypedDict):
    day: Day
    failed: Failed


Shares = Annotated[Sequence[Share], about("The largest 50, most failures first")]


class Breakdown(TypedDict):
    """Failures from one side. One session may stand under several causes."""

    failed: Failed
    days: Annotated[Sequence[FailedDay], about("Those with failures")]
    result_types: Shares
    mx: Shares
    reporters: Shares
    modes: Annotated[Sequence[Share], about("By the mode of the policy that the sender had applied")]
    first_ever: Annotated[date | None, about("The first day that failed, whatever the range")]
    last_ever: Annotated[date | None, about("The last one")]


Whose = Annotated[str | None, about("Whose fault it looks like, in a sentence; null: there were no failures")]
LastReports = Annotated[Sequence[UUID], about("The last ten reports that tell it")]


class MxHost(TypedDict):
    mx: Annotated[str, about("An MX host", "mx1.example.com")]
    figures: Annotated[Mx | None, about("As in the list of MX hosts; null if no report of the range names it")]
    failures: Breakdown
    whose: Whose
    reports: LastReports


class FailureType(TypedDict):
    """One result type of a domain."""

    result_type: ResultType
    explanation: Explanation
    failures: Breakdown
    whose: Whose
    reports: LastReports


class ReporterDay(TypedDict):
    day: Day
    reports: Annotated[int, Meta(ge=0)]
    successful: Successful
    failed: Failed


class OneReporter(TypedDict):
    reporter: Reporter_
    figures: Annotated[Sequence[Reporter], about("Its authenticated reports and the others stand apart")]
    days: Sequence[ReporterDay]
    failures: Breakdown
    whose: Whose


class Spread(TypedDict):
    """Failures over all domains that the reader may see. One session may stand under several causes."""

    failed: Failed
    days: Annotated[Sequence[FailedDay], about("Those with failures")]
    domains: Shares
    result_types: Shares
    mx: Shares
    reporters: Shares


class TypeEverywhere(Explanation):
    """A result type, and where it occurs."""

    failures: Spread


class ToldOf(TypedDict):
    domain: Name
    authenticated: IsAuthenticated
    reports: Annotated[int, Meta(ge=0)]
    successful: Successful
    failed: Failed
    last_report: Moment
    organization: Annotated[str | None, about("organization-name: free text", "Reporter Example Inc.")]


class ReporterEverywhere(TypedDict):
    """What one reporter told of all domains that the reader may see."""

    reporter: Reporter_
    reports: Annotated[int, Meta(ge=0)]
    successful: Successful
    failed: Failed
    domain_count: Annotated[int, Meta(ge=0)]
    domains: Annotated[Sequence[ToldOf], about("The largest 100; authenticated reports and the others stand apart")]
    days: Sequence[ReporterDay]
    failures: Spread


class HostOf(TypedDict):
    domain: Name
    failed: Failed
    successful: Annotated[int | None, about("null: no report can tell, as the policy allows several MX hosts")]


class HostEverywhere(TypedDict):
    """One MX host as that of every domain that has it in DNS, or had it."""

    mx: Annotated[str, about("An MX host", "mx1.example.com")]
    domains: Annotated[Sequence[HostOf], about("The largest 50, most failures first")]
    failures: Spread


class Neighbours(TypedDict):
    """The reports of the same reporter about the same domain just before and after, at most 40 days away."""

    previous: UUID | None
    following: UUID | None


class DeliveryCounts(TypedDict):
    outcomes: Annotated[dict[str, int], about("By outcome; 10001 stands for more than 10,000", {"stored": 240})]
    reasons: Annotated[dict[str, int], about("The newest 10,000 quarantined ones by reason", {"dkim_fail": 3})]


class Setting(TypedDict):
    name: Annotated[str, about("Section and key", "smtp.listen")]
    variable: Annotated[str, about("In the environment", "TLSRPT_SMTP_LISTEN")]
    value: Annotated[str, about("What is in force, secrets hidden", "127.0.0.1:2525")]
    source: Annotated[str | None, about("Who says so; null: it is the default", "tlsrpt.toml: smtp.listen")]


class Configuration(TypedDict):
    settings: Sequence[Setting]


class Removed(TypedDict):
    domain: Annotated[str, about("Its figures are gone; its deliveries stay", "example.com")]
