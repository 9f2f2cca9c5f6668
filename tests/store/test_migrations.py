"""A database with an older schema keeps its reports through the upgrade."""

from collections.abc import Iterator
from dataclasses import astuple
from uuid import UUID

import pytest
from sqlalchemy import Engine

from collector.delivery import Delivery
from collector.ids import new_id
from collector.report.model import PolicyResult
from collector.store import queries, startup
from collector.store.engine import open_engine, writing
from collector.store.queries import PolicyResultRow, ReportRow
from tests.store.schema_0001 import insert, migrate, write_delivery, write_report
from tests.support.collector import NOW, Collector
from tests.support.reports import detail, google, microsoft, policy_result, report

HARD = [
    detail("certificate-expired", count)
    | {"additional-information": 'a "quote", a back\\slash,\na line and an é', "receiving-mx-helo": "mx"}
    for count in range(12)
]
DOCUMENTS = [
    google(successful=10, failed=2),
    microsoft(successful=7, failed=3),
    report([policy_result(successful=number, mx=("*.example.com",)) for number in range(12)], report_id="order"),
    report([policy_result(details=HARD), policy_result(policy_type="tlsa")], report_id="hard"),
    report([], report_id="heartbeat"),
]


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    opened = open_engine(database_url)
    migrate(opened, "upgrade", "0001")
    yield opened
    opened.dispose()


def view(engine: Engine, report_id: UUID) -> ReportRow:
    found = queries.report(engine, report_id)
    assert found is not None
    return found


def says(delivery: Delivery) -> list[tuple[object, ...]]:
    """What the report says, from the report itself."""
    return [_result(result) for result in delivery.found[0].report.policies]


def _result(result: PolicyResult) -> tuple[object, ...]:
    policy = result.policy
    counts = (result.total_successful_session_count, result.total_failure_session_count)
    details = [
        (
            entry.result_type,
            entry.sending_mta_ip,
            entry.receiving_mx_hostname,
            entry.receiving_mx_helo,
            entry.receiving_ip,
            entry.failed_session_count,
            entry.additional_information,
            entry.failure_reason_code,
        )
        for entry in result.failure_details
    ]
    return (
        policy.policy_type,
        policy.policy_domain,
        policy.mode,
        policy.policy_string,
        policy.mx_host,
        *counts,
        details,
    )


def shown(row: PolicyResultRow) -> tuple[object, ...]:
    counts = (row.successful, row.failed)
    details = [astuple(failure) for failure in row.failures]
    return (row.policy_type, row.policy_domain, row.mode, row.policy_string, row.mx_host, *counts, details)


def test_reports_of_schema_0001_look_the_same_and_are_known_again(engine: Engine) -> None:
    collector = Collector(engine)
    domain_id = new_id()
    read = [collector.read(document) for document in DOCUMENTS]
    with writing(engine) as connection:
        insert(connection, "domain", {"domain_id": domain_id, "name": "example.com", "added_at": NOW})
        ids = [write_report(connection, delivery, domain_id) for delivery in read]
    assert startup.upgrade(engine) == "0001"
    for report_id, delivery in zip(ids, read, strict=True):
        row = view(engine, report_id)
        assert [shown(result) for result in row.policies] == says(delivery)
        assert row.report_id == delivery.found[0].report.report_id
    assert [collector.take(document) for document in DOCUMENTS] == ["duplicate"] * len(DOCUMENTS)
    assert collector.take(google(successful=99)) == "conflict"
    listed = {
        outcome: queries.reports(engine, outcome=outcome).items for outcome in ("stored", "duplicate", "conflict")
    }
    assert [len(items) for items in listed.values()] == [len(DOCUMENTS), len(DOCUMENTS), 1]
    assert listed["conflict"][0].id == ids[0]


def test_unassigned_parts_wait_through_the_upgrade(engine: Engine) -> None:
    delivery = Collector(engine).read(google())
    with writing(engine) as connection:
        write_delivery(connection, delivery, "unassigned", "a.example", None)
    startup.upgrade(engine)
    [row] = queries.deliveries(engine, domain="a.example").items
    assert [(part.domain, part.outcome, part.report_id) for part in row.parts] == [("a.example", "unassigned", None)]


def test_the_way_back_is_a_backup(engine: Engine) -> None:
    startup.upgrade(engine)
    with pytest.raises(RuntimeError, match="backup"):
        migrate(engine, "downgrade", "0001")
    startup.check(engine)


def test_a_written_report_reads_as_it_was_sent(engine: Engine) -> None:
    startup.upgrade(engine)
    collector = Collector(engine)
    collector.add("example.com")
    for document in DOCUMENTS:
        delivery = collector.read(document)
        collector.deliver(delivery)
        [row] = queries.reports(engine, limit=1).items
        assert [shown(result) for result in view(engine, row.id).policies] == says(delivery)
