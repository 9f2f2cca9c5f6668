"""What is said of a week, in which order, and what is not worth a word: weeks in, sentences out."""

import re
from dataclasses import replace
from datetime import date

import pytest

from dashboard.mail.columns import width
from dashboard.summary import says
from dashboard.summary.lines import lines
from dashboard.summary.links import Links
from dashboard.summary.model import DomainWeek, Summary
from dashboard.summary.text import render
from dashboard.text import LANGUAGES, language
from tests.summary.weeks import (
    HELD_BACK,
    IN_TESTING,
    MADE_AT,
    REFUSED,
    TOO_LITTLE,
    WEEK,
    cause,
    certificate,
    change,
    domain,
    held_back,
    in_testing,
    summary,
)

MOVE_ON = "Publish the policy with mode enforce: the file first, then a new id in the _mta-sts record."
SILENT = {"reports": 0, "successful": 0}

SAID: list[tuple[str, DomainWeek, list[str]]] = [
    ("well", domain(), []),
    (
        "held back: how much, by whom, why",
        held_back(),
        [
            "Mail is being held back: 50 sessions failed under a policy in enforce. "
            "By: bigmail.example (40) and office.example (10).",
            "Certificate expired (certificate-expired): 50 failures; new this week; at one MX only, mx2.example.com.",
        ],
    ),
    (
        "in testing: what enforce would have refused",
        in_testing(verdict=REFUSED, failed=12, would_refuse=12, top_failures=(cause(failed=12, is_new=False),)),
        [
            "enforce would have held back 12 sessions of this week.",
            "Certificate expired (certificate-expired): 12 failures; "
            "told by bigmail.example (40) and office.example (10); at one MX only, mx2.example.com.",
        ],
    ),
    ("in testing and clean: move on", in_testing(), [MOVE_ON]),
    (
        "one reporter alone",
        held_back(
            held_back_by=(), top_failures=(cause(kind="one_reporter", reporter="a.example", mx=None, mx_hosts=()),)
        ),
        [
            "Mail is being held back: 50 sessions failed under a policy in enforce.",
            "Certificate expired (certificate-expired): 50 failures; new this week; "
            "told by one reporter only, a.example.",
        ],
    ),
    (
        "more causes than are told",
        held_back(top_failures=tuple(cause(f"type-{each}", is_new=False) for each in range(7))),
        [
            "Mail is being held back: 50 sessions failed under a policy in enforce. "
            "By: bigmail.example (40) and office.example (10).",
            *(f"Certificate expired (type-{each}): 50 failures; at one MX only, mx2.example.com." for each in range(5)),
            "And 2 more result types: type-5 and type-6.",
        ],
    ),
    (
        "a change",
        domain(policy_changes=(change(),)),
        ["18 Nov 2026, 06:30 UTC, published policy: testing → enforce."],
    ),
    (
        "certificates",
        domain(certificates=(certificate(-1), certificate(1), certificate(20))),
        [
            "The certificate of mx1.example.com ended on 22 Nov 2026.",
            "The certificate of mx1.example.com ends on 24 Nov 2026, in 1 day.",
            "The certificate of mx1.example.com ends on 13 Dec 2026, in 20 days.",
        ],
    ),
    (
        "a reporter is silent",
        domain(silent_reporters=("a.example",)),
        ["1 regular reporter sent nothing about this week: a.example."],
    ),
    ("all are silent", domain(**SILENT), ["The last report came on 23 Nov 2026, 03:00 UTC."]),
    ("none has ever come", domain(**SILENT, last_report=None), ["No report about this domain has ever come."]),
]


@pytest.mark.parametrize(("one", "said"), [pytest.param(*row[1:], id=row[0]) for row in SAID])
def test_what_is_said(one: DomainWeek, said: list[str]) -> None:
    assert [line.text for line in lines(one)] == said


FIGURES = [
    (domain(), "700 sessions, 0 failed (0 %). The week before: 700 sessions, 0 failed (0 %)."),
    (held_back(), "700 sessions, 50 failed (7.14 %). The week before: 700 sessions, 0 failed (0 %)."),
    (domain(successful=1), "1 session, 0 failed (0 %). The week before: 700 sessions, 0 failed (0 %)."),
    (domain(successful_last_week=0), "700 sessions, 0 failed (0 %). None were reported the week before."),
    (domain(successful=0), "No session was reported; 700 in the week before."),
    (domain(successful=0, successful_last_week=0), "No session was reported, nor in the week before."),
    (
        domain(successful=1234567, failed=1),
        "1,234,568 sessions, 1 failed (< 0.01 %). The week before: 700 sessions, 0 failed (0 %).",
    ),
]


@pytest.mark.parametrize(("one", "said"), FIGURES)
def test_figures_stand_against_the_week_before(one: DomainWeek, said: str) -> None:
    assert says.figures(one) == said


def test_a_verdict_that_changed_says_so() -> None:
    assert says.verdict(domain()) == "Enforce is healthy: no mail is held back."
    assert says.verdict(held_back()) == "Enforce is not healthy. At the end of the week before: ready; now: not ready."


OPENINGS = [
    ("no domain", summary(), "No domain has been added yet", "TLS reports 2026-W47: no domain yet"),
    ("one, well", summary(domain()), "Your domain is well", "TLS reports 2026-W47: example.com ready"),
    ("all well", summary(domain(), domain("b.example")), "All 2 domains are well", "TLS reports 2026-W47: 2 ready"),
    ("one, not", summary(in_testing()), "Your domain asks", "TLS reports 2026-W47: example.com ready"),
    (
        "some",
        summary(held_back(), in_testing("b.example", verdict=TOO_LITTLE), domain("c.example")),
        "2 of 3 domains ask for your attention. Mail was held back: 50 sessions failed under a policy in enforce.",
        "TLS reports 2026-W47: 1 not ready, 1 insufficient data and 1 ready",
    ),
]


@pytest.mark.parametrize(("given", "opening", "subject"), [pytest.param(*row[1:], id=row[0]) for row in OPENINGS])
def test_subject_and_first_sentence_tell_how_it_is(given: Summary, opening: str, subject: str) -> None:
    assert says.opening(given).startswith(opening)
    assert says.subject(given) == subject


def test_the_most_important_comes_first() -> None:
    ordered = [
        held_back("held.example"),
        domain("ill.example", verdict=HELD_BACK),
        in_testing("newly.example", verdict=REFUSED),
        in_testing("still.example", verdict=REFUSED, verdict_before="not_ready"),
        domain("many.example", failed=9),
        domain("few.example", failed=2),
        domain("news.example", silent_reporters=("a.example",)),
        in_testing("on.example"),
        in_testing("wait.example", verdict=TOO_LITTLE, verdict_before="insufficient_data"),
        domain("a.example"),
        domain("b.example"),
    ]
    assert list(summary(*reversed(ordered)).domains) == ordered
    assert [one.domain for one in ordered if one.is_well] == ["wait.example", "a.example", "b.example"]


def test_whoever_wants_mails_only_if_needed_gets_none_of_a_good_week() -> None:
    assert summary(domain()).is_well
    assert not summary(domain(), in_testing("b.example")).is_well
    assert not summary(domain(), quarantined=(("dkim_fail", 1),)).is_well
    assert not summary(domain(), foreign=(("foreign.example", 1),)).is_well
    assert summary(domain(), quarantined=None, foreign=None).is_well


def test_a_week_that_is_not_over_says_so() -> None:
    assert says.period(summary()) == "Week 2026-W47: 16 Nov 2026 to 22 Nov 2026, UTC days."
    early = replace(summary(), made_at=MADE_AT.replace(day=20))
    assert says.period(early).endswith("The week is not over: these are the figures so far.")


def test_no_session_at_all_is_said_once() -> None:
    quiet = in_testing(verdict=replace(TOO_LITTLE, evidence=replace(TOO_LITTLE.evidence, sessions=0)))
    told = [line.text for line in lines(replace(quiet, is_well=False)) if line.kind == "reason"]
    assert not any("are needed" in text for text in told)
    assert any("are needed" in line.text for line in lines(in_testing(verdict=TOO_LITTLE)))


def test_the_whole_text() -> None:
    found = summary(
        held_back(), domain("b.example"), quarantined=(("dkim_fail", 1),), foreign=(("foreign.example", 2),)
    )
    written = render(found, language("en"), Links("https://tls.example.com"))
    assert written == (
        "Week 2026-W47: 16 Nov 2026 to 22 Nov 2026, UTC days.\n"
        "\n"
        "1 of 2 domains asks for your attention. Mail was held back: 50 sessions\n"
        "failed under a policy in enforce.\n"
        "\n"
        "example.com: not ready (mode enforce since 3 Aug 2026)\n"
        "------------------------------------------------------\n"
        "Enforce is not healthy. At the end of the week before: ready; now: not\n"
        "ready.\n"
        "700 sessions, 50 failed (7.14 %). The week before: 700 sessions, 0\n"
        "failed (0 %).\n"
        "! Mail is being held back: 50 sessions failed under a policy in enforce.\n"
        "  By: bigmail.example (40) and office.example (10).\n"
        "! Certificate expired (certificate-expired): 50 failures; new this week;\n"
        "  at one MX only, mx2.example.com.\n"
        "  What to do: Renew it.\n"
        "https://tls.example.com/domains/example.com?from=2026-11-16&to=2026-11-22\n"
        "\n"
        "Well: b.example.\n"
        "\n"
        "1 delivery of this week is in quarantine and not counted (dkim_fail\n"
        "(1)).\n"
        "https://tls.example.com/deliveries?outcome=quarantined\n"
        "\n"
        "2 deliveries of this week are about domains that were not added:\n"
        "foreign.example (2).\n"
        "https://tls.example.com/deliveries?outcome=unassigned\n"
        "\n"
        "https://tls.example.com/?from=2026-11-16&to=2026-11-22\n"
    )
    assert "http" not in render(found, language("en"), Links(None))


def test_no_english_is_left_in_japanese() -> None:
    """Names, codes and modes stay as they are."""
    given = summary(
        *(replace(one, top_failures=()) for one in (held_back(), in_testing("b.example"), domain("c.example"))),
        domain("d.example", silent_reporters=("a.example",), certificates=(certificate(-1), certificate(20))),
        domain("e.example", **SILENT, last_report=None),
        quarantined=(("dkim_fail", 3),),
        foreign=(("foreign.example", 2),),
    )
    written = render(given, language("ja"), Links(None))
    kept = r"[\w.-]+\.(?:example|com)|dkim_fail|enforce|testing|_mta-sts|MX|UTC|TLS|2026-W47|id"
    assert re.findall(r"[A-Za-z]{2,}", re.sub(kept, "", written)) == []


def test_since_when_a_mode_is_in_force() -> None:
    assert says.mode(in_testing(mode_since=date(2026, 10, 20))) == "mode testing since 20 Oct 2026"
    assert says.mode(domain(mode="unknown", mode_since=None)) == "mode unknown"
    assert (IN_TESTING.word, WEEK.last) == ("ready", date(2026, 11, 22))


@pytest.mark.parametrize("tag", LANGUAGES)
def test_no_line_takes_more_than_72_columns(tag: str) -> None:
    given = summary(held_back(), in_testing("new.example", verdict=REFUSED), quarantined=(("dkim_fail", 3),))
    written = render(given, language(tag), Links(None)).splitlines()
    assert len(written) > 10
    assert [line for line in written if width(line) > 72] == []
