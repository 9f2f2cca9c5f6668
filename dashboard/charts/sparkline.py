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
    groups = [daily[start : start + size] for start in range(0, len(daily), size)]
    bars = [(sum(sessions for sessions, _ in group), sum(failed for _, failed in group)) for group in groups]
    most = max((sessions for sessions, _ in bars), default=0)
    step = WIDTH / max(len(bars), 1)
    return Sparkline(
        WIDTH,
        HEIGHT,
        "".join(_bar(index, step, sessions, most, 1.0) for index, (sessions, _) in enumerate(bars)),
        "".join(_bar(index, step, failed, most, _LEAST_MARK) for index, (_, failed) in enumerate(bars)),
    )


def _bar(index: int, step: float, count: int, most: int, least: float) -> str:
    if count <= 0:
        return ""
    height = min(max(HEIGHT * count / most, least), HEIGHT)
    width = max(step - 1, step * 0.7)
    return f"M{index * step:.1f} {HEIGHT}v-{height:.1f}h{width:.1f}v{height:.1f}z"
