"""Whose fault it looks like: failures by day, reporter and MX in, what they have in common out."""

from dataclasses import dataclass

import pytest

from collector.store.queries import FailedDay, PublishedPolicy
from dashboard.verdict import Blame, blame, judge
from tests.verdict.made import MX, NOW, THRESHOLDS, broken, day, evidence, seen

MX1, MX2 = MX
EXPIRED, BROKE_OFF = "certificate-expired", "validation-failure"
DAYS = tuple(day(ago) for ago in range(28, 0, -1))

# (days ago, reporter, MX, failed sessions)
Row = tuple[int, str, str, int]


def failures(*rows: Row, result_type: str = EXPIRED) -> list[FailedDay]:
    return [FailedDay(day(ago), "testing", result_type, failed, who, mx) for ago, who, mx, failed in rows]


@dataclass(frozen=True)
class Case:
    what: str
    rows: tuple[Row, ...]
    kind: str
    reporters: int = 3
    mx: tuple[str, ...] = MX
    only: tuple[str | None, str | None] = (None, None)  # the reporter and the MX that are named
    is_new: bool = True


CASES = [
    Case("one of three reporters", ((3, "a", MX1, 1), (2, "a", MX2, 1)), "one_reporter", only=("a", None)),
    Case("one reporter, at one MX", ((3, "a", MX1, 1), (2, "a", MX1, 1)), "one_reporter", only=("a", MX1)),
    Case("the only reporter there is, at one MX", ((3, "a", MX1, 1),), "one_mx", reporters=1, only=(None, MX1)),
    Case("the only reporter there is", ((3, "a", MX1, 1), (3, "a", MX2, 1)), "several", reporters=1),
    Case("one MX of two", ((3, "a", MX2, 1), (2, "b", MX2, 5)), "one_mx", only=(None, MX2)),
    Case("one MX, and who tells none does not disagree", ((3, "a", MX2, 5), (3, "b", "", 2)), "one_mx", only=(None, MX2)),
    Case("one MX named by few", ((3, "a", MX2, 1), (3, "b", "", 20)), "everybody"),
    Case("one MX that DNS does not know beside one that it does", ((3, "a", "old.example", 1), (3, "b", "old.example", 1)), "one_mx", mx=(MX1,), only=(None, "old.example")),
    Case("the only MX there is", ((3, "a", MX1, 1), (3, "b", MX1, 1)), "everybody", mx=(MX1,), only=(None, MX1)),
    Case("everybody, since three days ago", ((3, "a", MX1, 1), (3, "b", MX2, 1), (2, "c", MX1, 1)), "everybody"),
    Case("everybody, all the time", tuple((ago, who, mx, 1) for ago in range(28, 0, -1) for who, mx in zip("abc", (*MX, MX1), strict=True)), "everybody", is_new=False),
    Case("two of three are most", ((3, "a", MX1, 1), (2, "b", MX2, 1)), "everybody"),
    Case("two of four are not", ((3, "a", MX1, 1), (2, "b", MX2, 1)), "several", reporters=4),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.what)
def test_what_the_failures_have_in_common(case: Case) -> None:
    [found] = blame(failures(*case.rows), reporters=case.reporters, mx=case.mx, days=DAYS)
    assert found.kind == case.kind
    assert (found.reporter, found.mx) == case.only
    assert found.is_new == case.is_new
    assert found.failed == sum(row[3] for row in case.rows)


def test_each_result_type_has_its_own_answer_the_most_frequent_first() -> None:
    rows = [
        *failures((9, "a", MX1, 2), (8, "a", MX1, 2), result_type=BROKE_OFF),
        *failures((5, "a", MX2, 9), (5, "b", MX2, 9)),
    ]
    found = blame(rows, reporters=3, mx=MX, days=DAYS)
    assert [(each.result_type, each.kind) for each in found] == [(EXPIRED, "one_mx"), (BROKE_OFF, "one_reporter")]
    assert (found[1].first_day, found[1].last_day) == (day(9), day(8))


ALL_SINCE_3 = failures((3, "a", MX1, 1), (3, "b", MX2, 1), (1, "c", MX1, 1))
CHANGES = [
    ("that very day", (seen("testing", 60, 4), seen("enforce", 3)), ("21 Nov 2026, published policy: testing → enforce",)),
    ("the day before: senders learn of it within a day", (seen(last=5), seen(first=4, mx=(MX1,))), ("20 Nov 2026, published policy: new mx",)),
    ("earlier", (seen("testing", 60, 6), seen("enforce", 5)), ()),
    ("later", (seen("testing", 60, 3), seen("enforce", 2)), ()),
    ("the fetch failed", (seen(last=4), broken("tls", first=3)), ("21 Nov 2026, published policy: fetch failed: tls",)),
    ("our first look is no change of yours", (seen(first=3),), ()),
    ("nothing", (seen(),), ()),
]  # fmt: skip


@pytest.mark.parametrize(("what", "history", "changed"), CHANGES, ids=[row[0] for row in CHANGES])
def test_what_you_changed_then(what: str, history: tuple[PublishedPolicy, ...], changed: tuple[str, ...]) -> None:
    [found] = blame(ALL_SINCE_3, reporters=3, mx=MX, days=DAYS, history=history)
    assert found.changed == changed


def test_one_reporter_alone_has_not_met_your_change() -> None:
    history = (seen("testing", 60, 4), seen("enforce", 3))
    [found] = blame(failures((3, "a", MX1, 1)), reporters=3, mx=MX, days=DAYS, history=history)
    assert found.changed == ()


def test_it_is_said_in_a_sentence() -> None:
    history = (seen("testing", 60, 4), seen("enforce", 3))
    [found] = blame(ALL_SINCE_3, reporters=3, mx=MX, days=DAYS, history=history)
    assert found.text == (
        "Certificate expired (certificate-expired), from 21 Nov 2026 to 23 Nov 2026: most reporters tell it, so it is "
        "likely yours. There was none before 21 Nov 2026. What changed then: "
        "21 Nov 2026, published policy: testing → enforce."
    )
    one = Blame(BROKE_OFF, "one_reporter", 3, day(2), day(2), reporter="{0.kind}.example")
    assert "one reporter only ({0.kind}.example)" in one.text


def test_a_verdict_tells_it_and_says_what_to_do_about_the_fault_of_now() -> None:
    told = [
        *failures((27, "a", MX1, 90), (27, "b", MX2, 90), result_type="starttls-not-supported"),
        *failures((2, "a", MX2, 4), (2, "b", MX2, 4)),
    ]
    ceiling = {(day(27), "testing"): 180, (day(2), "testing"): 8}
    found = judge(evidence(failed=tuple(told), ceiling=ceiling), THRESHOLDS, NOW)
    assert [reason.code for reason in found.reasons if reason.code.startswith("blame_")] == [
        "blame_everybody",
        "blame_one_mx",
    ]
    assert found.word == "not_ready"
    assert found.next_step.startswith("Renew the certificate and restart")


def test_failures_that_say_nothing_about_enforce_are_nobodys_fault() -> None:
    dane = FailedDay(day(2), "testing", "tlsa-invalid", 4, "a", MX1)
    bare = FailedDay(day(2), "none", EXPIRED, 4, "a", MX1)
    found = judge(evidence(failed=(dane, bare), ceiling={(day(2), "testing"): 4}), THRESHOLDS, NOW)
    assert not [reason for reason in found.reasons if reason.code.startswith("blame_")]
    assert found.word == "ready"
