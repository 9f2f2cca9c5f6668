"""What stands behind the bars of the main chart: bands of the modes, lines where the policy changed."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from dashboard.charts.modes import Band, Change
from dashboard.text import Language, Text, say

_BANDS = {
    "enforce": "rgba(0, 158, 115, 0.16)",
    "testing": "rgba(230, 190, 0, 0.20)",
    "none": "rgba(128, 128, 128, 0.16)",
    "unknown": "rgba(190, 90, 170, 0.18)",
}
# A label needs about this share of the width; a narrower band is named on hover and in the table.
_LABEL_SHARE = 0.12


def mode_bands(found: tuple[Band, ...], days: int, words: Language) -> list[dict[str, Any]]:
    rects = []
    legend = _legend(found)
    for band in found:
        rect: dict[str, Any] = {
            "type": "rect",
            "name": band.mode,
            "layer": "below",
            "xref": "x",
            "yref": "paper",
            "x0": start(band.first),
            "x1": start(band.last + timedelta(days=1)),
            "y0": 0,
            "y1": 1,
            "fillcolor": _BANDS.get(band.mode, _BANDS["unknown"]),
            "line": {"width": 0},
            # Before our own observations begin, the mode is hearsay: paler.
            "opacity": 1.0 if band.source == "published" else 0.6,
            "legendgroup": band.mode,
            "showlegend": band in legend,
        }
        if (band.last - band.first).days + 1 >= days * _LABEL_SHARE:
            rect["label"] = {
                "text": named(band.mode, band.source, say("reported"), words),
                "textposition": "top left",
                "font": {"size": 12},
            }
        rects.append(rect)
    return rects


def _legend(found: tuple[Band, ...]) -> frozenset[Band]:
    """One band of each mode stands in the legend, in its full colour where there is one."""
    first: dict[str, Band] = {}
    for band in sorted(found, key=lambda band: band.source != "published"):
        first.setdefault(band.mode, band)
    return frozenset(first.values())


def change_lines(marks: list[Change]) -> list[dict[str, Any]]:
    return [
        {
            "type": "line",
            "name": mark.kind,
            "layer": "above",
            "xref": "x",
            "yref": "paper",
            "x0": moment(mark.at),
            "x1": moment(mark.at),
            "y0": 0,
            "y1": 1,
            "line": {"width": 1, "dash": "dot", "color": "#7a7a7a"},
        }
        for mark in marks
        if mark.kind in ("mode", "policy")
    ]


def moment(at: datetime) -> str:
    # plotly.js knows no zones: every x is UTC.
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def start(day: date) -> str:
    return day.isoformat()


def named(mode: str, source: str, mark: Text, words: Language) -> str:
    """The mode, marked where only reports tell it; nobody reports `unknown`."""
    if mode == "unknown":
        return say("unknown").told(words)
    if source == "published":
        return mode
    return say("%(mode)s (%(mark)s)", mode=mode, mark=mark).told(words)
