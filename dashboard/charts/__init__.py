"""Query rows -> figures. No Flask, no SQL: the same charts serve the pages, the API and whoever imports them."""

from dashboard.charts.main import main_chart
from dashboard.charts.modes import Band, Change, bands, changes
from dashboard.charts.sparkline import Sparkline, sparkline

__all__ = ["Band", "Change", "Sparkline", "bands", "changes", "main_chart", "sparkline"]
