"""How Plotly writes days, months and numbers in a language: the `locale` and `locales` of its configuration.

The names come from CLDR, the patterns from dashboard.text; nothing of Plotly's own locale files is needed.
"""

from typing import Any

from babel.dates import get_day_names, get_month_names

from dashboard.text import Language, say

# What Plotly says by itself in a chart like ours: after a click into the legend, and after a zoom.
_HINTS = (
    say("Double-click on legend to isolate one trace"),
    say("Double-click to zoom back out"),
)


def locale(language: Language) -> dict[str, Any]:
    """`{"locale": tag, "locales": {tag: {"dictionary", "format"}}}`, to be merged into the configuration."""
    return {
        "locale": language.tag,
        "locales": {
            language.tag: {
                "dictionary": {str(hint): hint.told(language) for hint in _HINTS},
                "format": {
                    "days": _days(language.tag, "wide"),
                    "shortDays": _days(language.tag, "abbreviated"),
                    "months": _months(language.tag, "wide"),
                    "shortMonths": _months(language.tag, "abbreviated"),
                    **language.forms.axis,
                },
            }
        },
    }


def _days(tag: str, width: str) -> list[str]:
    """From Sunday on, as Plotly counts them; Babel begins with Monday, as 0."""
    names = get_day_names(width, locale=tag)  # type: ignore[arg-type]  # a Literal of its own
    return [names[(day - 1) % 7] for day in range(7)]


def _months(tag: str, width: str) -> list[str]:
    names = get_month_names(width, locale=tag)  # type: ignore[arg-type]
    return [names[month] for month in range(1, 13)]
