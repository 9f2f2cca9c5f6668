"""What one look at a domain's published policy found."""

from dataclasses import dataclass
from datetime import datetime

# Fetch errors of the contract; each is one way RFC 8461 section 3 can fail.
ERRORS = (
    "dns",
    "no_record",
    "several_records",
    "bad_record",
    "connect",
    "tls",
    "timeout",
    "redirect",
    "status",
    "media_type",
    "too_large",
    "syntax",
)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something a record or policy has wrong, in words for its owner.

    `severity`: with an `error` senders see no valid record or policy, with a `warning` most of them still do.
    `fix`: what to publish instead, "" where the text says it all.
    """

    code: str
    severity: str  # error or warning
    text: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class StsRecord:
    """What the `_mta-sts` TXT records of a domain say (RFC 8461 section 3.1).

    Either `id` is set, or `error`: `no_record`, `several_records` or `bad_record`; the first problem of severity
    error then says why. `record` is the one that was read, as text; None if there is not exactly one.
    """

    id: str | None
    error: str | None = None
    record: str | None = None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class StsPolicy:
    """A policy file, read (RFC 8461 section 3.2). `mx` are normal-form patterns in the file's order."""

    mode: str  # enforce, testing or none
    max_age: int  # seconds, 0 to 31557600
    mx: tuple[str, ...]
    text: str  # as fetched


@dataclass(frozen=True, slots=True)
class PolicyReading:
    """A policy file, looked at. `policy` is None exactly if there is a problem of severity error (`syntax`)."""

    policy: StsPolicy | None
    problems: tuple[Problem, ...] = ()


def reason(problems: tuple[Problem, ...]) -> str | None:
    """The text of the first error, None without one."""
    return next((problem.text for problem in problems if problem.severity == "error"), None)


@dataclass(frozen=True, slots=True)
class Observation:
    """One look. Either `policy` or `error` (one of ERRORS) is set; `policy_id` where the record could be read.

    `mx_hosts` are the domain's MX hosts in DNS, normal form; None if they could not be looked up. `mx_secure`: whether
    DNSSEC proves them. `certificate_ends`: when that of the policy host does, if it was reached. `record` is the
    `_mta-sts` record as text, where there is just one; `problems` is all that is wrong with it and with the policy.
    """

    at: datetime  # aware, UTC
    policy_id: str | None
    policy: StsPolicy | None
    error: str | None = None
    error_detail: str | None = None
    mx_hosts: tuple[str, ...] | None = None
    record: str | None = None
    problems: tuple[Problem, ...] = ()
    mx_secure: bool | None = None
    certificate_ends: datetime | None = None
