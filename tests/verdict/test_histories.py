"""Histories in, the verdict and the reasons against it out. A row for each rule, and the edges of the thresholds."""

import pytest

from collector.settings import Verdict as Thresholds
from collector.store.queries import Evidence
from dashboard.verdict import Verdict, judge
from tests.verdict.made import MX, NOW, THRESHOLDS, WEEK, ago, broken, evidence, seen


def against(verdict: Verdict) -> set[str]:
    return {reason.code for reason in verdict.reasons if reason.ok is False}


def judged(given: Evidence) -> Verdict:
    return judge(given, THRESHOLDS, NOW)


READY, NOT_READY, INSUFFICIENT = "ready", "not_ready", "insufficient_data"
NOTHING: set[str] = set()

# what, mode, a letter a day until yesterday (made.py), the verdict, reasons against it, clean days, would_refuse
HISTORIES = [
    ("four clean weeks", "testing", "c" * 28, READY, NOTHING, 28, 0),
    ("just enough clean days", "testing", "c" * 14, READY, NOTHING, 14, 0),
    ("one clean day short", "testing", "c" * 13, INSUFFICIENT, {"clean_days"}, 13, 0),
    ("nothing was ever reported", "testing", "." * 28, INSUFFICIENT, {"clean_days", "sessions", "reporters", "recent"}, 0, 0),
    ("a gap in between is not clean", "testing", "c" * 7 + "." * 14 + "c" * 6, INSUFFICIENT, {"clean_days"}, 13, 0),
    ("every other day makes up for it", "testing", ".c" * 14, READY, NOTHING, 14, 0),
    ("silent for three days", "testing", "c" * 20 + "..", READY, NOTHING, 20, 0),
    ("silent for longer", "testing", "c" * 20 + "...", INSUFFICIENT, {"recent"}, 20, 0),
    ("silent for two weeks", "testing", "c" * 14 + "." * 14, INSUFFICIENT, {"recent"}, 14, 0),
    ("failed yesterday", "testing", "c" * 27 + "t", NOT_READY, {"would_refuse", "clean_days"}, 0, 3),
    ("failed all the time", "testing", "t" * 28, NOT_READY, {"would_refuse", "clean_days"}, 0, 84),
    ("failed 14 days ago", "testing", "c" * 14 + "t" + "c" * 13, NOT_READY, {"would_refuse", "clean_days"}, 13, 3),
    ("failed 15 days ago", "testing", "c" * 13 + "t" + "c" * 14, READY, NOTHING, 14, 3),
    ("failed, then too few days were reported", "testing", "c" * 13 + "t" + ".cc" * 4 + "cc", INSUFFICIENT, {"clean_days"}, 10, 3),
    ("failed, then silence", "testing", "c" * 10 + "t" + "." * 17, INSUFFICIENT, {"clean_days", "recent"}, 0, 3),
    ("failures without a detail count", "testing", "c" * 27 + "s", NOT_READY, {"would_refuse", "clean_days"}, 0, 3),
    ("a cached policy that could not be renewed", "testing", "c" * 27 + "P", NOT_READY, {"would_refuse", "clean_days"}, 0, 3),
    ("details without a failed session are none", "testing", "c" * 27 + "o", READY, NOTHING, 28, 0),
    ("failed for DANE alone", "testing", "c" * 27 + "d", READY, NOTHING, 28, 0),
    ("failed with no policy", "testing", "c" * 27 + "nc", READY, NOTHING, 28, 0),
    ("failed under an unknown mode", "testing", "c" * 27 + "u", READY, NOTHING, 28, 0),
    ("senders cannot fetch the policy", "testing", "c" * 27 + "p", NOT_READY, {"policy_failures", "clean_days"}, 0, 0),
    ("senders could not fetch it long ago", "testing", "cp" + "c" * 20, READY, NOTHING, 20, 0),
    ("an old enforce in a cache", "testing", "c" * 27 + "e", NOT_READY, {"held_back", "clean_days"}, 0, 3),
    ("enforce, clean", "enforce", "c" * 28, READY, NOTHING, 28, 0),
    ("enforce, mail held back", "enforce", "c" * 27 + "e", NOT_READY, {"held_back", "clean_days"}, 0, 3),
    ("enforce, a testing in a cache", "enforce", "c" * 27 + "t", NOT_READY, {"would_refuse", "clean_days"}, 0, 3),
    ("enforce, held back, over since", "enforce", "e" + "c" * 15, READY, NOTHING, 15, 3),
    ("enforce, nobody reports", "enforce", "", INSUFFICIENT, {"clean_days", "sessions", "reporters", "recent"}, 0, 0),
    ("testing and enforce on one history", "enforce", "c" * 20 + "tttteeee", NOT_READY, {"held_back", "would_refuse", "clean_days"}, 0, 24),
]  # fmt: skip


@pytest.mark.parametrize(
    ("mode", "line", "word", "codes", "days", "would_refuse"),
    [pytest.param(*row[1:], id=row[0]) for row in HISTORIES],
)
def test_histories(mode: str, line: str, word: str, codes: set[str], days: int, would_refuse: int) -> None:
    verdict = judged(evidence(line, mode))
    assert (verdict.word, against(verdict)) == (word, codes)
    assert (verdict.evidence.days, verdict.evidence.would_refuse) == (days, would_refuse)


@pytest.mark.parametrize(
    ("least", "word", "codes"),
    [
        (Thresholds(days=28, sessions=280, reporters=2), READY, NOTHING),
        (Thresholds(sessions=281), INSUFFICIENT, {"sessions"}),
        (Thresholds(reporters=3), INSUFFICIENT, {"reporters"}),
        (Thresholds(days=1, sessions=1, reporters=1), READY, NOTHING),
    ],
)
def test_thresholds_are_the_least_that_is_enough(least: Thresholds, word: str, codes: set[str]) -> None:
    verdict = judge(evidence("c" * 28), least, NOW)
    assert (verdict.word, against(verdict)) == (word, codes)


def test_the_needed_days_say_how_old_a_failure_must_be() -> None:
    given = evidence("c" * 20 + "t" + "c" * 7)
    assert judge(given, Thresholds(days=7), NOW).word == READY
    assert judge(given, Thresholds(days=8), NOW).word == NOT_READY


OLD = {"mx": ("old.example.com",)}

# what, changes to the evidence of four clean weeks, the verdict, reasons against it, reasons that are not known
PUBLISHED = [
    ("fetched an hour ago", {}, READY, NOTHING, {"certificates"}),
    ("fetched two days ago", {"history": (seen(last=2),)}, READY, NOTHING, {"certificates"}),
    ("not fetched for longer", {"history": (seen(last=2.01),)}, INSUFFICIENT, {"policy"}, {"certificates"}),
    ("nobody has looked", {"history": (), "in_force": None, "mx": None}, INSUFFICIENT, {"policy"}, {"policy_id", "mx", "certificates"}),
    ("the fetch fails, the cached one stands", {"history": (seen(last=3), broken())}, NOT_READY, {"policy"}, {"certificates"}),
    ("the fetch fails, none is in force", {"mode": "unknown", "history": (broken(),), "in_force": None}, NOT_READY, {"policy"}, {"policy_id", "mx", "certificates"}),
    ("two records are none", {"mode": "unknown", "history": (broken("several_records"),), "in_force": None}, NOT_READY, {"policy"}, {"policy_id", "mx", "certificates"}),
    ("the record is gone, the cached one stands", {"history": (seen(last=3), broken("no_record"))}, NOT_READY, {"policy"}, {"certificates"}),
    ("changed, and the id too", {"history": (seen(last=2, **OLD), seen(first=2, policy_id="2"))}, READY, NOTHING, {"certificates"}),
    ("changed, and the id not", {"history": (seen(last=2, **OLD), seen(first=2))}, NOT_READY, {"policy_id"}, {"certificates"}),
    ("mode changed, and the id not", {"history": (seen("enforce", last=2), seen(first=2))}, NOT_READY, {"policy_id"}, {"certificates"}),
    ("changed under the same id, the old one is over", {"history": (seen(last=8, **OLD), seen(first=8))}, READY, NOTHING, {"certificates"}),
    ("changed under the same id, a new id followed", {"history": (seen(last=3, **OLD), seen(first=3, last=2), seen(first=2, policy_id="2"))}, READY, NOTHING, {"certificates"}),
    ("changed under the same id, a failed fetch between", {"history": (seen(last=4, **OLD), broken(first=4, last=2), seen(first=2))}, NOT_READY, {"policy_id"}, {"certificates"}),
    ("only max_age changed", {"history": (seen(last=2, max_age=WEEK * 2), seen(first=2))}, READY, NOTHING, {"certificates"}),
    ("an MX is not in the policy", {"mx": (*MX, "mx3.example.com")}, NOT_READY, {"mx"}, {"certificates"}),
    ("a wildcard stands for one label", {"in_force": seen(mx=("*.example.com",))}, READY, NOTHING, {"certificates"}),
    ("a wildcard does not stand for two", {"in_force": seen(mx=("*.example.com",)), "mx": ("a.mx.example.com",)}, NOT_READY, {"mx"}, {"certificates"}),
    ("a wildcard does not stand for none", {"in_force": seen(mx=("*.example.com",)), "mx": ("example.com",)}, NOT_READY, {"mx"}, {"certificates"}),
    ("no MX was ever seen", {"mx": None, "mx_seen": None}, READY, NOTHING, {"mx", "certificates"}),
    ("the MX were read long ago", {"mx_seen": ago(3)}, READY, NOTHING, {"mx", "certificates"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "word", "codes", "unknown"), [pytest.param(*row[1:], id=str(row[0])) for row in PUBLISHED]
)
def test_the_published_policy(changes: dict[str, object], word: str, codes: set[str], unknown: set[str]) -> None:
    verdict = judged(evidence(**changes))  # type: ignore[arg-type]
    assert (verdict.word, against(verdict)) == (word, codes)
    assert {reason.code for reason in verdict.reasons if reason.ok is None} == unknown


@pytest.mark.parametrize(
    ("what", "given"),
    [
        ("mode none is published", evidence(mode="none")),
        ("nothing was ever published", evidence("", "unknown", history=(broken("no_record"),), in_force=None)),
        ("nobody has looked, the reports say none", evidence("", "none", history=(), in_force=None)),
    ],
)
def test_without_mta_sts_there_is_nothing_to_judge(what: str, given: Evidence) -> None:
    verdict = judged(given)
    assert verdict.word == "not_applicable", what
    assert [reason.code for reason in verdict.reasons] == ["mode"]
    assert verdict.is_well


def test_what_is_told_and_weighs_nothing() -> None:
    given = evidence("c" * 25 + "dun", unauthenticated=40)
    told = {reason.code: reason for reason in judged(given).reasons}
    assert [told[code].ok for code in ("dane", "not_judged", "unauthenticated")] == [None, None, None]
    assert told["dane"].text.startswith("3 failures of DANE alone (tlsa-invalid)")
    assert told["not_judged"].text.startswith("6 failures told without")
    assert told["unauthenticated"].text.startswith("40 of the 280 sessions")


@pytest.mark.parametrize(
    ("mode", "line", "sentence", "next_step"),
    [
        ("testing", "c" * 28, "It is safe to go to enforce.", "Publish the policy with mode enforce"),
        ("enforce", "c" * 28, "Enforce is healthy", "Nothing."),
        ("testing", "c" * 27 + "t", "It is not safe", "Find the cause"),
        ("enforce", "c" * 27 + "e", "Enforce is not healthy", "Find the cause"),
        ("testing", "c" * 3, "There is not enough", "Wait"),
        ("testing", "", "There is not enough", "Wait"),
    ],
)
def test_it_is_said_in_a_sentence_with_what_follows(mode: str, line: str, sentence: str, next_step: str) -> None:
    verdict = judged(evidence(line, mode))
    assert verdict.sentence.startswith(sentence)
    assert verdict.next_step.startswith(next_step)


@pytest.mark.parametrize("row", HISTORIES, ids=lambda row: str(row[0]))
def test_each_reason_can_be_checked(row: tuple[str, str, str, str, set[str], int, int]) -> None:
    """A whole sentence, each code once, and what to do about each that is against it."""
    verdict = judged(evidence(row[2], row[1]))
    codes = [reason.code for reason in verdict.reasons]
    assert len(codes) == len(set(codes))
    assert all(
        reason.text.endswith(".") and (reason.text[0].isupper() or reason.text[0].isdigit())
        for reason in verdict.reasons
    )
    assert all(reason.fix for reason in verdict.reasons if reason.ok is False)


def test_the_shape_is_the_contracts() -> None:
    shape = judged(evidence("c" * 27 + "t")).shape()
    assert list(shape) == ["verdict", "reasons", "evidence"]
    assert shape["evidence"] == {"days": 0, "sessions": 280, "reporters": 2, "would_refuse": 3}
    assert all(list(reason) == ["code", "text", "ok"] for reason in shape["reasons"])  # type: ignore[attr-defined]
    assert {type(reason["ok"]) for reason in shape["reasons"]} == {bool}  # type: ignore[attr-defined]
