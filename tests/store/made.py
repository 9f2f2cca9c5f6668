"""Deliveries made without parsing anything, for tests of the store itself."""

from collector.delivery import Delivery, Envelope, Found, Reason
from collector.ids import new_id
from collector.report.model import PolicyResult
from tests.counting.made import report, result
from tests.support.collector import NOW


def delivery(*results: PolicyResult, report_id: str = "id-1", reason: Reason | None = None) -> Delivery:
    found = Found(report(*(results or (result("example.com", 10, 1),)), report_id=report_id), "reporter.example")
    return Delivery(new_id(), NOW, Envelope("smtp", peer="192.0.2.1"), b"raw bytes", (found,), reason)


def rubbish() -> Delivery:
    return Delivery(
        new_id(), NOW, Envelope("smtp"), b"\xff\x00 rubbish", reason=Reason("not_a_report", "no report in it")
    )
