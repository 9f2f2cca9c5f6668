"""CSV: numbers stay numbers, and no cell becomes a formula."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from dashboard.web import csv


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, ""),
        (True, "yes"),
        (False, "no"),
        (0, "0"),
        (-5, "-5"),  # a true number
        (2**63 - 1, "9223372036854775807"),
        (date(2026, 11, 20), "2026-11-20"),
        (datetime(2026, 11, 20, 1, 2, 3, tzinfo=UTC), "2026-11-20T01:02:03Z"),
        (datetime(2026, 11, 20, 1, 2, 3, tzinfo=timezone(timedelta(hours=1))), "2026-11-20T00:02:03Z"),
        ("plain", "plain"),
        ("a=b", "a=b"),
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),  # text that looks like a number is text
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("\n=1", "'\n=1"),
        ("", ""),
    ],
)
def test_cell(value: csv.Cell, cell: str) -> None:
    assert csv.cell(value) == cell


def test_file() -> None:
    written = csv.write(["name", "n"], [["a,b", 1], ['say "x"', None], ["ü\r\n250-x", 3]])
    assert written == 'name,n\r\n"a,b",1\r\n"say ""x""",\r\n"ü\r\n250-x",3\r\n'.encode()
