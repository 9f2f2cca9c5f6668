"""The contract's JSON shapes of a delivery and of a check, for the API and for the command line alike."""

from collector.monitor.shape import check as check
from collector.report.model import Finding
from collector.store.queries.rows import DeliveryRow

Shape = dict[str, object]


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
    """`position` of a part: of its report within the delivery; `report`: the one that counts, if there is one."""
    parts = [
        {"domain": part.domain, "outcome": part.outcome, "report": part.report_id, "position": part.position}
        for part in row.parts
    ]
    return {**delivery(row), "parts": parts, "envelope": row.envelope}


def finding(row: Finding) -> Shape:
    return {"code": row.code, "message": row.message}
