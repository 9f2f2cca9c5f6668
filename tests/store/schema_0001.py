"""A database as the first release left it: its schema, and how it wrote a report."""

import zlib
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine

from collector.counting import identity
from collector.counting.assign import split
from collector.counting.known import KnownDomains
from collector.delivery import Delivery
from collector.ids import new_id
from collector.report.model import PolicyResult
from collector.store import migrations
from collector.store.engine import writing
from collector.store.types import Id, Instant, Json

_KINDS: dict[type, Any] = {UUID: Id, datetime: Instant, date: sa.Date, bytes: sa.LargeBinary, list: Json, dict: Json}


def migrate(engine: Engine, way: str, revision: str) -> None:
    """`way` is `upgrade` or `downgrade`."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        getattr(command, way)(config, revision)


def insert(connection: Connection, table: str, row: dict[str, Any]) -> None:
    columns = [sa.column(name, _KINDS.get(type(value))) for name, value in row.items()]
    connection.execute(sa.insert(sa.table(table, *columns)).values(row))


def write_delivery(connection: Connection, delivery: Delivery, outcome: str, name: str, report_id: UUID | None) -> None:
    """A delivery with one part."""
    row = {
        "delivery_id": delivery.id,
        "received_at": delivery.received_at,
        "channel": "smtp",
        "outcome": outcome,
        "authenticated": False,
        "size": len(delivery.raw),
        "findings": [],
        "envelope": {},
        "raw": zlib.compress(delivery.raw),
    }
    insert(connection, "delivery", row)
    part = {"delivery_id": delivery.id, "position": 0, "name": name, "outcome": outcome, "report_id": report_id}
    insert(connection, "delivery_part", part)


def write_report(connection: Connection, delivery: Delivery, domain_id: UUID) -> UUID:
    """A delivery with one report about example.com. Returns the report's id."""
    [found] = delivery.found
    report = found.report
    [part] = split(report, found.hints, KnownDomains({"example.com": domain_id}), delivery.received_at)
    key = {"domain_id": domain_id, "day": report.day, "report_id": (report_id := new_id())}
    write_delivery(connection, delivery, "stored", "example.com", report_id)
    row = {
        "report_key": identity.report_key(report, part, reporter=found.reporter, authenticated=False),
        "content": identity.document(report),
        "delivery_id": delivery.id,
        "received_at": delivery.received_at,
        "authenticated": False,
        "reporter": found.reporter,
        "submitted_id": report.report_id,
        "organization_name": report.organization_name,
        "contact_info": report.contact_info,
        "start_datetime": report.start_datetime,
        "end_datetime": report.end_datetime,
        "successful": 0,
        "failed": 0,
        "findings": [[finding.code, finding.message] for finding in report.findings],
    }
    insert(connection, "report", key | row)
    # The last entry first: the upgrade sees to the order itself.
    for position, result in reversed(list(enumerate(report.policies))):
        _write_policy_result(connection, key, position, result)
    return report_id


def _write_policy_result(connection: Connection, key: dict[str, Any], position: int, result: PolicyResult) -> None:
    policy = result.policy
    row = {
        "position": position,
        "policy_type": policy.policy_type,
        "policy_domain": policy.policy_domain,
        "mode": policy.mode,
        "policy_string": list(policy.policy_string),
        "mx_host": list(policy.mx_host),
        "mx": list(policy.mx),
        "max_age": policy.max_age,
        "successful": result.total_successful_session_count,
        "failed": result.total_failure_session_count,
    }
    insert(connection, "policy_result", key | row)
    for index, detail in reversed(list(enumerate(result.failure_details))):
        of_detail = {
            "policy_position": position,
            "position": index,
            "result_type": detail.result_type,
            "sending_mta_ip": detail.sending_mta_ip,
            "receiving_mx_hostname": detail.receiving_mx_hostname,
            "receiving_mx_helo": detail.receiving_mx_helo,
            "receiving_ip": detail.receiving_ip,
            "failed_session_count": detail.failed_session_count,
            "additional_information": detail.additional_information,
            "failure_reason_code": detail.failure_reason_code,
        }
        insert(connection, "failure_detail", key | of_detail)
