"""Query rows -> figures. No Flask, no SQL: the same charts serve the pages, the API and whoever imports them."""

from dashboard.charts.heat import Heat, heat
from dashboard.charts.locale import locale
from dashboard.charts.main import main_chart
from dashboard.charts.modes import Band, Change, bands, changes
from dashboard.charts.sparkline import Sparkline, sparkline
from dashboard.charts.weeks import by_week, is_by_week

__all__ = [
    "Band",
    "Change",
    "Heat",
    "Sparkline",
    "bands",
    "by_week",
    "changes",
    "heat",
    "is_by_week",
    "locale",
    "main_chart",
    "sparkline",
]
