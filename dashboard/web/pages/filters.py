"""Template filters: how numbers, days and strings from strangers are written on a page."""

import unicodedata
from datetime import date, datetime
from urllib.parse import urlsplit

from flask import Blueprint
from flask_babel import gettext, ngettext

from collector import domains
from collector.text import say_n
from dashboard import explain
from dashboard.text import FORMS, percent_of
from dashboard.web.i18n import spoken, tr
from dashboard.words import word

# Invisible characters that reorder or hide text, besides the control characters (Q58).
_HIDDEN = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}
_LONGEST_IN_ADDRESS = 500
_MOST_TOLD = 2000


def number(value: int | None) -> str:
    """`1,234,567`; None, which is not known, is `unknown`."""
    return str(gettext("unknown")) if value is None else spoken().number(value)


def rate(failed: int, sessions: int) -> str:
    """The share that failed, never rounded to nothing or to everything: `0.12 %`, `< 0.01 %`, `> 99.99 %`."""
    return "–" if sessions <= 0 else spoken().percent(percent_of(failed, sessions))


def change(now: int, before: int) -> str:
    """From one period to the next: `+12 %`, `−8 %`; nothing where there was nothing to compare with."""
    if not before:
        return ""
    percent = round(100 * (now - before) / before)
    sign = "+" if percent > 0 else "−" if percent < 0 else "±"
    return f"{sign}{spoken().percent(spoken().number(abs(percent)))}"


def language_name(tag: str) -> str:
    """The name of a language in itself."""
    return FORMS[tag].name


def day(value: date) -> str:
    """`Tue 24 Nov 2026`"""
    return spoken().day(value)


def moment(value: datetime) -> str:
    """`24 Nov 2026, 13:45 UTC`"""
    return spoken().moment(value)


def days_text(first: date, last: date) -> str:
    """`Tue 24 Nov 2026` or `Tue 24 Nov to Thu 26 Nov 2026`."""
    return spoken().days(first, last)


def size(value: int) -> str:
    """Bytes as people read them: `812 bytes`, `4.2 KB`, `1.3 MB`."""
    if value < 1000:
        return str(ngettext("%(n)s byte", "%(n)s bytes", value, n=value))
    return f"{value / 1000:.1f} KB" if value < 1_000_000 else f"{value / 1_000_000:.1f} MB"


def told(value: object, most: int = _MOST_TOLD) -> str:
    """A string from a stranger, with its invisible characters made visible; line ends stay (Q58, Q106).

    Of more than `most` characters the first ones, and how many more there are.
    """
    text = str(tr(value))
    more = len(text) - most
    shown = "".join(_visible(char) for char in text[:most].replace("\r\n", "\n"))
    return shown if more <= 0 else shown + str(gettext("… (%(n)s characters more)", n=number(more)))


def _visible(char: str) -> str:
    if char == "\n" or char.isprintable() or unicodedata.category(char) not in _HIDDEN:
        return char
    return f"\\u{ord(char):04x}"


def web_link(value: str | None) -> str | None:
    """`value` if it is an http or https address, whole and without tricks; else None."""
    if not value or any(char.isspace() or not char.isprintable() for char in value):
        return None
    try:
        parts = urlsplit(value)
        # The port is read lazily, and may be nonsense.
        usable = parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        return None
    return value if usable else None


def in_address(value: str | None) -> bool:
    """Whether a name can stand in a path as it is: a browser or a server would change some forms on the way."""
    if not value or len(value) > _LONGEST_IN_ADDRESS or any(unicodedata.category(char) in _HIDDEN for char in value):
        return False
    return all(part not in ("", ".", "..") for part in value.split("/"))


def plural(count: int, one: str, many: str | None = None) -> str:
    """`1 session`, `1,234 sessions`; the words are those of `_COUNTED`."""
    return str(ngettext(f"%(n)s {one}", f"%(n)s {many or one + 's'}", count, n=number(count)))


# What `plural` counts, for the catalogues (`make translations`).
_COUNTED = (
    say_n("%(n)s session", "%(n)s sessions", 2),
    say_n("%(n)s failure", "%(n)s failures", 2),
    say_n("%(n)s report", "%(n)s reports", 2),
    say_n("%(n)s reporter", "%(n)s reporters", 2),
    say_n("%(n)s domain", "%(n)s domains", 2),
    say_n("%(n)s day", "%(n)s days", 2),
    say_n("%(n)s reported day", "%(n)s reported days", 2),
    say_n("%(n)s week", "%(n)s weeks", 2),
    say_n("%(n)s delivery", "%(n)s deliveries", 2),
    say_n("%(n)s problem", "%(n)s problems", 2),
    say_n("%(n)s other host", "%(n)s other hosts", 2),
    say_n("%(n)s more cause", "%(n)s more causes", 2),
)


def register(blueprint: Blueprint) -> None:
    """Make them known to every template, the error page and the login form included."""
    for function in (number, rate, change, day, moment, days_text, size, told, web_link, in_address, plural):
        blueprint.app_template_filter(function.__name__)(function)
    blueprint.app_template_filter("domain_name")(domains.display)
    blueprint.app_template_filter("word")(word)
    blueprint.app_template_filter("language_name")(language_name)
    blueprint.app_template_global("explain")(_explain)


def _explain(kind: str, code: str) -> object:
    """`explain('result_type', code)` and so on: the functions of dashboard.explain."""
    return _EXPLAIN[kind](code)


_EXPLAIN = {
    "result_type": explain.result_type,
    "consequence": explain.consequence,
    "mode": explain.mode,
    "fetch_error": explain.fetch_error,
    "outcome": explain.outcome,
    "reason": explain.reason,
}
