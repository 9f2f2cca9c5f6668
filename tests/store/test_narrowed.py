"""Figures of one reporter or one policy type: the rules of counting over what the filter leaves, on both databases."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import Engine

from collector.errors import UsageError
from collector.store import queries
from collector.store.queries.narrowed import recounted
from collector.store.queries.rows import MxDay
from tests.support.collector import ALL, NOW, Collector
from tests.support.reports import DAY, detail, google, microsoft, policy_result, report

DAY_OF = date.fromisoformat(DAY)


@pytest.fixture
def collector(engine: Engine) -> Collector:
    """Google told of 10 good and 2 failed sessions, Microsoft of 7 and 3, twice each: under sts and under tlsa."""
    made = Collector(engine)
    made.add("example.com")
    made.take(google(successful=10, failed=2), signed_by="google.example")
    made.take(microsoft(successful=7, failed=3), signed_by="office.example")
    return made


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({}, (2, 17, 5)),
        ({"reporter": "google.example"}, (1, 10, 2)),
        ({"reporter": "office.example"}, (1, 7, 3)),
        ({"reporter": "nobody.example"}, (0, 0, 0)),
        ({"policy_type": "sts"}, (2, 17, 5)),
        ({"policy_type": "tlsa"}, (1, 7, 3)),
        ({"policy_type": "tlsa", "reporter": "google.example"}, (0, 0, 0)),
        ({"policy_type": "tlsa", "reporter": "office.example"}, (1, 7, 3)),
        ({"policy_type": "sts", "authenticated_only": True}, (2, 17, 5)),
    ],
)
def test_reports_and_sessions(collector: Collector, how: dict[str, str | bool], expected: tuple[int, int, int]) -> None:
    assert collector.totals(**how) == expected
    # The list of domains adds up to the same.
    [row] = queries.domain_overview(collector.engine, replace(ALL, **how), now=NOW).items
    assert (row.successful, row.failed) == expected[1:]


def test_one_type_is_as_the_whole_day_has_it_even_where_sessions_stand_twice_in_it(collector: Collector) -> None:
    """Q109: the MX hosts as policy domains of sts results. Types are exact (rule 4), with the filter and without."""
    twice = [policy_result(successful=4), policy_result("mx1.example.com", successful=4)]
    collector.publish("enforce", NOW)
    collector.take(report(twice, report_id="q109"), signed_by="third.example")
    whole = {each.policy_type: each.successful for each in collector.day().by_policy_type}
    assert collector.day(policy_type="sts").successful == whole["sts"] == 10 + 7 + 8
    assert collector.day(reporter="third.example").successful == 4


def test_every_figure_is_of_what_is_left(collector: Collector) -> None:
    collector.take(
        report([policy_result(successful=1, details=[detail("certificate-expired", 5)])], report_id="a"),
        signed_by="third.example",
    )
    domain_id, wanted = collector.id(), replace(ALL, reporter="third.example")
    with queries.narrowed(collector.engine, domain_id, wanted) as source:
        assert [f.failed for f in queries.failures(source, domain_id, wanted).items] == [5]
        [teller] = queries.reporters(source, domain_id, wanted, now=NOW)
        assert (teller.reporter, teller.successful, teller.failed) == ("third.example", 1, 5)
        table = queries.mx_figures(source, domain_id, wanted, now=NOW)
        assert [(row.mx, row.failed) for row in table.mx] == [("mx1.example.com", 5)]
        assert table.not_attributable.successful + sum(row.successful or 0 for row in table.mx) == 1
        assert queries.mx_daily(source, domain_id, wanted) == (MxDay("mx1.example.com", DAY_OF, 5),)
        [day] = [day for day in queries.daily(source, domain_id, wanted, now=NOW).days if day.reports]
        assert [(each.policy_type, each.failed) for each in day.by_policy_type] == [("sts", 5)]


def test_a_report_that_lends_its_authentication_is_found_under_its_new_reporter(collector: Collector) -> None:
    document = report([policy_result(successful=3)], report_id="lent")
    collector.take(document)
    collector.take(document, signed_by="lender.example")
    assert collector.totals(reporter="lender.example") == (1, 3, 0)


def test_without_such_a_filter_the_rollups_are_asked(collector: Collector) -> None:
    with queries.narrowed(collector.engine, collector.id(), ALL) as source:
        assert source.rows is source.database


def test_more_reports_than_can_be_counted_again_are_refused(collector: Collector) -> None:
    wanted = replace(ALL, policy_type="sts")
    with (
        collector.engine.connect() as connection,
        pytest.raises(UsageError, match="ask for fewer days"),
        recounted(connection, [collector.id()], wanted, most=1),
    ):
        pass
