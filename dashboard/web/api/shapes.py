"""The contract's JSON shapes, one function for each row that a query answers. Keys beyond the contract come last."""

from collector.report.model import Finding
from collector.store.queries import (
    DayFigures,
    DeliveryRow,
    DomainOverview,
    Failure,
    MxFigures,
    NotAttributable,
    PolicyResultRow,
    PublishedPolicy,
    ReportedPolicy,
    Reporter,
    ReportRow,
)

Shape = dict[str, object]


def domain(row: DomainOverview) -> Shape:
    return {
        "domain": row.name,
        "mode": row.mode,
        "verdict": None,  # unknown: nothing judges the domains yet
        "successful": row.successful,
        "failed": row.failed,
        "last_report": row.last_report,
        "mode_error": row.mode_error,
    }


def day(row: DayFigures) -> Shape:
    return {
        "day": row.day,
        "mode": row.mode,
        "mode_source": row.mode_source,
        "successful": row.successful,
        "failed": row.failed,
        "reports": row.reports,
        "by_policy_type": {
            figures.policy_type: {"successful": figures.successful, "failed": figures.failed}
            for figures in row.by_policy_type
        },
    }


def mx(row: MxFigures) -> Shape:
    return {
        "mx": row.mx,
        "failed": row.failed,
        "successful": row.successful,
        "by_result_type": row.by_result_type,
        "in_policy": row.in_policy,
    }


def not_attributable(row: NotAttributable) -> Shape:
    return {"successful": row.successful, "failed": row.failed, "by_result_type": row.by_result_type}


def failure(row: Failure) -> Shape:
    return {
        "result_type": row.result_type,
        "mx": row.mx,
        "sending_mta_ip": row.sending_mta_ip,
        "receiving_ip": row.receiving_ip,
        "reporter": row.reporter,
        "reason": row.reason,
        "failed": row.failed,
        "first_day": row.first_day,
        "last_day": row.last_day,
        "authenticated": row.authenticated,
        "mode": row.mode,
    }


def reporter(row: Reporter) -> Shape:
    return {
        "reporter": row.reporter,
        "organization": row.organization,
        "authenticated": row.authenticated,
        "reports": row.reports,
        "successful": row.successful,
        "failed": row.failed,
        "last_report": row.last_report,
        "silent": row.silent,
    }


def published_policy(row: PublishedPolicy) -> Shape:
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
    }


def reported_policy(row: ReportedPolicy) -> Shape:
    return {
        "mode": row.mode,
        "mx": row.mx,
        "reporter": row.reporter,
        "first_day": row.first_day,
        "last_day": row.last_day,
        "stale": row.stale,
    }


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
    return {
        "policy_type": row.policy_type,
        "policy_domain": row.policy_domain,
        "mode": row.mode,
        "policy_string": row.policy_string,
        "mx_host": row.mx_host,
        "successful": row.successful,
        "failed": row.failed,
        "failures": [
            {
                "result_type": detail.result_type,
                "sending_mta_ip": detail.sending_mta_ip,
                "receiving_mx_hostname": detail.receiving_mx_hostname,
                "receiving_mx_helo": detail.receiving_mx_helo,
                "receiving_ip": detail.receiving_ip,
                "failed": detail.failed,
                "additional_information": detail.additional_information,
                "failure_reason_code": detail.failure_reason_code,
            }
            for detail in row.failures
        ],
    }


def delivery(row: DeliveryRow) -> Shape:
    """A delivery in a list. A single one has its parts and envelope too: `whole_delivery`."""
    has_reason = row.reason_code is not None
    return {
        "id": row.id,
        "received_at": row.received_at,
        "channel": row.channel,
        "outcome": row.outcome,
        "reason": {"code": row.reason_code, "message": row.reason_message} if has_reason else None,
        "reporter": row.reporter,
        "authenticated": row.authenticated,
        "domains": row.domains,
        "reports": row.reports,
        "findings": [finding(item) for item in row.findings],
        "size": row.size,
    }


def whole_delivery(row: DeliveryRow) -> Shape:
    parts = [{"domain": part.domain, "outcome": part.outcome, "report": part.report_id} for part in row.parts]
    return {**delivery(row), "parts": parts, "envelope": row.envelope}


def finding(row: Finding) -> Shape:
    return {"code": row.code, "message": row.message}
