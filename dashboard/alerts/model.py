"""What an alert is made of. No database, no clock, no network."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

OPENED, GROWN, CLOSED = "opened", "grown", "closed"
EVENTS = (OPENED, GROWN, CLOSED)

# The rules, most urgent first. Their names stand in `alerts.off`, in the API and in what is posted.
RULES = (
    "held_back",  # failures in enforce: mail is being held back now
    "policy_fetch",  # the published policy cannot be fetched
    "certificate",  # of an MX or of the policy host: ends soon, or has ended
    "mx_not_in_policy",  # an MX in DNS that the policy does not name
    "record_elsewhere",  # the TLSRPT record points here no longer
    "failure_rate",  # above the threshold, with enough sessions
    "new_failure",  # a result type, or an MX, that did not fail before
    "no_reports",  # about a domain that had some
    "reporter_silent",  # a regular one
    "policy_changed",  # mode, MX hosts or the id in DNS
    "quarantine",  # fills up; about the installation
)

Evidence = Mapping[str, "str | int | float | list[str] | None"]


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that is wrong just now, as one rule sees it.

    `domain` is "" for the installation. `subject` says what within it: an MX, a reporter, a result type, or "".
    `size` is how bad it is, in what the rule counts; an alert grows when it doubles. `evidence` is JSON: what its text
    is made of.
    """

    rule: str
    domain: str
    subject: str
    size: int
    evidence: Evidence = field(hash=False)

    @property
    def key(self) -> tuple[str, str, str]:
        return self.domain, self.rule, self.subject


@dataclass(frozen=True, slots=True)
class Open:
    """An open alert as it is stored: what is needed to decide what becomes of it."""

    alert_id: str
    rule: str
    domain: str
    subject: str
    size: int
    told_size: int
    opened_at: datetime
    seen_at: datetime
    acknowledged_at: datetime | None
    muted_until: datetime | None

    @property
    def key(self) -> tuple[str, str, str]:
        return self.domain, self.rule, self.subject
