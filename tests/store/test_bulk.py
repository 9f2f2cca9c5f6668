"""The short way to the database carries any text and any bytes, and counts as the long one would."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, exc, select

from collector.delivery import Delivery, Envelope
from collector.ids import new_id
from collector.store import bulk, commit, domains, queries
from collector.store.domains import Snapshot
from collector.store.engine import reading, writing
from collector.store.group import REFUSED
from collector.store.tables import domain, report, rollup_failure, rollup_reporter
from tests.support.collector import NOW, Collector
from tests.support.reports import DAY, detail, policy_result
from tests.support.reports import report as made

HOSTILE = [
    'a "quote"',
    "a back\\slash and \\N and \\x00",
    "{braces}, commas, {}",
    "NULL",
    "null",
    "two\nlines\tand\ra tab",
    " spaces around ",
    "'; DROP TABLE report; --",
    "é ß 漢字 \U0001f4ec",
    "%s %% ?",
    "",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_any_text_comes_back_as_it_was(collector: Collector, text: str) -> None:
    entry = detail("certificate-expired", 3) | {"failure-reason-code": text, "additional-information": text}
    document = made([policy_result(details=[entry])])
    document["organization-name"] = text
    assert collector.take(document) == "stored"
    [row] = queries.reports(collector.engine).items
    [reporter] = queries.reporters(collector.engine, collector.id(), queries.Filter(row.day, row.day), now=NOW)
    [failure] = queries.failures(collector.engine, collector.id(), queries.Filter(row.day, row.day)).items
    found = queries.report(collector.engine, row.id)
    assert found is not None
    [shown] = found.policies[0].failures
    wanted = text or None
    assert (row.organization, reporter.organization) == (wanted, wanted)
    assert (failure.reason, shown.failure_reason_code, shown.additional_information) == (wanted, wanted, wanted)


@pytest.mark.parametrize("raw", [b"", bytes(range(256)), b"\\x41\\N\t\n", b"x" * 4096, b"y" * 4097, b"z" * 100_000])
@pytest.mark.parametrize("channel", ["smtp", "https"])
def test_any_bytes_come_back_as_they_were(collector: Collector, raw: bytes, channel: str) -> None:
    delivery = Delivery(new_id(), NOW, Envelope(channel), raw)
    collector.deliver(delivery)
    assert queries.delivery_raw(collector.engine, delivery.id) == raw


def _reporter_rows(engine: Engine) -> list[tuple[object, ...]]:
    table = rollup_reporter.c
    query = select(
        table.reporter, table.reports, table.successful, table.failed, table.last_received, table.organization
    )
    with reading(engine) as connection:
        return [tuple(row) for row in connection.execute(query.order_by(table.reporter))]


def test_adding_up_counts_and_keeps_the_latest_and_what_is_not_told_again(engine: Engine) -> None:
    domains.add(engine, ["example.com"], NOW)
    later = NOW + timedelta(hours=1)
    with writing(engine) as connection:
        domain_id = connection.execute(select(domain.c.domain_id)).scalar_one()
        database = bulk.of(connection)
        forms = database.forms

        def row(reporter: str, *counts: int, at: datetime, organization: str) -> bulk.Row:
            day = forms.day(datetime.fromisoformat(DAY).replace(tzinfo=UTC).date())
            return (forms.id(domain_id), day, forms.flag(True), reporter, *counts, forms.instant(at), organization)

        database.add_up(connection, rollup_reporter, [row("a", 1, 10, 2, at=later, organization="A")])
        again = [row("a", 2, 5, 0, at=NOW, organization=""), row("b", 1, 1, 1, at=NOW, organization="")]
        database.add_up(connection, rollup_reporter, again)
        database.add_up(connection, rollup_reporter, [])
    assert _reporter_rows(engine) == [("a", 3, 15, 2, later, "A"), ("b", 1, 1, 1, NOW, None)]


def test_what_is_looked_for_is_found_by_the_index_of_its_key(engine: Engine) -> None:
    collector = Collector(engine)
    collector.add("example.com")
    for name in ("one", "two"):
        collector.take(made([policy_result()], report_id=name))
    table = report.c
    wanted = bulk.Wanted(report, (table.submitted_id,), by=(table.domain_id, table.day, table.report_key))
    with reading(engine) as connection:
        rows = connection.execute(select(*wanted.by).order_by(table.submitted_id)).all()
        database = bulk.of(connection)
        forms = database.forms
        keys = [(forms.id(row.domain_id), forms.day(row.day), forms.octets(row.report_key)) for row in rows]
        missing = (*keys[0][:2], forms.octets(b"\\" * 16))
        found = dict(database.find(connection, wanted, [missing, keys[1], keys[0]]))
    assert {index: tuple(row) for index, row in found.items()} == {1: ("two",), 2: ("one",)}


def test_what_the_database_refuses_is_an_error_of_sqlalchemy(engine: Engine) -> None:
    def add_to_no_domain() -> None:
        with writing(engine) as connection:
            database = bulk.of(connection)
            forms = database.forms
            nobody = (forms.id(new_id()), forms.day(NOW.date()), forms.flag(False))
            database.add_up(connection, rollup_reporter, [(*nobody, "r", 1, 1, 1, forms.instant(NOW), "")])

    with pytest.raises(exc.IntegrityError):
        add_to_no_domain()


def test_a_report_is_written_whole_or_not_at_all(collector: Collector) -> None:
    good = collector.read(made([policy_result(successful=1)], report_id="good"))
    too_much = collector.read(made([policy_result(successful=2**63 - 1)], report_id="too much"))
    with pytest.raises(REFUSED):
        commit.commit(collector.engine, [good, too_much], Snapshot())
    with reading(collector.engine) as connection:
        assert connection.execute(select(report.c.report_id)).all() == []
        assert connection.execute(select(rollup_failure.c.failure_key)).all() == []
    assert queries.deliveries(collector.engine).items == ()
