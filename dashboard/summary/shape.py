"""A summary as JSON: the contract's shape of `tlsrpt summary --format json`, and what else the mail tells."""

from typing import Any

from dashboard.summary.model import DomainWeek, Summary, TopFailure


def shape(summary: Summary) -> dict[str, Any]:
    """Days are `YYYY-MM-DD`, times RFC 3339; texts are English. Null: not known, or not the recipient's business."""
    return {
        "week": str(summary.week),
        "from": summary.week.first.isoformat(),
        "to": summary.week.last.isoformat(),
        "made_at": summary.made_at.isoformat(timespec="seconds"),
        "domains": [_domain(one) for one in summary.domains],
        "quarantined": None if summary.quarantined is None else dict(summary.quarantined),
        "foreign": None if summary.foreign is None else dict(summary.foreign),
    }


def _domain(one: DomainWeek) -> dict[str, Any]:
    return {
        "domain": one.domain,
        "mode": one.mode,
        "mode_since": None if one.mode_since is None else one.mode_since.isoformat(),
        "verdict": one.verdict.word,
        "verdict_last_week": one.verdict_before,
        "verdict_text": one.verdict.sentence,
        "next_step": one.verdict.next_step.replace("DOMAIN", one.domain),
        "reports": one.reports,
        "successful": one.successful,
        "failed": one.failed,
        "successful_last_week": one.successful_last_week,
        "failed_last_week": one.failed_last_week,
        "would_refuse": one.would_refuse,
        "held_back": one.held_back,
        "held_back_by": [{"reporter": name, "failed": failed} for name, failed in one.held_back_by],
        "top_failures": [_failure(each) for each in one.top_failures],
        "policy_changes": [
            {"at": each.at.isoformat(timespec="seconds"), "text": each.text} for each in one.policy_changes
        ],
        "drift": one.drift,
        "certificates": [
            {"host": each.host, "not_after": each.not_after.isoformat(timespec="seconds"), "days_left": each.days_left}
            for each in one.certificates
        ],
        "silent_reporters": list(one.silent_reporters),
        "last_report": None if one.last_report is None else one.last_report.isoformat(timespec="seconds"),
        "is_well": one.is_well,
    }


def _failure(one: TopFailure) -> dict[str, Any]:
    return {
        "result_type": one.result_type,
        "failed": one.failed,
        "mx": one.mx,
        "reporter": one.reporter,
        "kind": one.kind,
        "is_new": one.is_new,
        "mx_hosts": [{"mx": name, "failed": failed} for name, failed in one.mx_hosts],
        "reporters": [{"reporter": name, "failed": failed} for name, failed in one.reporters],
        "title": one.title,
        "action": one.action.replace("DOMAIN", "the domain"),
    }
