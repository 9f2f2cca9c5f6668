"""The rule about figures that are not as counted afresh: what it finds, what it says, and when it is over."""

import pytest

from collector.store.figure_checks import Differing
from dashboard.alerts import lifecycle, rules
from dashboard.alerts.model import Closing, Condition, Update
from dashboard.alerts.words import Words, words
from dashboard.text import language
from tests.alerts.made import NOW, THRESHOLDS, ago, facts, found, opened


def differing(*rows: int) -> tuple[Differing, ...]:
    """Domains a.example, b.example, ... with so many rows that differ, each checked a day before the one after it."""
    last = len(rows) - 1
    return tuple(Differing(f"{'abcdef'[at]}.example", ago(last - at), number) for at, number in enumerate(rows))


FIGURES: list[tuple[str, tuple[Differing, ...], list[tuple[int, dict[str, object]]]]] = [
    ("as counted afresh", (), []),
    (
        "one row is enough",
        differing(1),
        [(1, {"differing_domains": 1, "names": ["a.example"], "rows": 1, "last_check": "2026-11-24"})],
    ),
    (
        "one alert, whatever the number of domains; three are named",
        differing(5, 1, 2, 4, 8),
        [
            (
                20,
                {
                    "differing_domains": 5,
                    "names": ["a.example", "b.example", "c.example"],
                    "rows": 20,
                    "last_check": "2026-11-24",
                },
            )
        ],
    ),
]


@pytest.mark.parametrize(("given", "expected"), [case[1:] for case in FIGURES], ids=[case[0] for case in FIGURES])
def test_figures_differ(given: tuple[Differing, ...], expected: list[tuple[int, dict[str, object]]]) -> None:
    conditions = found(facts(differing=given), "figures_differ")
    assert [(each.size, each.evidence) for each in conditions] == expected
    assert {(each.domain, each.subject, each.opens) for each in conditions} <= {("", "", True)}


def said(*rows: int) -> Words:
    [condition] = found(facts(differing=differing(*rows)), "figures_differ")
    return words(condition.rule, condition.domain, condition.subject, condition.evidence)


DIFFERS = "differs from what was counted afresh from the raw bytes."
DIFFER = "differ from what was counted afresh from the raw bytes."
SAID = [
    ((1,), f"1 row of the figures of a.example {DIFFERS} Last check: 24 Nov 2026."),
    ((1200,), f"1,200 rows of the figures of a.example {DIFFER} Last check: 24 Nov 2026."),
    ((4, 5), f"9 rows of the figures of 2 domains {DIFFER} Domains: a.example and b.example. Last check"),
    ((1, 1, 1, 1), f"4 rows of the figures of 4 domains {DIFFER} Among them: a.example, b.example and c.example. "),
]


@pytest.mark.parametrize(("rows", "beginning"), SAID)
def test_what_it_says(rows: tuple[int, ...], beginning: str) -> None:
    told = said(*rows)
    assert told.title == "this installation: figures are wrong"
    assert told.sentence.startswith(beginning)
    assert told.sentence.endswith(" show these figures until they are corrected.")
    assert "tlsrpt db recount --check lists" in told.action
    assert "a fault in the program: please report it with the lines of --check." in told.action
    assert told.path == "/"


def test_what_it_says_in_japanese() -> None:
    told, japanese = said(1, 1, 1, 1), language("ja")
    assert japanese.value(told.title) == "このシステム: 数値が正しくありません"
    sentence, action = japanese.value(told.sentence), japanese.value(told.action)
    assert sentence.startswith("ドメイン4件 の数値のうち4行が")
    assert "a.example、b.example、c.example などです。" in sentence
    assert "2026年11月24日" in sentence
    assert "tlsrpt db recount --check " in action


def changed(before: Condition, *rows: int) -> tuple[object, ...]:
    """What becomes of an alert that this opened, where so many rows differ now."""
    seen = facts(differing=differing(*rows))
    return lifecycle.changes([opened(before)], rules.look(seen, THRESHOLDS, NOW), seen, NOW)


def test_it_is_told_again_at_twice_as_many_and_over_once_none_differs() -> None:
    [before] = found(facts(differing=differing(30)), "figures_differ")
    grows = []
    for rows in ((30,), (30, 29), (30, 30), (1,)):
        [change] = changed(before, *rows)
        assert isinstance(change, Update)
        grows.append(change.grows)
    assert grows == [False, False, True, False]
    [closing] = changed(before)
    assert isinstance(closing, Closing)
    assert closing.is_told


def test_a_few_more_rows_are_no_other_news() -> None:
    [before] = found(facts(differing=differing(1)), "figures_differ")
    [change] = changed(before, 1, 9)
    assert isinstance(change, Update)
    assert not change.grows
