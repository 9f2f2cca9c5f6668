"""Days and numbers as the reasons write them."""

from collections.abc import Sequence
from datetime import date


def day(value: date) -> str:
    """`4 Nov 2026`"""
    return f"{value.day} {value:%b %Y}"


def days(first: date, last: date) -> str:
    """`on 4 Nov 2026` or `from 4 Nov 2026 to 6 Nov 2026`"""
    return f"on {day(first)}" if first == last else f"from {day(first)} to {day(last)}"


def count(number: int, one: str) -> str:
    """`1 session`, `1,234 sessions`"""
    return f"{number:,} {one}{'' if number == 1 else 's'}"


def listed(names: Sequence[str], most: int = 5) -> str:
    """`a, b and c`; of more than `most` the first ones and how many more."""
    shown = list(names[:most])
    if len(names) > most:
        shown.append(f"{len(names) - most} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
