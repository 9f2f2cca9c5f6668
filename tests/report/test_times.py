"""Date-times as they come (Q30 to Q33): what is read, what is noted, what is refused."""

from datetime import UTC, datetime

import pytest

from collector.errors import ReportRefused
from collector.report.normalise import times
from collector.report.notes import Notes

READ = [
    ("2026-11-20T00:00:00Z", "2026-11-20T00:00:00", []),
    ("2026-11-20t23:59:59z", "2026-11-20T23:59:59", []),  # RFC 3339 section 5.6: letters of either case
    ("2026-11-20T00:00:00+00:00", "2026-11-20T00:00:00", []),  # Q31
    ("2026-11-20T01:30:00+05:30", "2026-11-19T20:00:00", []),
    ("2026-11-20T22:00:00-08:00", "2026-11-21T06:00:00", []),
    ("2026-11-20T00:00:00.25Z", "2026-11-20T00:00:00.250000", []),
    ("2026-11-20T00:00:00.123456789Z", "2026-11-20T00:00:00.123456", []),
    ("2026-11-20T00:00:00." + "9" * 5000 + "Z", "2026-11-20T00:00:00.999999", []),
    ("2026-12-31T23:59:60Z", "2027-01-01T00:00:00", []),  # a leap second
    ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00", []),
    ("2026-11-20T00:00:00", "2026-11-20T00:00:00", ["Q30"]),  # Microsoft
    ("2026-11-20 00:00:00", "2026-11-20T00:00:00", ["Q30"]),
    ("2026-11-20 00:00:00Z", "2026-11-20T00:00:00", ["Q32"]),
    ("2026-11-20", "2026-11-20T00:00:00", ["Q32"]),
    ("20261120", "2026-11-20T00:00:00", ["Q32"]),
    ("20261120T060000Z", "2026-11-20T06:00:00", ["Q32"]),
    ("2026-11-20T24:00:00Z", "2026-11-21T00:00:00", ["Q32"]),
    ("2026-11-20T12:00Z", "2026-11-20T12:00:00", ["Q32"]),
    ("2026-11-20T12:00:00+0100", "2026-11-20T11:00:00", ["Q32"]),
    ("2026-11-20T12:00:00 UTC", "2026-11-20T12:00:00", ["Q32"]),
    (" 2026-11-20T12:00:00Z\n", "2026-11-20T12:00:00", ["Q32"]),
    ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00", []),
    ("9000-12-31T23:59:59Z", "9000-12-31T23:59:59", []),
]
REFUSED = [
    "",
    "yesterday",
    "1763596800",
    "2026-13-01T00:00:00Z",
    "2026-02-30T00:00:00Z",
    "2026-11-20T24:00:01Z",
    "2026-11-20T25:00:00Z",
    "2026-11-20T12:61:00Z",
    "2026-11-20T12:00:61Z",
    "2026-11-20T12:00:00+24:00",
    "2026-W47-5",
    "2026-11-20T12:00:00Z and more",
    "٢٠٢٦-11-20T00:00:00Z",
    "1969-12-31T23:59:59Z",
    "1970-01-01T00:00:00+01:00",
    "0001-01-01T00:00:00+23:59",
    "9001-01-01T00:00:00Z",
    "9999-12-31T23:59:59-23:59",
]


@pytest.mark.parametrize(("sent", "expected", "codes"), READ, ids=[case[0][:30] for case in READ])
def test_read(sent: str, expected: str, codes: list[str]) -> None:
    notes = Notes()
    assert times.parse(sent, "/date-range/start-datetime", notes) == datetime.fromisoformat(expected).replace(
        tzinfo=UTC
    )
    assert [finding.code for finding in notes.findings()] == codes


@pytest.mark.parametrize("sent", REFUSED, ids=[case[:30] for case in REFUSED])
def test_refused(sent: str) -> None:
    with pytest.raises(ReportRefused) as refused:
        times.parse(sent, "/date-range/start-datetime", Notes())
    assert refused.value.code == "schema"
    assert refused.value.message.startswith("/date-range/start-datetime: ")
