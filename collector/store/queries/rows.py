"""What the queries answer. Plain frozen dataclasses: no SQL, no JSON, no HTML."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Generic, TypeVar
from uuid import UUID

from collector.delivery import OPEN
from collector.report.model import Finding

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Filter:
    """Which figures: days `first` to `last` (UTC, both inclusive), optionally authenticated reports only.

    `reporter` and `policy_type` leave others' reports and other policies' results out, as if none had come.
    """

    first: date
    last: date
    authenticated_only: bool = False
    reporter: str | None = None
    policy_type: str | None = None

    @property
    def is_narrowed(self) -> bool:
        """Whether the rollups cannot answer it by themselves: `narrowed()` counts the reports again."""
        return self.reporter is not None or self.policy_type is not None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A page of a list; `next` is the cursor of the following one, None at the end."""

    items: tuple[T, ...]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class DomainOverview:
    """One domain on the first page. `daily` holds (sessions, failed) per day of the range, zeros included.

    `before` is (sessions, failed) over as many days just before the range; `history` the published policy's intervals,
    oldest first.
    """

    name: str
    domain_id: UUID
    mode: str  # in force now
    mode_error: str | None  # code of the fetch error, if the last look failed
    successful: int
    failed: int
    last_report: datetime | None  # when the last report arrived, whatever the range
    daily: tuple[tuple[int, int], ...]
    before: tuple[int, int] = (0, 0)
    history: tuple["PublishedPolicy", ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Standing:
    """A domain now, whatever the range: the mode in force, and whether a report has ever come."""

    mode: str
    has_reports: bool


@dataclass(frozen=True, slots=True)
class TypeFigures:
    policy_type: str
    successful: int
    failed: int


@dataclass(frozen=True, slots=True)
class DayFigures:
    """Rule 4 figures of one day, and the mode that counts for it (rule 7).

    `unauthenticated` of the sessions are told by reports without authentication.
    """

    day: date
    mode: str
    mode_source: str  # published or reported
    reports: int
    successful: int
    failed: int
    by_policy_type: tuple[TypeFigures, ...] = ()
    unauthenticated: int = 0


@dataclass(frozen=True, slots=True)
class Daily:
    """Every day of the range, zeros included."""

    days: tuple[DayFigures, ...]


@dataclass(frozen=True, slots=True)
class MxFigures:
    """`successful` is None where no report can tell (rule 6); `by_result_type` is exact."""

    mx: str
    failed: int
    successful: int | None
    by_result_type: dict[str, int]
    in_policy: bool | None = None  # whether the published policy in force lists it; None: no policy known


@dataclass(frozen=True, slots=True)
class MxDay:
    """Failures at one MX on one day (rule 6: exact); `mx` is "" where the report names none."""

    mx: str
    day: date
    failed: int


@dataclass(frozen=True, slots=True)
class NotAttributable:
    """Sessions that belong to the set of MX hosts and to no single one."""

    successful: int
    failed: int
    by_result_type: dict[str, int]


@dataclass(frozen=True, slots=True)
class MxTable:
    mx: tuple[MxFigures, ...]  # most failures first
    not_attributable: NotAttributable


@dataclass(frozen=True, slots=True)
class Failure:
    """One cause: failure details alike but for their count, over the days of the range."""

    result_type: str
    mx: str | None
    sending_mta_ip: str | None
    receiving_ip: str | None
    reporter: str
    authenticated: bool
    reason: str | None
    mode: str  # of the reported policy: enforce = that mail was held back
    failed: int
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class Reporter:
    reporter: str
    organization: str | None
    authenticated: bool
    reports: int
    successful: int
    failed: int
    last_report: datetime | None  # arrival of its last report, whatever the range
    silent: bool  # a regular one (DESIGN) that sent nothing lately


@dataclass(frozen=True, slots=True)
class PublishedPolicy:
    """One interval of the history. `ended_at` None: still so."""

    mode: str
    policy_id: str | None
    max_age: int | None
    mx: tuple[str, ...]
    first_seen: datetime
    last_seen: datetime
    ended_at: datetime | None
    error: str | None
    error_detail: str | None
    policy_text: str | None = None
    certificate_ends: datetime | None = None  # that of the policy host, where it was reached


@dataclass(frozen=True, slots=True)
class ReportedPolicy:
    """A policy that a reporter had applied, in normal form (Q12)."""

    mode: str
    mx: tuple[str, ...]
    reporter: str
    first_day: date
    last_day: date
    stale: bool  # older than the published one, beyond the old max_age


@dataclass(frozen=True, slots=True)
class Policies:
    published: tuple[PublishedPolicy, ...]  # oldest first
    reported: tuple[ReportedPolicy, ...]


@dataclass(frozen=True, slots=True)
class FailureRow:
    """A failure detail as reported. `failed` None: the report does not say."""

    result_type: str
    sending_mta_ip: str | None
    receiving_mx_hostname: str | None
    receiving_mx_helo: str | None
    receiving_ip: str | None
    failed: int | None
    additional_information: str | None
    failure_reason_code: str | None


@dataclass(frozen=True, slots=True)
class PolicyResultRow:
    policy_type: str
    policy_domain: str | None
    mode: str
    policy_string: tuple[str, ...]
    mx_host: tuple[str, ...]
    successful: int
    failed: int
    failures: tuple[FailureRow, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportRow:
    """`policies` is empty in lists, filled for a single report."""

    id: UUID
    report_id: str
    organization: str | None
    reporter: str
    authenticated: bool
    contact: str | None
    domain: str
    start: datetime
    end: datetime
    day: date
    received_at: datetime
    delivery_id: UUID
    successful: int
    failed: int
    findings: tuple[Finding, ...]
    policies: tuple[PolicyResultRow, ...] = ()


@dataclass(frozen=True, slots=True)
class PartRow:
    """What became of one part of a delivery."""

    domain: str
    outcome: str
    report_id: UUID | None  # None where unassigned or quarantined
    position: int = 0  # of the report within the delivery


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    id: UUID
    received_at: datetime
    channel: str
    outcome: str
    reason_code: str | None
    reason_message: str | None
    reporter: str | None
    authenticated: bool
    size: int
    findings: tuple[Finding, ...]
    parts: tuple[PartRow, ...]
    envelope: dict[str, object] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        """Whether it is not counted and may be, once it is read again."""
        return self.outcome in OPEN

    @property
    def domains(self) -> tuple[str, ...]:
        """The domains it is about, foreign ones included, each once."""
        return tuple(dict.fromkeys(part.domain for part in self.parts))

    @property
    def reports(self) -> tuple[UUID, ...]:
        return tuple(dict.fromkeys(part.report_id for part in self.parts if part.report_id is not None))


@dataclass(frozen=True, slots=True)
class ForeignName:
    """A foreign policy domain with deliveries that wait for its adoption; `reporters` are the most frequent few."""

    name: str
    deliveries: int
    first_delivery: datetime
    last_delivery: datetime
    reporters: tuple[str, ...]
