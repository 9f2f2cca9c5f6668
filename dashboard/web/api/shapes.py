"""The contract's JSON shapes, one function for each row that a query answers. Keys beyond the contract come last."""

from collector.store.queries import (
    CheckState,
    DayFigures,
    DomainOverview,
    Failure,
    ForeignName,
    MxDay,
    MxFigures,
    NotAttributable,
    PolicyResultRow,
    PublishedPolicy,
    ReportedPolicy,
    Reporter,
    ReportRow,
)
from collector.store.queries.shapes import Shape, finding
from collector.store.queries.shapes import delivery as delivery
from collector.store.queries.shapes import whole_delivery as whole_delivery
from dashboard import explain
from dashboard.charts import Change
from dashboard.drift import Drift
from dashboard.health import Health
from dashboard.web.api.types import arrivals, checks, figures

# Rows whose fields are called in JSON, and in CSV, what they are called here.
FAILURE = (
    "result_type",
    "mx",
    "sending_mta_ip",
    "receiving_ip",
    "reporter",
    "reason",
    "failed",
    "first_day",
    "last_day",
    "authenticated",
    "mode",
)
REPORTER = (
    "reporter",
    "organization",
    "authenticated",
    "reports",
    "successful",
    "failed",
    "last_report",
    "silent",
)
_REPORTED_POLICY = ("mode", "mx", "reporter", "first_day", "last_day", "stale")
_FAILURE_DETAIL = (
    "result_type",
    "sending_mta_ip",
    "receiving_mx_hostname",
    "receiving_mx_helo",
    "receiving_ip",
    "failed",
    "additional_information",
    "failure_reason_code",
)
_POLICY_RESULT = ("policy_type", "policy_domain", "mode", "policy_string", "mx_host", "successful", "failed")


def domain(row: DomainOverview, verdict: str, health: Health) -> figures.Domain:
    return {
        "domain": row.name,
        "mode": row.mode,
        "verdict": verdict,
        "successful": row.successful,
        "failed": row.failed,
        "last_report": row.last_report,
        "mode_error": row.mode_error,
        "level": health.level,
        "state": health.texts,
        "sessions_before": row.before[0],
        "failed_before": row.before[1],
    }


def day(row: DayFigures) -> figures.DayFigures:
    return {
        "day": row.day,
        "mode": row.mode,
        "mode_source": row.mode_source,
        "successful": row.successful,
        "failed": row.failed,
        "reports": row.reports,
        "by_policy_type": _by_policy_type(row),
        "unauthenticated": row.unauthenticated,
    }


def week(row: DayFigures) -> figures.WeekFigures:
    """A row of `dashboard.charts.by_week`: its day is a Monday."""
    year, number, _ = row.day.isocalendar()
    return {
        "week": f"{year}-W{number:02}",
        "monday": row.day,
        "mode": row.mode,
        "mode_source": row.mode_source,
        "successful": row.successful,
        "failed": row.failed,
        "reports": row.reports,
        "by_policy_type": _by_policy_type(row),
        "unauthenticated": row.unauthenticated,
    }


def _by_policy_type(row: DayFigures) -> dict[str, figures.TypeFigures]:
    return {each.policy_type: {"successful": each.successful, "failed": each.failed} for each in row.by_policy_type}


def mx(row: MxFigures) -> figures.Mx:
    return {
        "mx": row.mx,
        "failed": row.failed,
        "successful": row.successful,
        "by_result_type": row.by_result_type,
        "in_policy": row.in_policy,
    }


def not_attributable(row: NotAttributable) -> figures.NotAttributable:
    return {"successful": row.successful, "failed": row.failed, "by_result_type": row.by_result_type}


def failure(row: Failure) -> Shape:
    return _as_called(row, FAILURE)


def reporter(row: Reporter) -> Shape:
    return _as_called(row, REPORTER)


def published_policy(row: PublishedPolicy) -> figures.PublishedPolicy:
    return {
        "mode": row.mode,
        "id": row.policy_id,
        "max_age": row.max_age,
        "mx": row.mx,
        "from": row.first_seen,
        "to": row.ended_at,
        "error": row.error,
        "error_detail": row.error_detail,
        "last_seen": row.last_seen,
        "text": row.policy_text,
    }


def policy_change(row: Change) -> figures.PolicyChange:
    return {"at": row.at, "kind": row.kind, "text": str(row.text)}


def reported_policy(row: ReportedPolicy) -> Shape:
    return _as_called(row, _REPORTED_POLICY)


def report(row: ReportRow) -> Shape:
    """A report in a list. A single one has its `policies` too: `whole_report`."""
    return {
        "id": row.id,
        "report_id": row.report_id,
        "organization": row.organization,
        "reporter": row.reporter,
        "authenticated": row.authenticated,
        "contact": row.contact,
        "domain": row.domain,
        "start": row.start,
        "end": row.end,
        "day": row.day,
        "successful": row.successful,
        "failed": row.failed,
        "findings": [finding(item) for item in row.findings],
        "received_at": row.received_at,
        "delivery": row.delivery_id,
    }


def whole_report(row: ReportRow) -> Shape:
    return {**report(row), "policies": [_policy_result(result) for result in row.policies]}


def _policy_result(row: PolicyResultRow) -> Shape:
    details = [_as_called(detail, _FAILURE_DETAIL) for detail in row.failures]
    return {**_as_called(row, _POLICY_RESULT), "failures": details}


def foreign(row: ForeignName) -> arrivals.Foreign:
    return {
        "domain": row.name,
        "deliveries": row.deliveries,
        "first_delivery": row.first_delivery,
        "last_delivery": row.last_delivery,
        "reporters": row.reporters,
    }


def mx_day(row: MxDay) -> figures.MxDay:
    return {"mx": row.mx or None, "day": row.day, "failed": row.failed}


def check_state(row: CheckState) -> checks.CheckState:
    return {
        "part": row.part,
        "host": row.host or None,
        "from": row.first_seen,
        "last_seen": row.last_seen,
        "to": row.ended_at,
        "ok": row.ok,
        "codes": row.codes,
    }


def drift(found: Drift) -> figures.Drift:
    change = found.change
    return {
        "applied": [
            {
                "reporter": row.reporter,
                "mode": row.mode,
                "mx": row.mx,
                "first_day": row.first_day,
                "last_day": row.last_day,
                "state": row.state,
            }
            for row in found.applied
        ],
        "change": None
        if change is None
        else {
            "day": change.day,
            "picked_up": change.picked_up,
            "not_yet": change.not_yet,
            "by": change.by,
            "old_until": change.old_until,
            "text": str(change.text),
        },
    }


def explanation(code: str, domain: str = "DOMAIN") -> checks.Explanation:
    found = explain.result_type(code)
    return {
        "result_type": code,
        "title": str(found.title),
        "meaning": str(found.meaning),
        "causes": found.causes.replace("DOMAIN", domain),
        "fault": str(found.fault),
        "action": found.action.replace("DOMAIN", domain),
        "source": found.source,
    }


def _as_called(row: object, names: tuple[str, ...]) -> Shape:
    return {name: getattr(row, name) for name in names}
