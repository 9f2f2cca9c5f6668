"""What an alert is made of. No database, no clock, no network."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from collector.alert_rules import RULES as RULES

OPENED, GROWN, CLOSED = "opened", "grown", "closed"
EVENTS = (OPENED, GROWN, CLOSED)

Figures = dict[str, str | int | list[str] | None]
Evidence = Mapping[str, str | int | list[str] | None]
Key = tuple[str, str, str]  # domain, rule, subject


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that is wrong just now, as one rule sees it.

    `domain` is "" for the installation. `subject` says what within it: an MX, a reporter, a result type, or "".
    `size` is how bad it is, in what the rule counts; an alert grows when it doubles. `evidence` is JSON: what its text
    is made of. `opens` False: not enough to open an alert, and too much to close one.
    """

    rule: str
    domain: str
    subject: str
    size: int
    evidence: Evidence = field(hash=False)
    opens: bool = True

    @property
    def key(self) -> Key:
        return self.domain, self.rule, self.subject


@dataclass(frozen=True, slots=True)
class Open:
    """An open alert as it is stored: what is needed to decide what becomes of it."""

    alert_id: UUID
    rule: str
    domain: str
    subject: str
    size: int
    told_size: int
    opened_at: datetime
    seen_at: datetime
    evidence: Evidence = field(hash=False)
    acknowledged_at: datetime | None = None
    muted_until: datetime | None = None

    @property
    def key(self) -> Key:
        return self.domain, self.rule, self.subject


@dataclass(frozen=True, slots=True)
class Muted:
    """That an alert is to be quiet: one that opens again before then is quiet from its beginning."""

    until: datetime
    by: str | None


@dataclass(frozen=True, slots=True)
class Opening:
    """An alert that opens; told unless it is muted."""

    condition: Condition
    muted: Muted | None = None


@dataclass(frozen=True, slots=True)
class Update:
    """An alert that goes on. `before` is how it stood; if it `grows` people are told."""

    before: Open
    condition: Condition
    grows: bool = False


@dataclass(frozen=True, slots=True)
class Closing:
    """An alert that is over. Not `is_told`: news that has grown old needs no end."""

    before: Open
    is_told: bool = True
    is_quiet: bool = False


Change = Opening | Update | Closing
