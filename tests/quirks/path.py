"""The whole path of a case: `ingest()` with real DKIM, the store, the queries, and the pages over them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import Engine

from collector import settings
from collector.channels import MAIL_CHANNELS
from collector.delivery import Delivery, Envelope
from collector.ingest import ingest
from collector.report.model import PolicyResult
from collector.settings import Limits
from collector.store import queries
from collector.store.group import GroupCommit
from collector.store.queries import FailureRow, PolicyResultRow, ReportRow
from dashboard.web import create_app
from tests.quirks import Case
from tests.quirks.keys import AUTHENTICATE, signed
from tests.support import reports
from tests.support.collector import NOW, Collector

KNOWN = ("example.com", "example.net", "xn--bcher-kva.example")
LIMITS = Limits()


def arriving(case: Case) -> bytes:
    """The bytes that come in."""
    what = case.what
    is_mail = case.channel in MAIL_CHANNELS
    if not isinstance(what, bytes):
        what = reports.mail(what, case.domain, submitter=case.submitter) if is_mail else reports.to_json(what)
    return signed(what, case.signer) if is_mail and case.signer else what


class Path:
    """A collector that requires DKIM, over a fresh database."""

    def __init__(self, engine: Engine) -> None:
        self.collector = Collector(engine)
        self.collector.add(*KNOWN)
        self.engine = engine
        self.writer = GroupCommit(engine)

    def read(self, raw: bytes, case: Case) -> Delivery:
        """What `ingest()` makes of the bytes."""
        self.collector.arrivals += 1
        return ingest(
            raw,
            Envelope(case.channel, content_type=case.content_type, file_name=case.file_name),
            NOW + timedelta(milliseconds=self.collector.arrivals),
            limits=LIMITS,
            dkim="require",
            authenticate=AUTHENTICATE,
        )

    def take(self, case: Case) -> tuple[Delivery, queries.DeliveryRow]:
        """The case and all that came before it, a transaction each: its delivery as read, and as kept."""
        for earlier in case.before:
            step = earlier if isinstance(earlier, Case) else replace(case, what=earlier)
            self.writer.write([self.read(arriving(step), step)])
        delivery = self.read(arriving(case), case)
        self.writer.write([delivery])
        row = queries.delivery(self.engine, delivery.id)
        assert row is not None
        return delivery, row

    def reports(self, row: queries.DeliveryRow) -> list[ReportRow]:
        """The reports that a delivery's parts stand for, policies and all."""
        found = [queries.report(self.engine, identity) for identity in row.reports]
        return [report for report in found if report is not None]

    def browser(self) -> FlaskClient:
        """Somebody on this machine who looks at the pages."""
        return create_app(settings.load(environ={}), self.engine, now=lambda: NOW).test_client()


def as_shown(result: PolicyResult) -> PolicyResultRow:
    """What must be shown of a policy result that was read."""
    policy = result.policy
    return PolicyResultRow(
        policy_type=policy.policy_type,
        policy_domain=policy.policy_domain,
        mode=policy.mode,
        policy_string=policy.policy_string,
        mx_host=policy.mx_host,
        successful=result.total_successful_session_count,
        failed=result.total_failure_session_count,
        failures=tuple(
            FailureRow(
                result_type=detail.result_type,
                sending_mta_ip=detail.sending_mta_ip,
                receiving_mx_hostname=detail.receiving_mx_hostname,
                receiving_mx_helo=detail.receiving_mx_helo,
                receiving_ip=detail.receiving_ip,
                failed=detail.failed_session_count,
                additional_information=detail.additional_information,
                failure_reason_code=detail.failure_reason_code,
            )
            for detail in result.failure_details
        ),
    )


def look(delivery: Delivery, what: str) -> Any:
    """`policy.mx`, `detail.receiving_ip`, `result.good`, `report.contact_info`, `delivery.reporter`: of the first one."""
    kind, _, name = what.partition(".")
    if kind == "delivery":
        return getattr(delivery, name)
    report = delivery.found[0].report
    if kind == "report":
        return getattr(report, name)
    result = report.policies[0]
    if kind == "detail":
        return getattr(result.failure_details[0], name)
    if kind == "result":
        name = {"good": "total_successful_session_count", "bad": "total_failure_session_count"}.get(name, name)
    return getattr(result.policy if kind == "policy" else result, name)
