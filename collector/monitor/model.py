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
class StsPolicy:
    """A policy file, read (RFC 8461 section 3.2). `mx` are normal-form patterns in the file's order."""

    mode: str  # enforce, testing or none
    max_age: int  # seconds, 0 to 31557600
    mx: tuple[str, ...]
    text: str  # as fetched


@dataclass(frozen=True, slots=True)
class Observation:
    """One look. Either `policy` or `error` (one of ERRORS) is set; `policy_id` where the record could be read.

    `mx_hosts` are the domain's MX hosts in DNS, normal form; None if they could not be looked up.
    """

    at: datetime  # aware, UTC
    policy_id: str | None
    policy: StsPolicy | None
    error: str | None = None
    error_detail: str | None = None
    mx_hosts: tuple[str, ...] | None = None
