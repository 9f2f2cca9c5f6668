"""One domain's week, from what the queries found. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from collector.settings import Verdict as Thresholds
from collector.store.queries import Evidence, FailedDay, PublishedPolicy
from collector.store.queries.weeks import DayCounts
from collector.text import Text
from dashboard import explain
from dashboard.charts.modes import changes
from dashboard.summary.model import DomainWeek, EndingCertificate, PolicyChange, TopFailure
from dashboard.summary.rank import is_well
from dashboard.summary.week import Week
from dashboard.verdict import blame, judge
from dashboard.verdict.relevant import sort

CERTIFICATE_DAYS = 30


def domain_week(
    name: str,
    week: Week,
    counts: DayCounts,
    evidence: Evidence,
    moment: datetime,
    thresholds: Thresholds,
    *,
    before: str,
    drifted: Text | None,
    silent: tuple[str, ...],
    last_report: datetime | None,
) -> DomainWeek:
    """The week of the domain `name`. `evidence` is as of `moment`; without its details there are no causes."""
    this = _added(counts, week)
    last = _added(counts, week.before)
    refused = dict.fromkeys(("testing", "enforce"), 0)
    judged = sort(evidence)
    for (day, mode), failed in judged.refused.items():
        if week.first <= day <= week.last:
            refused[mode] += failed
    made = DomainWeek(
        domain=name,
        mode=evidence.mode,
        mode_since=_mode_since(evidence.history, evidence.mode, moment),
        verdict=judge(evidence, thresholds, moment),
        verdict_before=before,
        reports=this[0],
        successful=this[1],
        failed=this[2],
        successful_last_week=last[1],
        failed_last_week=last[2],
        would_refuse=refused["testing"],
        held_back=refused["enforce"],
        held_back_by=_by_reporter(_within(judged.relevant, week)),
        top_failures=_top_failures(evidence, week, sorted(counts)),
        policy_changes=_policy_changes(evidence.history, week),
        drift=drifted,
        certificates=_ending(evidence, moment),
        silent_reporters=silent,
        last_report=last_report,
        daily=_daily(counts, week),
        is_well=False,
    )
    return is_well(made)


def _added(counts: DayCounts, week: Week) -> tuple[int, int, int]:
    """(reports, successful, failed) of the week."""
    days = [figures for day, figures in counts.items() if week.first <= day <= week.last]
    return sum(each[0] for each in days), sum(each[1] for each in days), sum(each[2] for each in days)


def _daily(counts: DayCounts, week: Week) -> tuple[tuple[date, int, int], ...]:
    first = week.before.first
    days = [first + timedelta(days=offset) for offset in range(14)]
    return tuple((day, *counts.get(day, (0, 0, 0))[1:]) for day in days)


def _within(failures: Iterable[FailedDay], week: Week) -> list[FailedDay]:
    return [each for each in failures if week.first <= each.day <= week.last]


def _by_reporter(failures: Iterable[FailedDay]) -> tuple[tuple[str, int], ...]:
    """Who held mail back, by the failures in policy results with a policy in enforce."""
    counted: Counter[str] = Counter()
    for each in failures:
        if each.mode == "enforce" and each.reporter is not None:
            counted[each.reporter] += each.failed
    return _most_first(counted)


def _top_failures(evidence: Evidence, week: Week, days: Sequence[date]) -> tuple[TopFailure, ...]:
    failures = [each for each in _within(evidence.failed, week) if each.reporter is not None]
    earlier = {each.result_type for each in _within(evidence.failed, week.before)}
    found = []
    for one in blame(failures, reporters=evidence.reporters, mx=evidence.mx or (), days=days, history=evidence.history):
        mx_hosts: Counter[str] = Counter()
        reporters: Counter[str] = Counter()
        for each in failures:
            if each.result_type == one.result_type:
                reporters[each.reporter or ""] += each.failed
                if each.mx:
                    mx_hosts[each.mx] += each.failed
        what = explain.result_type(one.result_type)
        found.append(
            TopFailure(
                result_type=one.result_type,
                failed=one.failed,
                kind=one.kind,
                mx=one.mx,
                reporter=next(iter(reporters)) if len(reporters) == 1 else None,
                mx_hosts=_most_first(mx_hosts),
                reporters=_most_first(reporters),
                title=what.title,
                action=what.action,
                is_new=one.result_type not in earlier,
            )
        )
    return tuple(found)


def _most_first(counted: Counter[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(counted.items(), key=lambda each: (-each[1], each[0])))


def _policy_changes(history: Sequence[PublishedPolicy], week: Week) -> tuple[PolicyChange, ...]:
    return tuple(
        PolicyChange(each.at, each.text) for each in changes(history) if week.first <= each.at.date() <= week.last
    )


def _mode_since(history: Sequence[PublishedPolicy], mode: str, moment: datetime) -> date | None:
    """The day we first saw the mode in its present run. Failed looks do not end it: the policy stays in force."""
    since = None
    for interval in reversed(history):
        if interval.first_seen > moment or interval.error is not None:
            continue
        if interval.mode != mode:
            break
        since = interval.first_seen.date()
    return since


def _ending(evidence: Evidence, moment: datetime) -> tuple[EndingCertificate, ...]:
    found = [
        EndingCertificate(each.host, each.not_after, (each.not_after - moment).days)
        for each in evidence.certificates or ()
        if each.not_after is not None and each.not_after - moment <= timedelta(days=CERTIFICATE_DAYS)
    ]
    return tuple(sorted(found, key=lambda each: (each.not_after, each.host)))
