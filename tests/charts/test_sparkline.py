"""A sparkline must show a single failure, and stay small for a long range."""

import re

from dashboard.charts import sparkline
from dashboard.charts.sparkline import HEIGHT, WIDTH


def bars(path: str) -> list[tuple[float, float]]:
    """(x, height) of each bar of a path."""
    return [(float(x), float(h)) for x, h in re.findall(rf"M([0-9.]+) {HEIGHT}v-([0-9.]+)h", path)]


def test_bars_are_scaled_to_the_highest_day() -> None:
    drawn = sparkline([(10, 0), (20, 0)])
    assert bars(drawn.sessions) == [(0.0, HEIGHT / 2), (WIDTH / 2, float(HEIGHT))]
    assert drawn.failed == ""


def test_one_failure_in_a_million_is_seen() -> None:
    assert bars(sparkline([(1_000_000, 1)]).failed)[0][1] >= 3


def test_a_day_without_sessions_leaves_a_gap() -> None:
    assert [x for x, _ in bars(sparkline([(1, 0), (0, 0), (1, 0)]).sessions)] == [0.0, 80.0]


def test_a_year_is_drawn_in_groups_that_fit() -> None:
    drawn = bars(sparkline([(1, 0)] * 365).sessions)
    assert len(drawn) <= 60
    assert all(0 <= x < WIDTH and height <= HEIGHT for x, height in drawn)


def test_nothing_to_draw() -> None:
    assert sparkline([]).sessions == ""
    assert sparkline([(0, 0)] * 30).sessions == ""
