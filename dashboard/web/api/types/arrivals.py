"""Reports and deliveries."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, TypedDict
from uuid import UUID

from msgspec import Meta

from collector.channels import CHANNELS
from collector.delivery import OUTCOMES
from dashboard.web.api.types.words import (
    Failed,
    IsAuthenticated,
    Mode,
    Moment,
    Name,
    NextCursor,
    Reporter_,
    ResultType,
    Successful,
    about,
    one_of,
)


class Finding(TypedDict):
    code: Annotated[str, about("Number of the deviation", "Q30")]
    message: str


Findings = Annotated[Sequence[Finding], about("Deviations from RFC 8460 that were tolerated")]


class FailureDetail(TypedDict):
    result_type: ResultType
    sending_mta_ip: str | None
    receiving_mx_hostname: str | None
    receiving_mx_helo: str | None
    receiving_ip: str | None
    failed: Annotated[int | None, about("null: the report does not say")]
    additional_information: str | None
    failure_reason_code: str | None


class PolicyResult(TypedDict):
    policy_type: Annotated[str, about("sts, tlsa, no-policy-found, or what the reporter calls it", "sts")]
    policy_domain: str | None
    mode: Mode
    policy_string: Sequence[str]
    mx_host: Sequence[str]
    successful: Successful
    failed: Failed
    failures: Sequence[FailureDetail]


class Report(TypedDict):
    """A report as far as it is about one domain."""

    id: UUID
    report_id: Annotated[str, about("As its reporter calls it")]
    organization: str | None
    reporter: Reporter_
    authenticated: IsAuthenticated
    contact: str | None
    domain: Name
    start: Moment
    end: Moment
    day: Annotated[date, about("UTC day that it counts for: that of `start`")]
    successful: Successful
    failed: Failed
    findings: Findings
    received_at: Moment
    delivery: Annotated[UUID, about("The delivery that it is counted from")]


class WholeReport(Report):
    """A report with its policy results."""

    policies: Sequence[PolicyResult]


class Reports(TypedDict):
    reports: Sequence[Report]
    next: NextCursor


class NotCounted(TypedDict):
    code: str
    message: str


class Delivery(TypedDict):
    """One arrival of bytes, whatever came of it."""

    id: UUID
    received_at: Moment
    channel: Annotated[str, one_of(CHANNELS, "How it came")]
    outcome: Annotated[str, one_of(OUTCOMES, "What became of it")]
    reason: Annotated[NotCounted | None, about("Why it is quarantined")]
    reporter: str | None
    authenticated: IsAuthenticated
    domains: Annotated[Sequence[str], about("What it is about, foreign domains included")]
    reports: Sequence[UUID]
    findings: Findings
    size: Annotated[int, Meta(ge=0, description="Bytes as they came")]


class Part(TypedDict):
    domain: str
    outcome: str
    report: UUID | None
    position: Annotated[int, Meta(ge=0, description="Of its report within the delivery")]


class WholeDelivery(Delivery):
    """A delivery with its parts and its envelope."""

    parts: Sequence[Part]
    envelope: Annotated[dict[str, Any], about("What the channel knew about it")]
    dkim: Annotated[str, about("Who says that it is from its reporter, in words")]
    to_do: Annotated[str | None, about("What to do about the reason")]
    headers: Annotated[str | None, about("Those of the mail as they came, at most 64 KiB; null if it is none")]


class Deliveries(TypedDict):
    deliveries: Sequence[Delivery]
    next: NextCursor


class Foreign(TypedDict):
    """A domain that was not added, with deliveries that wait."""

    domain: str
    deliveries: Annotated[int, Meta(ge=1)]
    first_delivery: Moment
    last_delivery: Moment
    reporters: Annotated[Sequence[str], about("The most frequent few")]


class ForeignNames(TypedDict):
    foreign: Sequence[Foreign]
    next: NextCursor


class WaitingDelivery(TypedDict):
    id: UUID
    received_at: Moment
    reporter: str | None
    authenticated: IsAuthenticated


class OneForeign(Foreign):
    """What would count if the domain were added."""

    last_deliveries: Annotated[Sequence[WaitingDelivery], about("The last ten about it")]


class Quarantined(TypedDict):
    """Deliveries in quarantine for one reason."""

    code: Annotated[str, about("Code of the reason", "dkim_fail")]
    deliveries: Annotated[int, Meta(ge=1, description="Of the newest 10,000 in quarantine")]
    meaning: str
    action: Annotated[str, about("What to do")]


class Quarantine(TypedDict):
    reasons: Annotated[Sequence[Quarantined], about("Most deliveries first")]


class RetriedAll(TypedDict):
    """Ends after some seconds; `next` goes on."""

    reason: str
    tried: Annotated[int, Meta(ge=0)]
    counted: Annotated[int, Meta(ge=0, description="Of which quarantined no more")]
    key_away: Annotated[bool, about("DNS could not deliver a DKIM key just now, so it ended early")]
    next: NextCursor


class Difference(TypedDict):
    where: Annotated[str, about("JSON pointer", "/policies/0/summary/total-failure-session-count")]
    counted: Annotated[str | None, about("JSON, cut at 300 characters; null: it is not there")]
    this: str | None


class Differences(TypedDict):
    counted: Annotated[UUID, about("The report that counts")]
    differences: Annotated[Sequence[Difference] | None, about("At most 200; null: one of the two is not plain JSON")]


class Levels(TypedDict):
    """How many domains are at each level, by their failures and their policies; silence is not looked at."""

    bad: Annotated[int, Meta(ge=0)]
    look: Annotated[int, Meta(ge=0)]
    ok: Annotated[int, Meta(ge=0)]


class Attention(TypedDict):
    alerts: Annotated[int, Meta(ge=0, description="Alerts that are open")]
    domains: Levels
    quarantine: Annotated[Sequence[Quarantined], about("What came within 7 days, the newest 1,000, by reason")]
    foreign: Annotated[Sequence[Foreign], about("The largest ten domains that were not added")]
