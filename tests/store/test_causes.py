"""Causes come a page at a time: each once, the largest first, whatever they are called."""

from sqlalchemy import Engine

from collector.store import queries
from tests.support.collector import ALL, Collector
from tests.support.reports import detail, policy_result, report


def test_each_cause_comes_once_however_they_are_paged_the_largest_first(engine: Engine) -> None:
    collector = Collector(engine)
    collector.add("example.com")
    kinds = ("certificate-expired", "starttls-not-supported", "validation-failure")
    alike = [detail(kind, 2, receiving_ip=f"198.51.100.{number}") for kind in kinds for number in range(3)]
    collector.take(report([policy_result(details=[*alike, detail("tlsa-invalid", 5)])]))
    whole = queries.failures(engine, collector.id(), ALL).items
    assert [cause.failed for cause in whole] == [5, *[2] * 9]
    assert [cause.result_type for cause in whole] == ["tlsa-invalid", *(kind for kind in kinds for _ in range(3))]
    for size in (1, 2, 4):
        paged, cursor = [], None
        while True:
            page = queries.failures(engine, collector.id(), ALL, limit=size, cursor=cursor)
            paged += page.items
            cursor = page.next
            if cursor is None:
                break
        assert [cause.failed for cause in paged] == [5, *[2] * 9]
        assert set(paged) == set(whole), size
