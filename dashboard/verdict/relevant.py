"""Which failures say something about `enforce`, and how many sessions they were.

A failure counts by the reported policy of its own policy result (rule 7), never by the mode that is published now.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from collector.store.queries import Evidence, FailedDay

# Enforce does not look at these: a sender that uses DANE holds the mail back in any mode (M1).
DANE_ONLY = frozenset({"tlsa-invalid", "dnssec-invalid", "dane-required"})
# The sender could not get the policy. These come without one, so without a mode (RFC 8461 section 6).
POLICY = frozenset({"sts-policy-fetch-error", "sts-policy-invalid", "sts-webpki-invalid"})
JUDGING = ("testing", "enforce")


@dataclass(frozen=True, slots=True)
class Sorted:
    """The failures of the window by what they mean.

    `refused` holds the sessions by (day, mode) that enforce holds back or would have; `relevant` their failures and
    those of `policy`, which break the clean days too. `dane` and `unjudged` weigh nothing.
    """

    refused: dict[tuple[date, str], int]
    relevant: tuple[FailedDay, ...]
    policy: tuple[FailedDay, ...]
    dane: tuple[FailedDay, ...]
    unjudged: tuple[FailedDay, ...]

    @property
    def last_day(self) -> date | None:
        """The last day with a relevant failure."""
        return max((failure.day for failure in self.relevant), default=None)


def sort(evidence: Evidence) -> Sorted:
    """Failures whose sessions the summaries do not know (Q51) are none."""
    judged: list[FailedDay] = []
    policy: list[FailedDay] = []
    dane: list[FailedDay] = []
    unjudged: list[FailedDay] = []
    for failure in evidence.failed:
        if failure.result_type in DANE_ONLY:
            dane.append(failure)
        elif failure.mode in JUDGING:
            judged.append(failure)
        elif failure.result_type in POLICY:
            policy.append(failure)
        else:
            unjudged.append(failure)
    refused = _refused(judged, evidence.ceiling)
    counted = [failure for failure in judged if (failure.day, failure.mode) in refused]
    return Sorted(refused, (*counted, *policy), tuple(policy), tuple(dane), tuple(unjudged))


def _refused(judged: Iterable[FailedDay], ceiling: dict[tuple[date, str], int]) -> dict[tuple[date, str], int]:
    """The details of one session may overlap (R17), so they are no more than the summaries say (rules 4 and 5)."""
    told: dict[tuple[date, str], int] = {}
    for failure in judged:
        key = failure.day, failure.mode
        told[key] = told.get(key, 0) + failure.failed
    capped = {key: min(failed, ceiling.get(key, 0)) for key, failed in told.items()}
    return {key: failed for key, failed in capped.items() if failed}
