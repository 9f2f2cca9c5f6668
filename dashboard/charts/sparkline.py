"""A sparkline: sessions per day as small bars, failed ones marked. Geometry only; the template draws it as SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest

WIDTH, HEIGHT = 120, 28
_MOST_BARS = 60
_TALLEST = 10 * HEIGHT  # heights are drawn in tenths
_HEIGHTS = tuple(f"{tenths / 10:.1f}" for tenths in range(_TALLEST + 1))
_LEAST = 10
# A failed session among a million must be seen: no mark is lower than this.
_LEAST_MARK = 30


@dataclass(frozen=True, slots=True)
class Sparkline:
    """`sessions` and `failed` are path data (SVG `d`) in a box of `width` by `height` user units."""

    width: int
    height: int
    sessions: str
    failed: str


def sparkline(daily: Sequence[tuple[int, int]]) -> Sparkline:
    """Bars for (sessions, failed) per day, oldest first; a long range is drawn in groups of days."""
    size = -(-len(daily) // _MOST_BARS) or 1
    sessions, failed = (_grouped(counts, size) for counts in zip(*daily, strict=True)) if daily else ((), ())
    most = max(sessions, default=0)
    return Sparkline(WIDTH, HEIGHT, _bars(sessions, most, _LEAST), _bars(failed, most, _LEAST_MARK))


def _grouped(counts: Sequence[int], size: int) -> Sequence[int]:
    if size == 1:
        return counts
    days = iter(counts)
    return list(map(sum, zip_longest(*[days] * size, fillvalue=0)))


def _bars(counts: Sequence[int], most: int, least: int) -> str:
    if not any(counts):
        return ""
    scale = _TALLEST / most if most else 0.0
    return "".join(
        [
            f"{begin}{_HEIGHTS[min(max(round(scale * count), least), _TALLEST)]}{end}"
            for count, (begin, end) in zip(counts, _slots(len(counts)), strict=True)
            if count > 0
        ]
    )


@lru_cache(maxsize=100)  # the two hundred of a page are alike
def _slots(bars: int) -> tuple[tuple[str, str], ...]:
    """What stands around the height of each bar in its path data."""
    step = WIDTH / max(bars, 1)
    width = f"{max(step - 1, step * 0.7):.1f}"
    return tuple((f"M{index * step:.1f} {HEIGHT}v-", f"h{width}V{HEIGHT}z") for index in range(bars))
