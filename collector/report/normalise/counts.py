"""Mends counts in place: digits in a string (Q46), whole numbers with a fraction (Q47). Others are refused before."""

from typing import Any

from collector.errors import ReportRefused
from collector.report.model import LARGEST_COUNT as LARGEST
from collector.report.notes import Notes

OF_SUMMARY = ("total-successful-session-count", "total-failure-session-count")


def mend(document: dict[str, Any], notes: Notes) -> None:
    """Every count of the document is then an int from 0 to LARGEST, null or absent. Raises ReportRefused (`schema`)."""
    for position, entry in enumerate(document["policies"]):
        where = f"/policies/{position}"
        summary = entry.get("summary")
        if summary is not None:
            for name in OF_SUMMARY:
                _mend(summary, name, f"{where}/summary", notes)
        for index, detail in enumerate(entry.get("failure-details") or ()):
            if type(detail.get("failed-session-count")) is not int:
                _mend(detail, "failed-session-count", f"{where}/failure-details/{index}", notes)


def _mend(value: dict[str, Any], name: str, where: str, notes: Notes) -> None:
    count = value.get(name)
    if isinstance(count, str):
        value[name] = int(count)
        notes.add("Q46", f"{where}/{name}: a string instead of a number")
    elif isinstance(count, float):
        value[name] = int(count)
        notes.add("Q47", f"{where}/{name}: a number with a fraction")
    if value.get(name) is not None and value[name] > LARGEST:
        raise ReportRefused("schema", f"{where}/{name}: {value[name]} is greater than {LARGEST}")
