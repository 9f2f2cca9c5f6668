"""The rules about failed sessions: figures of days in, conditions out."""

from dataclasses import replace

import pytest

from collector.store.queries import FailedDay
from collector.store.queries.trouble import Trouble
from tests.alerts.made import MX1, MX2, THRESHOLDS, clean, day, facts, failure, found, names, trouble

Found = list[tuple[str, int, bool]]

HELD_BACK: list[tuple[str, Trouble, Found]] = [
    ("nothing failed", trouble(), []),
    ("yesterday", trouble(failure(1, 7)), [("", 7, True)]),
    ("one session is mail that was held back", trouble(failure(1, 1)), [("", 1, True)]),
    ("the size is that of the worst day", trouble(failure(2, 7), failure(1, 5)), [("", 7, True)]),
    ("told three days late (R18, R38)", trouble(failure(3, 7)), [("", 7, True)]),
    ("a report that comes weeks late is no news (Q36)", trouble(failure(14, 7)), []),
    ("in testing nothing is held back", trouble(failure(1, 7, mode="testing")), []),
    ("without a policy neither", trouble(failure(1, 7, mode="none")), []),
    ("DANE alone is not what enforce looks at", trouble(failure(1, 7, "tlsa-invalid")), []),
    (
        "details of one session overlap (R17): no more than the summary says",
        trouble(failure(1, 7), failure(1, 7, "validation-failure"), ceiling={(day(1), "enforce"): 7}),
        [("", 7, True)],
    ),
    ("details of no session (Q51)", trouble(failure(1, 7), ceiling={}), []),
]


@pytest.mark.parametrize(("domain", "expected"), [case[1:] for case in HELD_BACK], ids=[case[0] for case in HELD_BACK])
def test_held_back(domain: Trouble, expected: Found) -> None:
    assert names(found(facts(domain), "held_back")) == expected


def test_held_back_says_since_when_how_much_where_and_by_whom() -> None:
    domain = trouble(
        failure(2, 3), failure(1, 9, mx=MX2), failure(1, 1, "starttls-not-supported", reporter="b.example")
    )
    [condition] = found(facts(domain), "held_back")
    assert condition.evidence == {
        "failed": 13,
        "first_day": "2026-11-22",
        "last_day": "2026-11-23",
        "result_types": ["certificate-expired", "starttls-not-supported"],
        "mx": [MX2, MX1],
        "reporters": ["reporter.example", "b.example"],
    }


RATE: list[tuple[str, dict[int, tuple[int, int]], Found]] = [
    ("below half of the threshold", {1: (100, 2)}, []),
    ("at half of it an open one stays open", {1: (1000, 25)}, [("", 25, False)]),
    ("at the threshold", {1: (100, 5)}, [("", 50, True)]),
    ("too few sessions to say", {1: (19, 19)}, []),
    ("just enough", {1: (20, 20)}, [("", 1000, True)]),
    ("a day too long past", {4: (100, 50)}, []),
    ("the worst of the days", {2: (100, 50), 1: (100, 10)}, [("", 500, True)]),
    ("few sessions of a bad day do not hide in a good one", {2: (1000, 0), 1: (20, 10)}, [("", 500, True)]),
]


@pytest.mark.parametrize(("of_days", "expected"), [case[1:] for case in RATE], ids=[case[0] for case in RATE])
def test_failure_rate(of_days: dict[int, tuple[int, int]], expected: Found) -> None:
    assert names(found(facts(trouble(of_days=of_days)), "failure_rate")) == expected


def test_failure_rate_by_the_settings() -> None:
    domain = trouble(of_days={1: (10, 2)})
    strict = replace(THRESHOLDS, failure_percent=20.0, failure_sessions=10)
    assert names(found(facts(domain), "failure_rate", strict)) == [("", 200, True)]
    assert names(found(facts(domain), "failure_rate", replace(strict, failure_percent=20.1))) == [("", 200, False)]


def many(count: int) -> list[FailedDay]:
    return [failure(1, 10 + number, f"made-{number}") for number in range(count)]


NEW: list[tuple[str, Trouble, Found]] = [
    ("a type that did not fail before", trouble(failure(1)), [("certificate-expired", 10, True)]),
    ("few are chance", trouble(failure(1, 4)), [("certificate-expired", 4, False), (MX1, 4, False)]),
    (
        "four weeks ago it failed too: known",
        trouble(failure(1), failure(20)),
        [("certificate-expired", 10, False), (MX1, 10, False)],
    ),
    ("more than four weeks ago is forgotten", trouble(failure(1), failure(30)), [("certificate-expired", 10, True)]),
    (
        "a domain that was just added knows no before",
        trouble(failure(1), of_days=clean(4, 1)),
        [("certificate-expired", 10, False), (MX1, 10, False)],
    ),
    ("last week", trouble(failure(7)), []),
    (
        "a known type at an MX that did not fail before",
        trouble(failure(1), failure(1, mx=MX2, failed=6), failure(10)),
        [("certificate-expired", 16, False), (MX1, 10, False), (MX2, 6, True)],
    ),
    (
        "what is no MX of the domain is only a name in a report",
        trouble(failure(1, mx="elsewhere.example"), failure(10)),
        [("certificate-expired", 10, False)],
    ),
    (
        "no flood of names: the five with most",
        trouble(*many(8)),
        [(f"made-{number}", 10 + number, True) for number in (7, 6, 5, 4, 3)],
    ),
]


@pytest.mark.parametrize(("domain", "expected"), [case[1:] for case in NEW], ids=[case[0] for case in NEW])
def test_new_failure(domain: Trouble, expected: Found) -> None:
    assert names(found(facts(domain), "new_failure")) == expected


def test_a_long_name_is_cut_where_it_is_a_key() -> None:
    [condition] = found(facts(trouble(failure(1, result_type="x" * 5000))), "new_failure")
    assert condition.subject == "x" * 200
