"""A sparkline: sessions per day as small bars, failed ones marked. Geometry only; the template draws it as SVG."""

from collections.abc import Sequence
from dataclasses import dataclass

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
    sessions, failed = (_grouped([day[part] for day in daily], size) for part in (0, 1))
    most = max(sessions, default=0)
    return Sparkline(WIDTH, HEIGHT, _bars(sessions, most, 1.0), _bars(failed, most, _LEAST_MARK))


def _grouped(counts: list[int], size: int) -> list[int]:
    return counts if size == 1 else [sum(counts[start : start + size]) for start in range(0, len(counts), size)]


def _bars(counts: list[int], most: int, least: float) -> str:
    # A page has a hundred of these.
    step = WIDTH / max(len(counts), 1)
    width = f"{max(step - 1, step * 0.7):.1f}"
    drawn = []
    for index, count in enumerate(counts):
        if count > 0:
            height = f"{min(max(HEIGHT * count / most, least), HEIGHT):.1f}"
            drawn.append(f"M{index * step:.1f} {HEIGHT}v-{height}h{width}v{height}z")
    return "".join(drawn)
