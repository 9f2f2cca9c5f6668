"""A sparkline: sessions per day as small bars, failed ones marked. Geometry only; the template draws it as SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

WIDTH, HEIGHT = 120, 28
_MOST_BARS = 60
# A failed session among a million must be seen: no mark is lower than this.
_LEAST_MARK = 3.0


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
    return Sparkline(WIDTH, HEIGHT, _bars(sessions, most, 1.0), _bars(failed, most, _LEAST_MARK))


def _grouped(counts: Sequence[int], size: int) -> Sequence[int]:
    return counts if size == 1 else [sum(counts[start : start + size]) for start in range(0, len(counts), size)]


def _bars(counts: Sequence[int], most: int, least: float) -> str:
    scale = HEIGHT / most if most else 0.0
    return "".join(
        [
            f"{begin}{min(max(scale * count, least), HEIGHT):.1f}{end}"
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
