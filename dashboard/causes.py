"""Why sessions failed, gathered by result type: how many, since when, at which MX, told by whom, and what it meant."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from collector.store.queries import Daily, FailedDay, Failure, MxTable
from dashboard import explain
from dashboard.verdict.blame import EVERYBODY, ONE_MX, ONE_REPORTER, SEVERAL, blame

# How many failures are read to say when, where and under which mode; the totals come from the MX table.
MOST_LISTED = 1000


@dataclass(frozen=True, slots=True)
class Cause:
    """One result type. `failed` is exact; the rest comes from the causes listed, the most frequent first.

    `by_mode`, `mx` and `reporters` are (name, failures), most first; `mx` holds named ones only. The days are None if
    no cause of this type is among those listed.
    """

    result_type: str
    failed: int
    by_mode: tuple[tuple[str, int], ...]
    mx: tuple[tuple[str, int], ...]
    reporters: tuple[tuple[str, int], ...]
    first_day: date | None
    last_day: date | None
    details: tuple[Failure, ...]
    kind: str = SEVERAL  # what its failures have in common, as dashboard.verdict.blame has it

    @property
    def explanation(self) -> explain.Explanation:
        return explain.result_type(self.result_type)


@dataclass(frozen=True, slots=True)
class Headline:
    """The figures of a range in one place.

    `failed_days` have a failure; `clean_days` have reports, come after the last of these, and have none.
    """

    successful: int
    failed: int
    reports: int
    failed_days: int
    clean_days: int
    first_failed: date | None
    last_failed: date | None

    @property
    def sessions(self) -> int:
        return self.successful + self.failed


def headline(daily: Daily) -> Headline:
    failed = [day.day for day in daily.days if day.failed]
    return Headline(
        sum(day.successful for day in daily.days),
        sum(day.failed for day in daily.days),
        sum(day.reports for day in daily.days),
        len(failed),
        sum(1 for day in daily.days if day.reports and failed and day.day > failed[-1]),
        failed[0] if failed else None,
        failed[-1] if failed else None,
    )


def causes(table: MxTable, listed: Sequence[Failure], daily: Daily, reporters: int) -> tuple[Cause, ...]:
    """The result types of a domain, most failures first. Totals are those of the table, which leaves none out.

    `reporters`: how many reported at all; of one alone it cannot be said that it stands out.
    """
    kinds = _kinds(table, listed, daily, reporters)
    totals: Counter[str] = Counter(table.not_attributable.by_result_type)
    for row in table.mx:
        totals.update(row.by_result_type)
    by_type: dict[str, list[Failure]] = {}
    for failure in listed:
        by_type.setdefault(failure.result_type, []).append(failure)
    return tuple(
        _cause(result_type, failed, by_type.get(result_type, []), kinds.get(result_type, SEVERAL))
        for result_type, failed in totals.most_common()
    )


def _kinds(table: MxTable, listed: Sequence[Failure], daily: Daily, reporters: int) -> dict[str, str]:
    found = blame(
        (
            FailedDay(each.first_day, each.mode, each.result_type, each.failed, each.reporter, each.mx or "")
            for each in listed
        ),
        reporters=reporters,
        mx=[row.mx for row in table.mx],
        days=[day.day for day in daily.days if day.reports],
    )
    return {each.result_type: each.kind for each in found}


# Whose side to look at first, in the order in which it is worth it.
_GROUPS = (EVERYBODY, ONE_MX, ONE_REPORTER, SEVERAL)

Group = tuple[str, tuple[tuple[int, Cause], ...]]


def grouped(found: Sequence[Cause]) -> tuple[Group, ...]:
    """The causes by what their failures have in common, each with its place (from 1) among all; no empty groups."""
    ranked = tuple(enumerate(found, 1))
    groups = ((kind, tuple(each for each in ranked if each[1].kind == kind)) for kind in _GROUPS)
    return tuple(group for group in groups if group[1])


def consequences(found: Iterable[Cause]) -> tuple[tuple[str, int], ...]:
    """(reported mode, failures) over all causes, in the order of weight: held back first."""
    total: Counter[str] = Counter()
    for cause in found:
        total.update(dict(cause.by_mode))
    order = ("enforce", "testing", "none", "unknown")
    return tuple((mode, total[mode]) for mode in order if total[mode])


def _cause(result_type: str, failed: int, details: list[Failure], kind: str) -> Cause:
    return Cause(
        result_type,
        failed,
        _count((failure.mode, failure.failed) for failure in details),
        _count((failure.mx, failure.failed) for failure in details if failure.mx),
        _count((failure.reporter, failure.failed) for failure in details),
        min((failure.first_day for failure in details), default=None),
        max((failure.last_day for failure in details), default=None),
        tuple(details),
        kind,
    )


def _count(pairs: Iterable[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    total: Counter[str] = Counter()
    for name, failed in pairs:
        total[name] += failed
    return tuple(total.most_common())
