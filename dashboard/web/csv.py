"""CSV that a spreadsheet opens without running anything that a report says."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from uuid import UUID

Cell = str | int | bool | date | datetime | UUID | None
Rows = Iterable[Sequence[Cell]]

# A cell beginning with one of these is a formula to a spreadsheet, or hides one behind a blank.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def write(columns: Sequence[str], rows: Rows) -> bytes:
    """A heading and the rows, UTF-8, lines ending CRLF (RFC 4180)."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows([cell(value) for value in row] for row in rows)
    return out.getvalue().encode("utf-8", "replace")


def cell(value: Cell) -> str:
    """One cell: unknown is empty, numbers stay numbers, and text never becomes a formula."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case int():
            return str(value)
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        case date() | UUID():
            return str(value)
        case _:
            return f"'{value}" if value.startswith(_FORMULA) else value
