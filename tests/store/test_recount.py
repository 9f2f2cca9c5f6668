"""Figures prove themselves: counted afresh from the raw bytes they are the same, and if they are not, that is found."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import BigInteger, Engine, Table, delete, insert, select, update

from collector.adopt import work_off_all
from collector.recount import check_some, recount, seconds_until_night
from collector.settings import Limits
from collector.store import domains, figure_checks
from collector.store.engine import reading, writing
from collector.store.recount import Difference
from collector.store.tables import ROLLUPS, delivery_part, report
from tests.support.collector import NOW, Collector
from tests.support.processes import tlsrpt
from tests.support.reports import detail, google, mail, mail_ru, microsoft, policy_result, stalwart
from tests.support.reports import report as made

LIMITS = Limits()
MX1, MX2 = "mx1.example.com", "mx2.example.com"


@pytest.fixture
def full(collector: Collector) -> Collector:
    """Something in every rollup, over several days."""
    entries = [
        policy_result(mx=(MX1,), successful=9, details=[detail("certificate-expired", 2, receiving_mx_hostname=MX2)]),
        policy_result(MX1, policy_type="tlsa", successful=4, failed=3),
    ]
    for document in (google(failed=2), microsoft(failed=1), mail_ru(), stalwart(), made(entries, report_id="own")):
        assert collector.take(document) == "stored"
    collector.take(google(day="2026-11-21", successful=3), signed_by="bigmail.example")
    assert collector.take(google(failed=2)) == "duplicate"
    assert collector.take(google(failed=3)) == "conflict"
    return collector


def count(collector: Collector, *, is_check: bool, now: datetime = NOW) -> list[Difference]:
    found = recount(
        collector.engine,
        collector.id(),
        "example.com",
        limits=LIMITS,
        is_check=is_check,
        now=now,
        pause=lambda seconds: None,
    )
    return list(found)


def everything(engine: Engine) -> dict[str, list[Any]]:
    with reading(engine) as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(select(table)).all()), key=repr)
            for table in (report, delivery_part, *ROLLUPS)
        }


def test_what_was_counted_is_what_counting_afresh_gives(full: Collector) -> None:
    before = everything(full.engine)
    assert all(before.values())
    assert count(full, is_check=True) == []
    assert count(full, is_check=False) == []
    assert everything(full.engine) == before


@pytest.mark.parametrize("table", ROLLUPS, ids=lambda table: table.name)
@pytest.mark.parametrize("fault", ["one more", "a row is gone", "a row too many"])
def test_a_wrong_rollup_is_found_and_mended(full: Collector, table: Table, fault: str) -> None:
    before = everything(full.engine)
    with writing(full.engine) as connection:
        row = dict(connection.execute(select(table).limit(1)).mappings().one())
        own = [column == row[column.name] for column in table.primary_key]
        column = next(column for column in table.columns if isinstance(column.type, BigInteger) and column.name in row)
        match fault:
            case "one more":
                connection.execute(update(table).where(*own).values({column.name: row[column.name] + 1}))
            case "a row is gone":
                connection.execute(delete(table).where(*own))
            case _:
                connection.execute(insert(table).values(row | {"day": row["day"] + timedelta(days=30)}))
    found = count(full, is_check=True)
    assert [difference.what for difference in found] == [table.name]
    assert found[0].counted != found[0].afresh
    assert everything(full.engine) != before  # a check changes nothing
    assert count(full, is_check=False) == found
    assert everything(full.engine) == before
    assert count(full, is_check=True) == []


@pytest.mark.parametrize("fault", ["other results", "other totals", "no delivery"])
def test_a_report_that_its_raw_bytes_do_not_say_is_found_and_mended(full: Collector, fault: str) -> None:
    wanted = full.totals(), full.failures(), full.mx()
    with writing(full.engine) as connection:
        row = dict(connection.execute(select(report).where(report.c.submitted_id == "own")).mappings().one())
        own = report.c.report_id == row["report_id"]
        match fault:
            case "other results":
                row["policy_results"][0]["successful"] += 1
                connection.execute(update(report).where(own).values(policy_results=row["policy_results"]))
            case "other totals":
                connection.execute(update(report).where(own).values(successful=1))
            case _:
                connection.execute(
                    insert(report).values(row | {"report_key": b"x" * 16, "report_id": row["delivery_id"]})
                )
    assert "report" in {difference.what for difference in count(full, is_check=True)}
    count(full, is_check=False)
    assert (full.totals(), full.failures(), full.mx()) == wanted
    assert count(full, is_check=True) == []


def test_a_delivery_that_counts_for_the_wrong_domain_is_found(full: Collector) -> None:
    """As a version with a fault in rule 9 would have left it."""
    full.add("example.net")
    full.take(google("example.net", successful=8), domain="example.net")
    with writing(full.engine) as connection:
        about = delivery_part.c.name == "example.net"
        connection.execute(update(delivery_part).where(about).values(outcome="unassigned", report_id=None))
        connection.execute(delete(report).where(report.c.domain_id == full.id("example.net")))
        for table in ROLLUPS:
            connection.execute(delete(table).where(table.c.domain_id == full.id("example.net")))
    found = list(recount(full.engine, full.id("example.net"), "example.net", limits=LIMITS, is_check=False, now=NOW))
    assert [(each.what, each.counted, each.afresh) for each in found] == [("report", "nothing", "example.net")]
    assert full.totals("example.net") == (1, 8, 0)


def test_some_domains_are_checked_each_night_those_first_that_were_not_for_longest(full: Collector) -> None:
    full.add("example.net", "example.org")
    work_off_all(full.engine, limits=LIMITS)
    ticks = [NOW + timedelta(minutes=minutes) for minutes in range(0, 200, 5)]

    def night(first: int) -> int:
        times = iter(ticks[first:])
        return check_some(full.engine, LIMITS, lambda: next(times), pause=lambda seconds: None)

    assert night(0) == 2  # then the time is over
    assert night(0) == 1  # the others were checked within the last hours
    assert figure_checks.next_due(full.engine, NOW) is None
    assert figure_checks.differing(full.engine) == ()


def test_what_differs_is_known_until_it_is_mended(full: Collector) -> None:
    with writing(full.engine) as connection:
        connection.execute(delete(ROLLUPS[0]))
    check_some(full.engine, LIMITS, lambda: NOW, pause=lambda seconds: None)
    [differing] = figure_checks.differing(full.engine)
    assert (differing.domain, differing.checked_at) == ("example.com", NOW)
    assert differing.differences == 2  # days
    count(full, is_check=False)
    assert figure_checks.differing(full.engine) == ()


def test_figures_that_are_on_their_way_are_not_checked(full: Collector) -> None:
    domains.add(full.engine, [MX1])
    assert check_some(full.engine, LIMITS, lambda: NOW, pause=lambda seconds: None) == 0
    work_off_all(full.engine, limits=LIMITS)
    assert check_some(full.engine, LIMITS, lambda: NOW, pause=lambda seconds: None) == 2


@pytest.mark.parametrize(
    ("now", "hours"), [("01:00", 1), ("02:00", 24), ("03:00", 23), ("23:30", 2.5)], ids=lambda value: str(value)
)
def test_the_night_begins_at_two(now: str, hours: float) -> None:
    at = datetime.fromisoformat(f"2026-11-24T{now}+00:00").astimezone(UTC)
    assert seconds_until_night(at) == pytest.approx(hours * 3600, abs=2)


def test_the_command_checks_mends_and_says_what_was_wrong(tmp_path: Path) -> None:
    (tmp_path / "report.eml").write_bytes(mail(google(successful=10)))
    assert tlsrpt("domain", "add", "example.com", "mx1.example.com", cwd=tmp_path).returncode == 0
    assert tlsrpt("import", "report.eml", cwd=tmp_path).returncode == 0
    check = tlsrpt("db", "recount", "--check", cwd=tmp_path)
    assert (check.returncode, check.stdout) == (0, "2 domains counted afresh, no differences\n")
    from collector.store.engine import open_engine

    engine = open_engine(f"sqlite:///{tmp_path / 'tlsrpt.db'}")
    with writing(engine) as connection:
        connection.execute(update(ROLLUPS[0]).values(failed=5))
    engine.dispose()
    for options, status, ending in ((("--check",), 1, ""), ((), 0, " mended")):
        done = tlsrpt("db", "recount", "--domain", "example.com", *options, cwd=tmp_path)
        assert done.returncode == status
        *lines, last = done.stdout.splitlines()
        assert lines == [
            "example.com: 2026-11-20 rollup_day: authenticated False: counted reports 1, successful 10, failed 5, "
            f"last_received {lines[0].split('last_received ')[1].split(';')[0]}; counted afresh reports 1, successful 10, "
            f"failed 0, last_received {lines[0].rsplit('last_received ', 1)[1]}"
        ]
        assert last == f"1 domain counted afresh, 1 difference{ending}"
    assert tlsrpt("db", "recount", "--check", cwd=tmp_path).returncode == 0
    unknown = tlsrpt("db", "recount", "--domain", "nobody.example", cwd=tmp_path)
    assert (unknown.returncode, unknown.stderr) == (2, "nobody.example is none of the domains\n")
