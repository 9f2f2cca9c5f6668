"""How figures, days and strangers' strings are written, and what codes are said to mean: tables without a server."""

from datetime import UTC, date, datetime

import pytest

from collector.delivery import OUTCOMES
from collector.monitor.model import ERRORS
from collector.report.model import MODES, RESULT_TYPES, UNSPECIFIED
from dashboard import explain
from dashboard.web.pages import filters


@pytest.mark.parametrize(
    ("failed", "sessions", "text"),
    [
        (0, 0, "–"),
        (0, 5, "0 %"),
        (5, 5, "100 %"),
        (1, 3, "33.3 %"),
        (1, 1000, "0.10 %"),
        (1, 1_000_000, "< 0.01 %"),
        (999_999, 1_000_000, "> 99.99 %"),
    ],
)
def test_a_rate_is_never_rounded_to_nothing_or_to_everything(failed: int, sessions: int, text: str) -> None:
    assert filters.rate(failed, sessions) == text


@pytest.mark.parametrize(("value", "text"), [(0, "0"), (1234567, "1,234,567"), (None, "unknown")])
def test_numbers(value: int | None, text: str) -> None:
    assert filters.number(value) == text


def test_days_and_moments_are_utc() -> None:
    assert filters.day(date(2026, 11, 4)) == "Wed 4 Nov 2026"
    assert filters.moment(datetime(2026, 11, 4, 7, 5, tzinfo=UTC)) == "4 Nov 2026, 07:05 UTC"


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        ((2026, 11, 4), (2026, 11, 4), "Wed 4 Nov 2026"),
        ((2026, 11, 4), (2026, 11, 6), "Wed 4 Nov to Fri 6 Nov 2026"),
        ((2025, 12, 31), (2026, 1, 1), "Wed 31 Dec 2025 to Thu 1 Jan 2026"),
    ],
)
def test_ranges_of_days(first: tuple[int, int, int], last: tuple[int, int, int], text: str) -> None:
    assert filters.days_text(date(*first), date(*last)) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("Bücher 日本", "Bücher 日本"),
        ("250-a\r\n250 b", "250-a\n250 b"),
        ("a\rb", "a\\u000db"),
        ("bell\x07", "bell\\u0007"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
    ],
)
def test_a_strangers_invisible_characters_are_made_visible(text: str, shown: str) -> None:
    assert filters.told(text) == shown


@pytest.mark.parametrize("link", ["https://help.example/a?b=1", "http://help.example", "https://[2001:db8::1]:8443/"])
def test_links_that_are_followed(link: str) -> None:
    assert filters.web_link(link) == link


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "javascript:alert(1)",
        " javascript:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,x",
        "//help.example/",
        "https:///path",
        "https://help.example/ with blanks",
        "https://help.example:port/",
        "https://help.example/\u202e",
        "see https://help.example/",
        "https://[broken",
    ],
)
def test_text_that_is_no_link(text: str | None) -> None:
    assert filters.web_link(text) is None


@pytest.mark.parametrize("code", [*RESULT_TYPES, UNSPECIFIED])
def test_every_result_type_is_explained(code: str) -> None:
    what = explain.result_type(code)
    assert what.title != code
    assert what.meaning
    assert what.causes
    assert what.action
    assert what.fault
    assert what.source
    assert "DOMAIN" not in what.title + what.meaning  # pages show these as they are


def test_a_result_type_nobody_knows_keeps_its_name() -> None:
    assert explain.result_type("made-up").title == "made-up"
    assert "not in RFC 8460" in explain.result_type("made-up").meaning


@pytest.mark.parametrize("code", ERRORS)
def test_every_fetch_error_is_explained(code: str) -> None:
    what = explain.fetch_error(code)
    assert what != explain.fetch_error("?")
    assert what.meaning
    assert what.action
    assert "DOMAIN" not in what.meaning
    assert what.source.startswith("RFC 8461 3.")


def test_every_other_code_is_explained() -> None:
    assert all(explain.outcome(code) for code in OUTCOMES)
    assert len({explain.mode(code) for code in MODES}) == len(MODES)
    assert [explain.consequence(mode)[0] for mode in ("enforce", "testing", "none")] == [
        "held back",
        "would have been held back",
        "may have gone in clear",
    ]


REASONS = "dkim_missing dkim_fail dkim_unaligned dkim_length_tag dkim_service not_a_report unpack json schema limit"


@pytest.mark.parametrize("code", REASONS.split())
def test_every_reason_of_the_contract_is_explained(code: str) -> None:
    assert explain.reason(code)
