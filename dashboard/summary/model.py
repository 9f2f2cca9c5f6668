"""What a weekly summary says, as values. `gather` makes them from the queries; text, HTML and JSON are made of them.

Figures follow the rules of counting, over authenticated reports and those marked as not, as on the pages. None is
unknown, never zero. Texts are `collector.text.Text`: each language can tell them.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime

from collector.text import Text
from dashboard.summary.week import Week
from dashboard.verdict import Verdict

# A mail tells no more domains in full than these, and as many of them as there is room for.
MOST_IN_FULL = 40


@dataclass(frozen=True, slots=True)
class TopFailure:
    """One result type of the week. `mx` and `reporter` are set where all of its failures share them.

    `kind` is that of dashboard.verdict.blame: one_reporter, one_mx, everybody, several. `title` and `action` are
    dashboard.explain's. `mx_hosts` and `reporters` are (name, failures), most first; failures without an MX are in no
    `mx_hosts`.
    """

    result_type: str
    failed: int
    kind: str
    mx: str | None
    reporter: str | None
    mx_hosts: tuple[tuple[str, int], ...]
    reporters: tuple[tuple[str, int], ...]
    title: str
    action: str
    is_new: bool  # not one failure of this type in the week before


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """A change of the published policy within the week: of mode, MX, max_age or id, or whether it can be fetched."""

    at: datetime
    text: Text


@dataclass(frozen=True, slots=True)
class EndingCertificate:
    """`host` is an MX, whose certificate ends within 30 days, or has ended."""

    host: str
    not_after: datetime
    days_left: int  # negative: it has ended


@dataclass(frozen=True, slots=True)
class DomainWeek:
    """One domain in one week.

    `verdict` and `mode` are as of when the summary is made, of older weeks as of their end; `verdict_before` is the
    word at the end of the week before, by what was known then; `mode_since` the first UTC day of the mode's unbroken
    run, as far as we saw. `would_refuse` are this week's failed sessions under a policy in testing, `held_back` those
    under enforce, and `held_back_by` the reporters of these with their failures, most first.
    """

    domain: str
    mode: str
    mode_since: date | None
    verdict: Verdict
    verdict_before: str | None
    reports: int
    successful: int
    failed: int
    successful_last_week: int
    failed_last_week: int
    would_refuse: int
    held_back: int
    held_back_by: tuple[tuple[str, int], ...]
    top_failures: tuple[TopFailure, ...]
    policy_changes: tuple[PolicyChange, ...]
    drift: Text | None
    certificates: tuple[EndingCertificate, ...]
    silent_reporters: tuple[str, ...]
    last_report: datetime | None
    daily: tuple[tuple[date, int, int], ...]  # (day, successful, failed) of the week before and of this one
    is_well: bool  # nothing to do and nothing new: `only_if_needed` leaves such weeks out

    @property
    def sessions(self) -> int:
        return self.successful + self.failed

    @property
    def sessions_last_week(self) -> int:
        return self.successful_last_week + self.failed_last_week


def shortened(one: DomainWeek) -> DomainWeek:
    """The same without what no line among many tells: of a hundred thousand domains the whole would be held."""
    return replace(
        one,
        verdict=replace(one.verdict, reasons=()),
        held_back_by=(),
        top_failures=(),
        policy_changes=(),
        drift=None,
        certificates=(),
        silent_reporters=(),
        daily=(),
    )


@dataclass(frozen=True, slots=True)
class Summary:
    """`domains` stand most important first; all but the first may be `shortened`. `quarantined` are this week's by
    reason code, `foreign` its unassigned deliveries, most first: None for a recipient of some domains only, whom these
    are no business of.
    """

    week: Week
    made_at: datetime
    domains: tuple[DomainWeek, ...]
    quarantined: tuple[tuple[str, int], ...] | None
    foreign: tuple[tuple[str, int], ...] | None

    @property
    def is_well(self) -> bool:
        """Whether nothing in it asks for anything."""
        return all(one.is_well for one in self.domains) and not self.quarantined and not self.foreign
