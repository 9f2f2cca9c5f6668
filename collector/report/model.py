"""What a report says, as frozen values. Field names are the RFC's (RFC 8460 section 4.4) in snake_case."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal, get_args

from msgspec import Struct

MODES = ("enforce", "testing", "none", "unknown")
LARGEST_COUNT = 2**63 - 1

KnownPolicyType = Literal["sts", "tlsa", "no-policy-found"]
POLICY_TYPES: tuple[str, ...] = get_args(KnownPolicyType)

# RFC 8460 section 4.3; the IANA registry may grow, so an unknown one is kept (R19, Q55).
KnownResultType = Literal[
    "starttls-not-supported",
    "certificate-host-mismatch",
    "certificate-expired",
    "certificate-not-trusted",
    "validation-failure",
    "tlsa-invalid",
    "dnssec-invalid",
    "dane-required",
    "sts-policy-fetch-error",
    "sts-policy-invalid",
    "sts-webpki-invalid",
]
RESULT_TYPES: tuple[str, ...] = get_args(KnownResultType)
# Ours: failures that the summary counts and no failure detail explains (rule 5, Q50, Q51).
UNSPECIFIED = "unspecified"


@dataclass(frozen=True, slots=True)
class Finding:
    """A deviation from the RFC that was noted and tolerated. `code` is its Q (or R) number."""

    code: str
    message: str


class FailureDetail(Struct, frozen=True, array_like=True, gc=False):
    """One entry of `failure-details`. Empty strings are None (Q53); strings hold no NUL and no lone surrogate.

    No dataclass, of which each costs as much as ten of these: a report may hold thousands.
    """

    result_type: str
    failed_session_count: int | None  # None: absent (Q59), counts as 0
    sending_mta_ip: str | None = None  # RFC 5952 form where it is an address, else as sent (Q54)
    receiving_mx_hostname: str | None = None  # normal form where it is a name, else as sent
    receiving_mx_helo: str | None = None
    receiving_ip: str | None = None
    additional_information: str | None = None
    failure_reason_code: str | None = None


class Policy(Struct, frozen=True, array_like=True):
    """The policy that the sender had applied.

    `mode` is one of MODES: for `sts` the one in the policy-string, `none` for `no-policy-found`, else `unknown`.
    `mx` are the patterns of the policy in normal form (`*.` kept), sorted, without repeats: from the
    policy-string's mx lines, else from mx-host (Q3).
    """

    policy_type: str  # lower case; unknown ones are kept (R24, Q14); "" if absent
    policy_domain: str | None  # normal form; None: absent or no domain name (Q15)
    policy_string: tuple[str, ...] = ()  # as sent, one field or TLSA record each
    mx_host: tuple[str, ...] = ()  # as sent
    mode: str = "unknown"
    mx: tuple[str, ...] = ()
    max_age: int | None = None


class PolicyResult(Struct, frozen=True, array_like=True):
    """One entry of `policies`: a policy and its summary. Counts are 0 to LARGEST_COUNT."""

    policy: Policy
    total_successful_session_count: int
    total_failure_session_count: int
    failure_details: tuple[FailureDetail, ...] = ()
    content: bytes = b""  # digest of this entry as a JSON value; see Report.content


@dataclass(frozen=True, slots=True)
class Report:
    """One RFC 8460 JSON document, read and normalised.

    `content` is a digest of the document without its policies, as a JSON value: equal for equal values,
    whatever the bytes (rule 3). Together with the entries' own digests it tells a repetition from a conflict.
    """

    report_id: str
    start_datetime: datetime  # aware, UTC
    end_datetime: datetime  # aware, UTC
    policies: tuple[PolicyResult, ...]
    organization_name: str | None = None
    contact_info: str | None = None
    findings: tuple[Finding, ...] = ()
    content: bytes = b""

    @property
    def day(self) -> date:
        """The day the report counts for: the UTC day of its start (rule 8)."""
        return self.start_datetime.astimezone(UTC).date()
