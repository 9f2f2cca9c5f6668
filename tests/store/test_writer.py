"""Rules 1 and 2: an answer only after the commit; nothing that arrived is thrown away."""

import threading
import zlib
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, event, func, select, text

from collector.delivery import Reason
from collector.errors import StoreUnavailable
from collector.store import queries
from collector.store.commit import stored
from collector.store.engine import open_engine, reading, writing
from collector.store.tables import delivery as delivery_table
from collector.store.tables import rollup_day
from collector.store.writer import Writer
from tests.counting.made import result
from tests.store.made import delivery, rubbish
from tests.support import reports
from tests.support.collector import ALL, NOW, Collector

TIMEOUT = 30


@pytest.fixture
def writer(collector: Collector) -> Iterator[Writer]:
    running = Writer(collector.engine)
    running.start()
    yield running
    running.close()


def count(engine: Engine) -> int:
    with reading(engine) as connection:
        return connection.execute(select(func.count()).select_from(delivery_table)).scalar_one()


def test_rule_1_when_the_answer_is_there_the_delivery_is_durable(writer: Writer, collector: Collector) -> None:
    stored = writer.submit(delivery()).result(TIMEOUT)
    assert stored.outcome == "stored"
    elsewhere = open_engine(collector.engine.url.render_as_string(hide_password=False))
    assert queries.delivery(elsewhere, stored.id) is not None
    elsewhere.dispose()


def test_rule_2_rubbish_is_kept_with_its_bytes_and_reason(writer: Writer, collector: Collector) -> None:
    stored = writer.submit(rubbish()).result(TIMEOUT)
    assert stored.outcome == "quarantined"
    row = queries.delivery(collector.engine, stored.id)
    assert row is not None
    assert (row.reason_code, row.size, row.parts) == ("not_a_report", 10, ())
    assert queries.delivery_raw(collector.engine, stored.id) == b"\xff\x00 rubbish"


@pytest.mark.parametrize("size", [0, 1, 255, 256, 4096, 65535])
def test_rule_2_the_bytes_of_a_small_mail_are_kept_as_zlib_reads_them(size: int) -> None:
    raw = bytes(number % 251 for number in range(size))

    assert zlib.decompress(stored(raw)) == raw


def test_what_gathers_while_a_commit_runs_is_committed_together(writer: Writer, collector: Collector) -> None:
    commits = []
    event.listen(collector.engine, "commit", lambda _connection: commits.append(1))
    with writing(collector.engine) as connection:  # nobody else can write: the first commit waits
        if connection.dialect.name == "postgresql":
            connection.execute(text("LOCK TABLE delivery IN EXCLUSIVE MODE"))
        futures = [writer.submit(delivery(report_id=f"id-{number}")) for number in range(100)]
        assert not any(future.done() for future in futures)
    assert {future.result(TIMEOUT).outcome for future in futures} == {"stored"}
    assert len(commits) <= 4  # this test's own, the first alone, all others
    assert collector.totals() == (100, 1000, 100)


def test_rule_1_database_away_the_sender_keeps_it_and_later_it_works(writer: Writer, collector: Collector) -> None:
    with writing(collector.engine) as connection:
        connection.execute(text("ALTER TABLE rollup_day RENAME TO hidden"))
    with pytest.raises(StoreUnavailable):
        writer.submit(delivery()).result(TIMEOUT)
    assert count(collector.engine) == 0  # not half of it either
    with writing(collector.engine) as connection:
        connection.execute(text("ALTER TABLE hidden RENAME TO rollup_day"))
    assert writer.submit(delivery()).result(TIMEOUT).outcome == "stored"
    assert collector.totals() == (1, 10, 1)


def test_connections_that_were_cut_are_made_anew(postgres_engine: Engine) -> None:
    collector = Collector(postgres_engine)
    collector.add("example.com")
    running = Writer(postgres_engine)
    running.start()
    assert running.submit(delivery(report_id="before")).result(TIMEOUT).outcome == "stored"
    admin = open_engine(postgres_engine.url.render_as_string(hide_password=False))
    with writing(admin) as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    admin.dispose()
    assert running.submit(delivery(report_id="after")).result(TIMEOUT).outcome == "stored"
    running.close()


def test_absurd_figures_harm_nobody_else(writer: Writer, collector: Collector) -> None:
    """A sum stays at its largest number, so that no reporter can keep the reports of others from being counted."""
    absurd = [delivery(result("example.com", 2**63 - 5), report_id=f"absurd-{number}") for number in (1, 2, 3)]
    group = [delivery(report_id="first"), *absurd, delivery(report_id="last")]
    outcomes = [future.result(TIMEOUT).outcome for future in [writer.submit(one) for one in group]]
    assert outcomes == ["stored"] * 5
    with reading(collector.engine) as connection:
        [most] = connection.execute(select(rollup_day.c.successful)).scalars()
    assert most == 2**63 - 2
    reports, successful, failed = collector.totals()
    assert (reports, failed) == (5, 2)
    assert successful == 2**63 - 2
    assert len(queries.reporters(collector.engine, collector.id(), ALL, now=NOW)) == 1


def test_a_report_that_cannot_be_added_up_in_itself_is_kept_uncounted(writer: Writer, collector: Collector) -> None:
    within = [result("example.com", 2**63 - 5), result("example.com", 2**63 - 5, failed=1)]
    group = [delivery(report_id="first"), delivery(*within, report_id="absurd"), delivery(report_id="last")]
    answers = [future.result(TIMEOUT) for future in [writer.submit(one) for one in group]]
    assert [stored.outcome for stored in answers] == ["stored", "quarantined", "stored"]
    assert answers[1].reason is not None
    assert answers[1].reason.code == "limit"
    assert count(collector.engine) == 3


def test_sums_over_absurd_days_are_told_and_do_not_fail(collector: Collector) -> None:
    for day in ("2026-11-20", "2026-11-21", "2026-11-22"):
        document = reports.report([reports.policy_result(successful=2**63 - 5, details=[reports.detail()])], day=day)
        assert collector.take(document) == "stored"
    _, successful, failed = collector.totals()
    assert failed == 3
    assert successful == pytest.approx(3 * 2**63)
    [reporter] = queries.reporters(collector.engine, collector.id(), ALL, now=NOW)
    assert reporter.successful == pytest.approx(3 * 2**63)
    assert sum(row.successful or 0 for row in collector.mx().mx) == pytest.approx(3 * 2**63)
    [domain] = queries.domain_overview(collector.engine, ALL, now=NOW).items
    assert domain.failed == 3


def test_closing_commits_what_is_queued_and_takes_no_more(collector: Collector) -> None:
    writer = Writer(collector.engine)
    writer.start()
    futures = [writer.submit(delivery(report_id=f"id-{number}")) for number in range(50)]
    writer.close()
    assert all(future.result(0).outcome == "stored" for future in futures)
    with pytest.raises(StoreUnavailable):
        writer.submit(delivery()).result(0)


def test_several_writers_at_once_count_each_report_once(collector: Collector) -> None:
    """Two processes' worth of writers, the same reports through both, several times."""
    url = collector.engine.url.render_as_string(hide_password=False)
    outcomes: list[str] = []

    def send() -> None:
        engine = open_engine(url)
        writer = Writer(engine)
        writer.start()
        futures = [
            writer.submit(delivery(result("example.com", number, 1), report_id=f"id-{number}"))
            for number in list(range(40)) * 2
        ]
        outcomes.extend(future.result(TIMEOUT).outcome for future in futures)
        writer.close()
        engine.dispose()

    threads = [threading.Thread(target=send) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(TIMEOUT)
    assert (outcomes.count("stored"), outcomes.count("duplicate"), len(outcomes)) == (40, 200, 240)
    assert collector.totals() == (40, sum(range(40)), 40)


def test_a_reason_that_quotes_a_nul_is_kept(writer: Writer, collector: Collector) -> None:
    quoted = delivery(reason=Reason("dkim_fail", "the algorithm a=rsa\0-sha256 is not known"))
    assert writer.submit(quoted).result(TIMEOUT).outcome == "quarantined"
    row = queries.delivery(collector.engine, quoted.id)
    assert row is not None
    assert row.reason_message == "the algorithm a=rsa\\0-sha256 is not known"
