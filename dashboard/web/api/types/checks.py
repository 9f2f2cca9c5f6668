"""Verdicts, checks, the setup, and what result types mean."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, TypedDict

from msgspec import Meta

from collector.report.model import MODES
from dashboard.web.api.types.words import Failed, Mode, Moment, Name, ResultType, Sessions, Word, about, one_of


class Reason(TypedDict):
    code: str
    text: str
    ok: Annotated[bool, about("false: it stands in the way")]


class Evidence(TypedDict):
    days: Annotated[int, about("Days without a failure that enforce would make one")]
    sessions: Sessions
    reporters: int
    would_refuse: Annotated[int, about("Sessions that enforce held back, or would have")]


class Verdict(TypedDict):
    verdict: Word
    reasons: Sequence[Reason]
    evidence: Evidence
    mode: Annotated[str, one_of(MODES, "The mode that it is about")]
    sentence: Annotated[str, about("The same in plain words")]
    next_step: Annotated[str, about("What to do now")]


class Problem(TypedDict):
    code: str
    severity: Annotated[str, one_of(("error", "warning"), "A domain with an error is not ok")]
    text: str
    fix: Annotated[str, about("What to publish or do instead")]


class TlsrptRecord(TypedDict):
    record: str | None
    rua: Sequence[str]
    problems: Sequence[Problem]


class StsPolicy(TypedDict):
    mode: Mode
    max_age: Annotated[int, about("Seconds", 604800)]
    mx: Sequence[str]


class MtaSts(TypedDict):
    record: str | None
    id: str | None
    policy: StsPolicy | None
    error: str | None
    problems: Sequence[Problem]


class Certificate(TypedDict):
    not_after: Moment
    names: Sequence[str]
    trusted: bool


class CheckedMx(TypedDict):
    host: str
    matches_policy: bool | None
    starttls: Annotated[bool | None, about("null: it was not reached")]
    certificate: Certificate | None
    tlsa: Sequence[str]
    dnssec: bool | None
    problems: Sequence[Problem]


class Check(TypedDict):
    """What a domain publishes, as `tlsrpt check --json` answers."""

    domain: Name
    at: Moment
    ok: Annotated[bool, about("No problem of severity error")]
    tlsrpt: TlsrptRecord
    mta_sts: MtaSts
    mx: Sequence[CheckedMx]


CheckState = TypedDict(
    "CheckState",
    {
        "part": Annotated[str, one_of(("tlsrpt", "mta_sts", "mx"), "What was checked")],
        "host": Annotated[str | None, about("The MX host; null for the other parts")],
        "from": Moment,
        "last_seen": Moment,
        "to": Annotated[datetime | None, about("null: it is so still")],
        "ok": bool,
        "codes": Annotated[Sequence[str], about("Codes of the problems, errors first")],
    },
)


class CheckHistory(TypedDict):
    checks: Annotated[Sequence[CheckState], about("The latest 200 states, the latest first")]


class CountedBefore(TypedDict):
    domain: Name
    reports: Annotated[int, Meta(ge=1, description="Of reports_counted, those with results that counted for it before")]


class Adopted(TypedDict):
    domain: Name
    added: Annotated[bool, about("false: it was known already, and nothing was done")]
    reports_counted: Annotated[int, Meta(ge=0, description="Reports received before that count for it now")]
    counted_before: Annotated[Sequence[CountedBefore], about("By domain, of those that the reader may see")]
    complete: Annotated[bool, about("false: the scheduler counts the rest within minutes")]


class Explanation(TypedDict):
    """What a result type means. DOMAIN stands for the domain's name."""

    result_type: ResultType
    title: str
    meaning: str
    causes: Annotated[str, about("What it usually is, the most frequent first")]
    fault: Annotated[str, about("Whose fault it most likely is")]
    action: Annotated[str, about("What to do")]
    source: Annotated[str, about("RFC section that defines it")]


class TypeShare(Explanation):
    """A result type and how often it occurs in the domains that the reader may see."""

    failed: Failed
    domains: Annotated[int, Meta(ge=0, description="Domains in which it occurs")]
    first_day: Annotated[date | None, about("null: it does not occur in these days")]
    last_day: date | None


class ResultTypes(TypedDict):
    result_types: Annotated[Sequence[TypeShare], about("Those that occur, most failures first, then the others")]


class Record(TypedDict):
    kind: str
    name: str
    value: str


class Step(TypedDict):
    section: Annotated[str, one_of(("begin", "roll_over", "removal"), "When it is taken")]
    key: str
    title: str
    why: str
    seen: Annotated[bool | None, about("Whether it is live; null: nobody can see it")]
    publish: Sequence[Record]


class SelfTest(TypedDict):
    started_at: Moment
    finished_at: datetime | None
    arrived: Annotated[bool | None, about("null: it is under way")]
    ways: Sequence[Any]


class Setup(TypedDict):
    domain: Name
    steps: Sequence[Step]
    notes: Sequence[Any]
    self_test: SelfTest | None


class SelfTestBegun(TypedDict):
    domain: Name
    self_test: SelfTest | None
