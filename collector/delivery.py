"""A delivery: one arrival of bytes, on its way from a channel through `ingest()` into the store."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from collector.report.model import Finding, Report

# Best first: the outcome of a delivery is the best of its parts (rule 9).
OUTCOMES = ("stored", "conflict", "duplicate", "unassigned", "quarantined")
# Not counted, and may be once it is read again: no part of such a delivery is counted.
OPEN = ("conflict", "unassigned", "quarantined")
# Why a delivery is quarantined. Those that begin with `dkim_` hold reports that could be read.
REASONS = (
    "dkim_missing",
    "dkim_fail",
    "dkim_unaligned",
    "dkim_length_tag",
    "dkim_service",
    "not_a_report",
    "unpack",
    "json",
    "schema",
    "limit",
)


@dataclass(frozen=True, slots=True)
class Envelope:
    """How the bytes came. `channel` is one of CHANNELS."""

    channel: str
    peer: str | None = None  # address of the client
    helo: str | None = None
    mail_from: str | None = None
    rcpt_to: tuple[str, ...] = ()
    tls: str | None = None  # protocol version, None for plain text
    content_type: str | None = None  # of a POST or a file
    file_name: str | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a delivery is not counted. `code` is one of REASONS."""

    code: str
    message: str

    def __post_init__(self) -> None:
        # It may quote the mail, and PostgreSQL keeps no NUL in a text.
        if "\0" in self.message:
            object.__setattr__(self, "message", self.message.replace("\0", "\\0"))


@dataclass(frozen=True, slots=True)
class Hints:
    """What the mail around a report says about it: used only where the body is silent (R39, Q15). Normal forms."""

    report_domain: str | None = None  # TLS-Report-Domain
    subject_domain: str | None = None
    file_name_domain: str | None = None
    submitter: str | None = None  # TLS-Report-Submitter, as sent where it is no domain name


@dataclass(frozen=True, slots=True)
class Found:
    """One report found in a delivery, with the hints that stood around it.

    `reporter` is the DKIM `d=` where the delivery is authenticated; else the contact domain, the submitter or the
    organisation, in that order (rule 10): "" if there is none of them.
    """

    report: Report
    reporter: str
    hints: Hints = Hints()


@dataclass(frozen=True, slots=True)
class Delivery:
    """What `ingest()` makes of the bytes; the store decides the outcome of whatever is not quarantined.

    `reason` is set exactly when nothing of it may be counted (then `found` still holds what could be read).
    `authenticated`: a DKIM signature verifies and is aligned (rule 10).
    """

    id: UUID
    received_at: datetime  # aware, UTC
    envelope: Envelope
    raw: bytes = field(repr=False)
    found: tuple[Found, ...] = ()
    reason: Reason | None = None
    authenticated: bool = False
    findings: tuple[Finding, ...] = ()  # of the mail and of the reports in it

    @property
    def reporter(self) -> str | None:
        """The reporter of its first report, None if it holds none."""
        return self.found[0].reporter if self.found else None


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a delivery, once it is durable."""

    id: UUID
    outcome: str
    reason: Reason | None = None
