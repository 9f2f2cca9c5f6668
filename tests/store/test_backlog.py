"""Rule 9: foreign deliveries wait; adopting their domain counts them, removing it makes them foreign again."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine

from collector.adopt import Adopted, action, adopt, removal, work_off_all
from collector.commands.schedule import settling
from collector.jobs import Job
from collector.settings import Limits, Settings
from collector.store import domains, queries
from tests.support.collector import NOW, Collector
from tests.support.reports import google, policy_result, report

LIMITS = Limits()


@pytest.fixture
def collector(engine: Engine) -> Collector:
    return Collector(engine)


def outcomes(collector: Collector) -> list[str]:
    return [row.outcome for row in queries.deliveries(collector.engine).items]


def counted(collector: Collector, name: str) -> int:
    """Adopts a domain; how many reports count for it then."""
    return adopt(collector.engine, [name], now=NOW, limits=LIMITS)[name].reports


def test_adopting_a_domain_counts_its_backlog(collector: Collector) -> None:
    collector.take(google(successful=10))
    collector.take(google(successful=10))
    collector.take(google("other.example"), domain="other.example")
    assert counted(collector, "example.com") == 1
    assert collector.totals() == (1, 10, 0)
    assert outcomes(collector) == ["unassigned", "duplicate", "stored"]
    assert [offered.name for offered in queries.foreign_names(collector.engine).items] == ["other.example"]


def test_adopting_twice_changes_nothing(collector: Collector) -> None:
    collector.take(google(successful=10))
    adopt(collector.engine, ["example.com"], now=NOW, limits=LIMITS)
    assert adopt(collector.engine, ["example.com"], now=NOW, limits=LIMITS) == {"example.com": Adopted(is_new=False)}
    assert work_off_all(collector.engine, limits=LIMITS) == 0
    assert collector.totals() == (1, 10, 0)


def test_parts_that_were_counted_are_not_counted_again(collector: Collector) -> None:
    collector.add("example.com")
    collector.take(report([policy_result("example.com", successful=4), policy_result("example.net", successful=6)]))
    assert counted(collector, "example.net") == 1
    assert collector.totals("example.com") == (1, 4, 0)
    assert collector.totals("example.net") == (1, 6, 0)
    assert outcomes(collector) == ["stored"]


def test_the_backlog_keeps_its_authentication(collector: Collector) -> None:
    collector.take(google(successful=10), signed_by="bigmail.example")
    adopt(collector.engine, ["example.com"], now=NOW, limits=LIMITS)
    assert collector.totals(authenticated_only=True) == (1, 10, 0)
    [row] = queries.reports(collector.engine).items
    assert row.reporter == "bigmail.example"


def test_a_backlog_about_hosts_below_the_domain_counts_too(collector: Collector) -> None:
    entry = policy_result("mx1.example.com", policy_type="tlsa", successful=5)
    collector.take(report([entry]), domain="mx1.example.com")
    assert counted(collector, "example.com") == 1
    assert collector.totals() == (1, 5, 0)


def test_a_backlog_counts_once_the_host_is_found_to_be_an_mx(collector: Collector) -> None:
    collector.add("example.com")
    entry = policy_result("mx.provider.example", policy_type="tlsa", successful=5)
    collector.take(report([entry]), domain="mx.provider.example")
    assert work_off_all(collector.engine, limits=LIMITS) == 0
    collector.publish("enforce", NOW, mx=("mx.provider.example",))
    assert work_off_all(collector.engine, limits=LIMITS) == 1
    assert collector.totals() == (1, 5, 0)


async def _step(job: Job) -> float:
    return await job.step()


def test_the_scheduler_counts_what_waited_for_a_domain_of_the_settings(collector: Collector) -> None:
    collector.take(google(successful=10))
    job = settling(Settings(), collector.engine)
    asyncio.run(_step(job))
    assert outcomes(collector) == ["unassigned"]
    domains.seed(collector.engine, ["example.com"])
    asyncio.run(_step(job))
    assert outcomes(collector) == ["stored"]
    assert collector.totals() == (1, 10, 0)


def test_a_large_backlog_is_counted_group_by_group(collector: Collector) -> None:
    collector.deliver(*[collector.read(google(successful=n) | {"report-id": f"id-{n}"}) for n in range(120)])
    assert counted(collector, "example.com") == 120
    assert collector.totals() == (120, sum(range(120)), 0)


def test_figures_that_cannot_be_added_up_hold_up_no_backlog(collector: Collector) -> None:
    huge = google(successful=2**62)
    absurd = [policy_result(successful=2**63 - 5)] * 2  # together more than a report can hold
    both = report([*absurd, policy_result("example.net", successful=6)], report_id="both")
    collector.add("example.net")
    for document in (huge, both, google(day="2026-11-21")):
        collector.take(document)
    assert counted(collector, "example.com") == 2
    assert outcomes(collector) == ["stored", "quarantined", "stored"]
    [_, refused, _] = queries.deliveries(collector.engine).items
    assert refused.reason_code == "limit"
    # As if both domains had been known before it came.
    assert {part.domain: part.outcome for part in refused.parts} == {
        "example.com": "quarantined",
        "example.net": "quarantined",
    }
    assert collector.totals("example.net") == (0, 0, 0)
    assert work_off_all(collector.engine, limits=LIMITS) == 0
    assert collector.totals() == (2, 2**62 + 10, 0)


def test_a_long_backlog_is_left_to_the_scheduler(collector: Collector) -> None:
    collector.deliver(*[collector.read(google(successful=1) | {"report-id": f"id-{n}"}) for n in range(120)])
    ticks = iter((0.0, 1.0, 2.0, 60.0))
    act = action(Settings(), collector.engine, clock=lambda: next(ticks))
    done = act("example.com")
    assert (done.is_new, done.is_whole) == (True, False)
    assert 0 < done.reports < 120
    assert act("example.com") == Adopted(is_new=False)
    assert work_off_all(collector.engine, limits=LIMITS) == 120 - done.reports
    assert collector.totals() == (120, 120, 0)


def test_several_schedulers_count_a_backlog_once(collector: Collector) -> None:
    collector.deliver(*[collector.read(google(successful=1) | {"report-id": f"id-{n}"}) for n in range(60)])
    domains.seed(collector.engine, ["example.com"])
    with ThreadPoolExecutor(3) as threads:
        counted = [threads.submit(work_off_all, collector.engine, limits=LIMITS) for _ in range(3)]
        assert sum(each.result() for each in counted) == 60
    assert collector.totals() == (60, 60, 0)


def test_removing_a_domain_keeps_its_deliveries_and_adding_it_again_counts_them(collector: Collector) -> None:
    collector.add("example.com", "example.net")
    collector.take(google(successful=10, failed=1))
    collector.take(google(successful=10, failed=1))
    collector.take(report([policy_result("example.com"), policy_result("example.net", successful=6)], report_id="both"))
    assert removal(Settings(), collector.engine)("example.com")
    assert outcomes(collector) == ["stored", "duplicate", "unassigned"]
    assert collector.totals("example.net") == (1, 6, 0)
    assert queries.find_domain(collector.engine, "example.com") is None
    assert counted(collector, "example.com") == 2
    assert collector.totals("example.com") == (2, 20, 1)
    assert outcomes(collector) == ["stored", "duplicate", "stored"]


def test_removing_what_is_not_there(collector: Collector) -> None:
    assert not domains.remove(collector.engine, "example.com")
