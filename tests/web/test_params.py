"""Query parameters: what is understood, and what is refused with a word about which parameter it was."""

from datetime import date

import pytest

from collector.errors import UsageError
from collector.store.queries import Filter
from dashboard.web import params

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("args", "first", "last"),
    [
        ({}, "2026-10-26", "2026-11-24"),  # the last 30 days ending today
        ({"from": "", "to": ""}, "2026-10-26", "2026-11-24"),  # a form with emptied fields
        ({"from": "2026-11-01"}, "2026-11-01", "2026-11-24"),
        ({"to": "2026-11-20"}, "2026-10-22", "2026-11-20"),
        ({"from": "2026-11-20", "to": "2026-11-20"}, "2026-11-20", "2026-11-20"),  # both inclusive
        ({"from": "2024-02-29", "to": "2024-03-01"}, "2024-02-29", "2024-03-01"),
        ({"to": "1970-01-01"}, "1969-12-03", "1970-01-01"),
        ({"from": "9000-12-01", "to": "9000-12-31"}, "9000-12-01", "9000-12-31"),
    ],
)
def test_days(args: dict[str, str], first: str, last: str) -> None:
    assert params.day_range(args, TODAY) == (date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    ("args", "named"),
    [
        ({"from": "yesterday"}, "from"),
        ({"from": "20261101"}, "from"),  # ISO 8601 too, but not the contract's form
        ({"from": "2026-W47-1"}, "from"),
        ({"to": "2026-02-29"}, "to"),
        ({"to": "2026-11-24T00:00:00Z"}, "to"),
        ({"to": "２０２６-11-24"}, "to"),
        ({"from": "2026-11-21", "to": "2026-11-20"}, "from"),
        ({"from": "2026-11-25"}, "from"),  # after today
        ({"to": "1969-12-31"}, "to"),
        ({"to": "9001-01-01"}, "to"),
        ({"to": "9999-12-31"}, "to"),
        ({"from": "1970-01-01", "to": "2100-01-01"}, "from"),  # more days than anybody can mean
    ],
)
def test_bad_days(args: dict[str, str], named: str) -> None:
    with pytest.raises(UsageError, match=rf"^{named}: "):
        params.day_range(args, TODAY)


@pytest.mark.parametrize(("text", "limit"), [("", 100), ("1", 1), ("1000", 1000)])
def test_limit(text: str, limit: int) -> None:
    assert params.limit({"limit": text}) == limit


@pytest.mark.parametrize("text", ["0", "-1", "1001", "ten", "1.5", "1e3", "٣", "99999999999999999999"])
def test_bad_limit(text: str) -> None:
    with pytest.raises(UsageError, match=r"^limit: "):
        params.limit({"limit": text})


@pytest.mark.parametrize(
    ("given", "normal"),
    [("", None), ("Example.COM.", "example.com"), ("bücher.example", "xn--bcher-kva.example")],
)
def test_domain(given: str, normal: str | None) -> None:
    assert params.domain({"domain": given}) == normal


@pytest.mark.parametrize("given", ["not a name", "a..example", "192.0.2.1", "x" * 300])
def test_bad_domain(given: str) -> None:
    with pytest.raises(UsageError, match=r"^domain: "):
        params.domain({"domain": given})


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ({}, None),  # a list shows everything unless it is asked otherwise
        ({"authenticated": "no"}, None),
        ({"from": "2026-11-20"}, Filter(date(2026, 11, 20), TODAY)),
        ({"authenticated": "yes"}, Filter(date(1970, 1, 1), date(9000, 12, 31), authenticated_only=True)),
    ],
)
def test_list_filter(args: dict[str, str], expected: Filter | None) -> None:
    assert params.list_filter(args, TODAY) == expected


@pytest.mark.parametrize("args", [{"authenticated": "true"}, {"format": "xml"}, {"outcome": "lost"}])
def test_bad_choice(args: dict[str, str]) -> None:
    name = next(iter(args))
    with pytest.raises(UsageError, match=rf"^{name}: "):
        params.choice(args, name, ("yes", "no"))


def test_text_without_nul() -> None:
    with pytest.raises(UsageError, match=r"^reporter: "):
        params.text({"reporter": "a\0b"}, "reporter")
