"""The rules about what does not come, and about what fills up."""

from dataclasses import replace
from datetime import timedelta

import pytest

from collector.store.queries.silence import Silent, SilentReporter
from dashboard.alerts.facts import Facts
from tests.alerts.made import NOW, THRESHOLDS, ago, day, facts, found, names, silence

Found = list[tuple[str, int, bool]]


def quiet(days_ago: int, of_days: int = 28, name: str = "example.com") -> Silent:
    return Silent(name, of_days, day(days_ago + 1), ago(days_ago))


NO_REPORTS: list[tuple[str, Facts, Found]] = [
    ("reports come", silence(), []),
    ("every day, and none for four", silence(silent=(quiet(4),)), [("", 4, True)]),
    ("one day in two: eight days are no chance", silence(silent=(quiet(7, 14),)), [("", 7, False)]),
    ("one day in two, for eight", silence(silent=(quiet(8, 14),)), [("", 8, True)]),
    ("now and then: no regularity to miss", silence(silent=(quiet(20, 5),)), [("", 20, False)]),
    ("silent for months when the alerts came: no news", silence(silent=(quiet(90),)), [("", 90, False)]),
    ("only late reports come, and they do", silence(silent=(Silent("example.com", 28, day(9), ago(1)),)), []),
    (
        "all are silent: the fault is here, and one alert says so",
        silence(silent=(quiet(5), quiet(5, name="b.example")), last_stored=ago(5)),
        [("", 5, True)],
    ),
    ("the only domain is told of by its name", silence(silent=(quiet(5),), last_stored=ago(5)), [("", 5, True)]),
]


@pytest.mark.parametrize(("seen", "expected"), [case[1:] for case in NO_REPORTS], ids=[case[0] for case in NO_REPORTS])
def test_no_reports(seen: Facts, expected: Found) -> None:
    assert names(found(seen, "no_reports")) == expected


def test_no_reports_of_all_is_about_the_installation() -> None:
    seen = silence(silent=(quiet(5), quiet(5, name="b.example")), last_stored=ago(5))
    assert [each.domain for each in found(seen, "no_reports")] == [""]
    alone = silence(silent=(quiet(5),), last_stored=ago(5))
    assert [each.domain for each in found(alone, "no_reports")] == ["example.com"]


def test_no_reports_by_the_settings() -> None:
    patient = replace(THRESHOLDS, silent_days=6)
    assert found(silence(silent=(quiet(5),)), "no_reports", patient) == []


def reporter(last: int, of_days: int, first: int = 32) -> Silent:
    return Silent("example.com", reporters=(SilentReporter("reporter.example", of_days, day(first), day(last)),))


REPORTERS = [
    ("daily, and nothing for five days", reporter(5, 27), True),
    ("every second day: ten days are needed", reporter(6, 14), False),
    ("every second day, and nothing for ten", reporter(10, 12), True),
    ("one day in three is not regular", reporter(10, 7), False),
    ("silent for so long that nothing is left to judge by", reporter(25, 8), False),
]


@pytest.mark.parametrize(("domain", "opens"), [case[1:] for case in REPORTERS], ids=[case[0] for case in REPORTERS])
def test_reporter_silent(domain: Silent, opens: bool) -> None:
    [condition] = found(silence(silent=(domain,)), "reporter_silent")
    assert (condition.subject, condition.opens) == ("reporter.example", opens)


def test_of_many_that_fall_silent_at_a_time_the_most_regular_five_are_told() -> None:
    gone = tuple(SilentReporter(f"r{number}.example", 18 + number, day(32), day(8)) for number in range(8))
    told = found(silence(silent=(Silent("example.com", reporters=gone),)), "reporter_silent")
    assert [each.subject for each in told] == [f"r{number}.example" for number in (7, 6, 5, 4, 3)]


def test_a_reporter_is_not_silent_where_all_are() -> None:
    seen = silence(silent=(reporter(5, 27),), last_stored=NOW - timedelta(days=4))
    assert found(seen, "reporter_silent") == []


QUARANTINE: list[tuple[dict[str, int], Found]] = [
    ({}, []),
    ({"dkim_fail": 9}, []),
    ({"dkim_fail": 10}, [("", 10, False)]),
    ({"dkim_fail": 15, "json": 5}, [("", 20, True)]),
]


@pytest.mark.parametrize(("by_reason", "expected"), QUARANTINE)
def test_quarantine(by_reason: dict[str, int], expected: Found) -> None:
    assert names(found(facts(quarantined=by_reason), "quarantine")) == expected
