"""The heat map of failures by MX and day: which cells, and how dark. Geometry only; the template draws it as SVG."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import log

from collector.store.queries import MxDay
from dashboard.charts.weeks import MOST_DAYS, monday

# Shades of one colour, told apart by their lightness alone; a cell without failures has none.
SHADES = 4
_MOST_HOSTS = 12


@dataclass(frozen=True, slots=True)
class Cell:
    """Column `index` from the left; `shade` 1 to SHADES; `first` is the day, or the first day of the week."""

    index: int
    shade: int
    failed: int
    first: date


@dataclass(frozen=True, slots=True)
class Row:
    """One MX; "" for failures without one. `worst` is its darkest cell, of several the latest."""

    mx: str
    failed: int
    cells: tuple[Cell, ...]
    worst: Cell


@dataclass(frozen=True, slots=True)
class Heat:
    """Hosts with failures, most first; `more` of them are left out. A column is a day, of a long range an ISO week."""

    columns: int
    is_by_week: bool
    rows: tuple[Row, ...]
    more: int


def heat(found: Iterable[MxDay], first: date, last: date) -> Heat:
    """`first` and `last` are those of the range."""
    by_week = (last - first).days + 1 > MOST_DAYS
    begin, step = (monday(first), 7) if by_week else (first, 1)
    columns = (last - begin).days // step + 1
    failed: dict[str, dict[int, int]] = {}
    for each in found:
        of_mx = failed.setdefault(each.mx, {})
        index = (each.day - begin).days // step
        of_mx[index] = of_mx.get(index, 0) + each.failed
    most = max((count for of_mx in failed.values() for count in of_mx.values()), default=0)
    ranked = sorted(failed.items(), key=lambda item: (-sum(item[1].values()), item[0]))
    rows = tuple(_row(mx, cells, most, begin, step) for mx, cells in ranked[:_MOST_HOSTS])
    return Heat(columns, by_week, rows, max(0, len(ranked) - _MOST_HOSTS))


def _row(mx: str, counts: dict[int, int], most: int, begin: date, step: int) -> Row:
    cells: Sequence[Cell] = [
        Cell(index, shade(count, most), count, begin + timedelta(days=index * step))
        for index, count in sorted(counts.items())
    ]
    return Row(mx, sum(counts.values()), tuple(cells), max(cells, key=lambda cell: (cell.failed, cell.index)))


def shade(count: int, most: int) -> int:
    """By the logarithm: one failure and ten thousand are both seen."""
    if count <= 0:
        return 0
    return 1 if most <= 1 else 1 + min(SHADES - 1, int(SHADES * log(count) / log(most)))
