"""The main chart: sessions per day against the mode of that day, and when the policy changed."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

import plotly.graph_objects as go

from collector.store.queries import Daily, DayFigures, Policies
from dashboard.charts.modes import Change, bands, changes
from dashboard.charts.shapes import change_lines, mode_bands, moment, named, start
from dashboard.charts.weeks import by_week, is_by_week, monday
from dashboard.text import Language, Text, language, say

# Blue and vermilion stay apart for every kind of colour vision (Okabe and Ito); modes are named in the chart besides.
SUCCESSFUL, FAILED = "#4384bf", "#d55e00"
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class _Period:
    """What one bar stands for: `place` puts it in the middle of its days."""

    days: int
    place: dict[str, Any]


_MIDDLE = {"xperiodalignment": "middle"}
_DAY = _Period(1, {"xperiod": _DAY_MS, **_MIDDLE})
# Plotly counts weeks from a Sunday unless it is told a Monday.
_WEEK = _Period(7, {"xperiod": 7 * _DAY_MS, "xperiod0": "2000-01-03", **_MIDDLE})
_MOST_CHANGES = 3
_SYMBOLS = {
    "first": "circle-open",
    "mode": "triangle-down",
    "policy": "diamond",
    "error": "x",
    "recovered": "circle",
}
# Sessions above, their failure rate below: three failures in ten thousand sessions are seen in the second only.
_SESSIONS_AXIS, _RATE_AXIS = [0.34, 0.94], [0.0, 0.24]


def main_chart(daily: Daily, policies: Policies, words: Language | None = None) -> go.Figure:
    """The figure of one domain. Traces: bars `Successful` and `Failed`, stacked; `Failure rate` below; `Policy change`;
    `Unauthenticated` if there are such sessions. `words` is the language of names, titles and hover texts, by default
    English.

    Mode bands are layout shapes of type rect whose `name` is the mode; a changed policy is also a line shape.
    More than 120 days are drawn by ISO week. An empty range gives a figure without bars.
    """
    words = words or language("en")
    marks = _in_range(changes(policies.published), daily)
    period = _WEEK if is_by_week(daily) else _DAY
    days = by_week(daily).days if period is _WEEK else daily.days
    return go.Figure(
        data=[
            *_bars(days, marks, period, words),
            *_unauthenticated(days, period, words),
            _rate(days, period, words),
            *_marks(marks, words),
        ],
        layout={
            "template": "none",
            "barmode": "stack",
            "bargap": 0.15,
            "hovermode": "x unified",
            "hoversubplots": "axis",
            "dragmode": False,
            "autosize": True,
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "margin": {"l": 56, "r": 12, "t": 8, "b": 36},
            "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
            "xaxis": _x_axis(daily, period, words),
            "yaxis": _sessions_axis(days, words),
            "yaxis2": {
                "domain": _RATE_AXIS,
                "title": {"text": say("Failed").told(words), "font": {"size": 13}},
                "tickformat": "~p",
                "rangemode": "tozero",
                "range": _rate_range(days),
                "fixedrange": True,
                "nticks": 3,
            },
            "yaxis3": {"overlaying": "y", "range": [0, 1], "visible": False, "fixedrange": True},
            "shapes": [*mode_bands(bands(daily), len(daily.days), words), *change_lines(marks)],
        },
    )


def _x_axis(daily: Daily, period: _Period, words: Language) -> dict[str, Any]:
    axis: dict[str, Any] = {
        "type": "date",
        "anchor": "y2",
        "ticklabelmode": "period",
        "hoverformat": words.forms.bar_of_week if period is _WEEK else words.forms.bar_of_day,
        "spikethickness": 1,
        "spikedash": "dot",
        "spikecolor": "#7a7a7a",
        "showgrid": False,
        "fixedrange": True,
    }
    if daily.days:
        first, last = daily.days[0].day, daily.days[-1].day
        if period is _WEEK:  # whole weeks have room, though the range may cut the first and the last
            first, last = monday(first), monday(last) + timedelta(days=6)
        axis["range"] = [start(first), start(last + timedelta(days=1))]
    return axis


def _sessions_axis(days: tuple[DayFigures, ...], words: Language) -> dict[str, Any]:
    most = max((day.successful + day.failed for day in days), default=0)
    axis: dict[str, Any] = {
        "domain": _SESSIONS_AXIS,
        "title": {"text": say("Sessions").told(words), "font": {"size": 13}},
        "tickformat": ",d",
        "rangemode": "tozero",
        "fixedrange": True,
        "nticks": 6,
    }
    # Half sessions do not exist: below the number of ticks, one tick for each.
    return axis | ({"dtick": 1, "range": [0, max(most, 1) * 1.1]} if most < axis["nticks"] else {})


def _bars(days: tuple[DayFigures, ...], marks: list[Change], period: _Period, words: Language) -> list[dict[str, Any]]:
    common = {
        "type": "bar",
        "x": [start(day.day) for day in days],
        **period.place,
        "customdata": [_day_text(day, marks, period, words) for day in days],
    }
    return [
        {
            **common,
            "name": say("Successful").told(words),
            "y": [day.successful for day in days],
            "marker": {"color": SUCCESSFUL},
            "hovertemplate": _hover(say("%(n)s successful", n="%{y:,}"), words),
        },
        {
            **common,
            "name": say("Failed").told(words),
            "y": [day.failed for day in days],
            "marker": {"color": FAILED},
            "hovertemplate": _hover(say("%(n)s failed, mode %(mode)s", n="%{y:,}", mode="%{customdata}"), words),
        },
    ]


def _unauthenticated(days: tuple[DayFigures, ...], period: _Period, words: Language) -> list[dict[str, Any]]:
    """A dash across the bar, as high as the sessions that nobody vouches for; none where there are none."""
    if not any(day.unauthenticated for day in days):
        return []
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "name": say("Unauthenticated").told(words),
            "x": [start(day.day) for day in days],
            **period.place,
            "y": [day.unauthenticated or None for day in days],
            "marker": {"symbol": "line-ew", "size": 9, "line": {"width": 2, "color": "#7a7a7a"}},
            "hovertemplate": _hover(say("%(n)s told without authentication", n="%{y:,}"), words),
        }
    ]


def _day_text(day: DayFigures, marks: list[Change], period: _Period, words: Language) -> str:
    """The mode of a day, and what changed on it: the marks themselves would catch the pointer of the days around."""
    mode = named(day.mode, day.mode_source, say("as reported"), words)
    changed = [
        f"<br>{moment(mark.at)[-5 if period is _DAY else 5 :]} {mark.text.told(words)}"
        for mark in marks
        if timedelta() <= mark.at.astimezone(UTC).date() - day.day < timedelta(days=period.days)
    ]
    return mode + "".join(changed[:_MOST_CHANGES]) + ("<br>…" if len(changed) > _MOST_CHANGES else "")


def _hover(text: Text, words: Language) -> str:
    """A hover text; the box beside it, which would repeat the trace's name, stays away."""
    return f"{text.told(words)}<extra></extra>"


def _rate(days: tuple[DayFigures, ...], period: _Period, words: Language) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": say("Failure rate").told(words),
        "showlegend": False,
        "yaxis": "y2",
        "x": [start(day.day) for day in days],
        **period.place,
        # A day without sessions has no rate: the line has a gap there.
        "y": [_rate_of(day) for day in days],
        "connectgaps": False,
        "line": {"color": FAILED, "width": 1.5},
        "marker": {"color": FAILED, "size": 4},
        "hovertemplate": _hover(say("%(share)s of the sessions failed", share="%{y:.3~p}"), words),
    }


def _rate_of(day: DayFigures) -> float | None:
    sessions = day.successful + day.failed
    return day.failed / sessions if sessions else None


def _rate_range(days: tuple[DayFigures, ...]) -> list[float]:
    """From 0 to a little over the highest rate; at least to 1 %, so that nothing looks like a catastrophe."""
    highest = max((_rate_of(day) or 0.0 for day in days), default=0.0)
    return [0, max(highest * 1.12, 0.01)]


def _in_range(found: tuple[Change, ...], daily: Daily) -> list[Change]:
    if not daily.days:
        return []
    first = datetime.combine(daily.days[0].day, time(), UTC)
    end = datetime.combine(daily.days[-1].day + timedelta(days=1), time(), UTC)
    return [change for change in found if first <= change.at < end]


def _marks(marks: list[Change], words: Language) -> list[dict[str, Any]]:
    if not marks:
        return []
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "name": say("Policy change").told(words),
            "yaxis": "y3",
            "x": [moment(mark.at) for mark in marks],
            "y": [0.99] * len(marks),
            "customdata": [mark.text.told(words) for mark in marks],
            "cliponaxis": False,
            "marker": {
                "size": 11,
                "color": "#7a7a7a",
                "symbol": [_SYMBOLS[mark.kind] for mark in marks],
            },
            "hoverinfo": "skip",
            "showlegend": False,
        }
    ]
