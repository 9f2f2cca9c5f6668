"""The main chart: what a reader may rely on in the figure, whatever draws it."""

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import plotly.graph_objects as go
import pytest

from collector.store.queries import Daily, DayFigures, Policies, PublishedPolicy
from dashboard.charts import locale, main_chart
from dashboard.text import language

FIRST = date(2026, 11, 1)


def days(*rows: tuple[str, str, int, int]) -> Daily:
    """Consecutive days from 1 November: (mode, its source, successful, failed)."""
    return Daily(
        tuple(
            DayFigures(FIRST + timedelta(days=index), mode, source, 1, successful, failed)
            for index, (mode, source, successful, failed) in enumerate(rows)
        )
    )


def published(
    mode: str, day: int, *, error: str | None = None, mx: tuple[str, ...] = ("mx.example",)
) -> PublishedPolicy:
    at = datetime(2026, 11, day, 14, 30, tzinfo=UTC)
    return PublishedPolicy(mode, "1", 86400, mx, at, at, None, error, None)


def figure(daily: Daily, *history: PublishedPolicy) -> go.Figure:
    """The figure after the journey that it makes to the browser: validated again from its JSON."""
    made = main_chart(daily, Policies(history, ()))
    assert isinstance(made, go.Figure)
    return go.Figure(json.loads(made.to_json()))


def trace(chart: go.Figure, name: str) -> go.Bar:
    [found] = [each for each in chart.data if each.name == name]
    return found


def rects(chart: go.Figure) -> list[tuple[str, str, str]]:
    return [(shape.name, shape.x0, shape.x1) for shape in chart.layout.shapes if shape.type == "rect"]


def test_a_bar_per_result_and_day_stacked() -> None:
    chart = figure(days(("enforce", "published", 10, 0), ("enforce", "published", 7, 3)))
    bars = [each for each in chart.data if each.type == "bar"]
    assert [bar.name for bar in bars] == ["Successful", "Failed"]
    assert chart.layout.barmode == "stack"
    assert [list(bar.x) for bar in bars] == [["2026-11-01", "2026-11-02"]] * 2
    assert [list(bar.y) for bar in bars] == [[10, 7], [0, 3]]


def test_a_bar_stands_within_its_day() -> None:
    chart = figure(days(("enforce", "published", 10, 0)))
    assert (trace(chart, "Successful").xperiod, trace(chart, "Successful").xperiodalignment) == (86_400_000, "middle")
    assert tuple(chart.layout.xaxis.range) == ("2026-11-01", "2026-11-02")


def test_the_failure_rate_has_a_gap_where_there_were_no_sessions() -> None:
    chart = figure(days(("none", "published", 3, 1), ("none", "published", 0, 0), ("none", "published", 5, 0)))
    assert list(trace(chart, "Failure rate").y) == [0.25, None, 0.0]
    assert not trace(chart, "Failure rate").connectgaps


@pytest.mark.parametrize(
    ("failed", "top"),
    [(0, 0.01), (1, 0.01), (500, 0.56)],
    ids=["no failures", "one in a thousand stays small", "half of them"],
)
def test_the_rate_axis_does_not_exaggerate(failed: int, top: float) -> None:
    chart = figure(days(("enforce", "published", 1000 - failed, failed)))
    assert chart.layout.yaxis2.range[1] == pytest.approx(top)


def test_days_of_one_mode_are_one_band_that_ends_with_its_last_day() -> None:
    chart = figure(
        days(
            *[("testing", "reported", 1, 0)] * 2, *[("testing", "published", 1, 0)] * 2, ("enforce", "published", 1, 0)
        )
    )
    assert rects(chart) == [
        ("testing", "2026-11-01", "2026-11-03"),
        ("testing", "2026-11-03", "2026-11-05"),
        ("enforce", "2026-11-05", "2026-11-06"),
    ]
    assert [shape.label.text for shape in chart.layout.shapes] == ["testing (reported)", "testing", "enforce"]
    # In the legend each mode stands once, in its full colour: bands that only reports tell are paler.
    assert [shape.showlegend for shape in chart.layout.shapes] == [False, True, True]
    assert [shape.opacity for shape in chart.layout.shapes] == [0.6, 1, 1]


def test_a_mode_nobody_knows_is_drawn_too() -> None:
    assert rects(figure(days(("none", "published", 1, 0), ("unknown", "published", 0, 0)))) == [
        ("none", "2026-11-01", "2026-11-02"),
        ("unknown", "2026-11-02", "2026-11-03"),
    ]


def test_a_change_of_the_policy_is_marked_at_its_moment() -> None:
    month = days(*[("testing", "published", 1, 0)] * 9, *[("enforce", "published", 1, 0)] * 21)
    chart = figure(month, published("testing", 2), published("enforce", 10), published("unknown", 20, error="timeout"))
    marks = trace(chart, "Policy change")
    assert list(marks.x) == ["2026-11-02 14:30", "2026-11-10 14:30", "2026-11-20 14:30"]
    assert list(marks.customdata) == ["first seen: testing", "testing → enforce", "fetch failed: timeout"]
    assert [(s.name, s.x0) for s in chart.layout.shapes if s.type == "line"] == [("mode", "2026-11-10 14:30")]


def test_the_day_itself_tells_its_mode_and_what_changed() -> None:
    chart = figure(days(("testing", "reported", 1, 0), ("enforce", "published", 1, 0)), published("enforce", 2))
    told = list(trace(chart, "Failed").customdata)
    assert told == ["testing (as reported)", "enforce<br>14:30 first seen: enforce"]
    assert trace(chart, "Policy change").hoverinfo == "skip"


def test_a_change_outside_the_range_is_not_marked() -> None:
    chart = figure(days(("enforce", "published", 1, 0)), published("testing", 2), published("enforce", 3))
    assert [each.name for each in chart.data] == ["Successful", "Failed", "Failure rate"]


def test_no_days_make_a_valid_figure() -> None:
    chart = figure(Daily(()))
    assert rects(chart) == []
    assert list(trace(chart, "Successful").x or ()) == []


def test_no_markup_is_needed_to_draw_it() -> None:
    """`<b>` would become a style attribute, which the Content-Security-Policy forbids."""
    chart = figure(days(("enforce", "published", 1, 1)), published("enforce", 1))
    assert "<b" not in chart.to_json().replace("<br", "").replace("\\u003cbr", "")


def _texts(chart: go.Figure) -> list[str]:
    """Everything in it that people read."""
    layout = chart.layout
    titles = [layout.yaxis.title.text, layout.yaxis2.title.text, layout.xaxis.hoverformat]
    labels = [shape.label.text for shape in layout.shapes if shape.label.text]
    hovers = [text for each in chart.data for text in (each.hovertemplate, *(each.customdata or ())) if text]
    return [*titles, *labels, *[each.name for each in chart.data], *hovers]


@pytest.mark.parametrize("count", [3, 130], ids=["days", "weeks"])
def test_a_chart_speaks_the_language_that_is_asked_for(count: int) -> None:
    rows = [("unknown", "published", 9, 1), ("testing", "reported", 9, 1), *[("testing", "published", 9, 1)] * count]
    daily = replace_first(days(*rows), unauthenticated=2)
    history = (published("testing", 2), published("testing", 3, mx=("mx2.example",)), published("", 4, error="dns"))
    made = main_chart(daily, Policies(history, ()), language("ja"))
    left = [re.sub(r"<extra></extra>|<br>|%\{[^}]*\}", "", text) for text in _texts(made)]
    words = {word for text in left for word in re.findall(r"[A-Za-z]{2,}", text)}
    assert words == {"testing", "UTC", "mx", "dns"}
    assert [shape.name for shape in made.layout.shapes if shape.type == "rect"] == ["unknown", "testing", "testing"]


def replace_first(daily: Daily, *, unauthenticated: int) -> Daily:
    first, *others = daily.days
    return Daily((replace(first, unauthenticated=unauthenticated), *others))


def test_days_and_months_are_called_as_the_language_does() -> None:
    [(tag, made)] = locale(language("ja"))["locales"].items()
    assert (tag, made["format"]["shortDays"]) == ("ja", ["日", "月", "火", "水", "木", "金", "土"])
    assert made["format"]["months"][0] == "1月"
    assert made["format"]["dayMonth"] == "%-m月%-d日"
    assert all(told != hint for hint, told in made["dictionary"].items())
    english = locale(language("en"))["locales"]["en"]["format"]
    assert (english["days"][0], english["shortMonths"][11]) == ("Sunday", "Dec")
