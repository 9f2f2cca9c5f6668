"""The languages that pages speak, and texts that can be told in each of them.

For whoever writes code that people read:

- A pure module makes its texts with `say`, `say_n`, `sentences`, `clauses` and `listed` (see collector.text): English
  for everybody who takes them as str, and any language on a page. They know neither Flask nor a catalogue.
- A template shows them as ever: `{{ reason.text }}` and `{{ reason.text | told }}` are in the language of the page.
  Where another filter or `~` comes first, translate before: `{{ text | tr | replace('a', 'b') }}`,
  `{{ texts | map('tr') | join }}`, `_('... %(what)s', what=text | tr)`.
- Words of a template itself: `{{ _('English %(name)s', name=...) }}`, `{% trans %}...{% endtrans %}`,
  `{{ ngettext('%(n)s day', '%(n)s days', count, n=count | number) }}`. A literal percent sign is `%%`.
- `make translations` then says what the catalogue lacks.

The catalogue is `web/translations/TAG/LC_MESSAGES/messages.po`, read as it is when a language is first asked for:
there is nothing to compile.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

from collector.text import English, Text, Value, clauses, listed, say, say_n, sentences
from dashboard.recall import CONTEXT, Recall

__all__ = ["LANGUAGES", "Language", "Text", "clauses", "language", "listed", "percent_of", "say", "say_n", "sentences"]

_FOLDER = Path(__file__).parent / "web" / "translations"
_MOST_DAYS_KEPT = 4096
_MOST_TEXTS_KEPT = 4096


@dataclass(frozen=True, slots=True)
class Forms:
    """How a language writes: dates as CLDR patterns, the rest as templates."""

    name: str  # of the language, in itself
    date: str
    day: str  # with its weekday
    day_without_year: str
    moment: str
    days: str  # from one day to another
    percent: str
    between_sentences: str
    between_clauses: str
    between_names: str
    before_last_name: str
    more: str
    # In a chart, as d3 writes times: below an axis by what a tick stands for, and over a bar.
    axis: Mapping[str, str]
    bar_of_day: str
    bar_of_week: str


FORMS = {
    "en": Forms(
        name="English",
        date="d MMM y",
        day="E d MMM y",
        day_without_year="E d MMM",
        moment="{date}, {time} UTC",
        days="{first} to {last}",
        percent="{} %",
        between_sentences=" ",
        between_clauses="; ",
        between_names=", ",
        before_last_name=" and ",
        more="{} more",
        axis={"year": "%Y", "month": "%b %Y", "dayMonth": "%-d %b", "dayMonthYear": "%-d %b %Y"},
        bar_of_day="%a %-d %b %Y (UTC)",
        bar_of_week="week of %a %-d %b %Y (UTC)",
    ),
    "ja": Forms(
        name="日本語",
        date="y年M月d日",
        day="y年M月d日(E)",
        day_without_year="y年M月d日(E)",
        moment="{date} {time} UTC",
        days="{first}〜{last}",
        percent="{}%",
        between_sentences="",
        between_clauses="、",
        between_names="、",
        before_last_name="、",
        more="ほか{}件",
        axis={"year": "%Y年", "month": "%Y年%-m月", "dayMonth": "%-m月%-d日", "dayMonthYear": "%Y年%-m月%-d日"},
        bar_of_day="%Y年%-m月%-d日(%a) (UTC)",
        bar_of_week="%Y年%-m月%-d日(%a)からの1週間 (UTC)",
    ),
}
LANGUAGES = tuple(FORMS)


class Language(English):
    """One language: its catalogue, and its way with numbers and days. `tag` is one of LANGUAGES."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.forms = FORMS[tag]
        self.catalogue, kept = _catalogue(tag)
        self._recalled = lru_cache(maxsize=_MOST_TEXTS_KEPT)(kept.told)

    def message(self, one: str, many: str | None, count: int) -> str:
        if many is None:
            return str(self.catalogue.gettext(one))
        return str(self.catalogue.ngettext(one, many, count))

    def recalled(self, text: str) -> str:
        """A text that was kept in English (dashboard.recall), or is a Text, in this language."""
        return text.told(self) if isinstance(text, Text) else self._recalled(text)

    def value(self, value: Value) -> str:
        return self._recalled(value) if type(value) is str and " " in value else super().value(value)

    def percent(self, number: str) -> str:
        """`number` is written out: `0.12`, `< 0.01`."""
        return self.forms.percent.format(number)

    def date_text(self, value: date) -> str:
        """`4 Nov 2026`"""
        return _date(value, self.forms.date, self.tag)

    def day(self, value: date) -> str:
        """`Wed 4 Nov 2026`"""
        return _date(value, self.forms.day, self.tag)

    def days(self, first: date, last: date) -> str:
        """`Wed 4 Nov to Fri 6 Nov 2026`"""
        if first == last:
            return self.day(first)
        start = self.day(first)
        if first.year == last.year:
            start = _date(first, self.forms.day_without_year, self.tag)
        return self.forms.days.format(first=start, last=self.day(last))

    def moment(self, value: datetime) -> str:
        """`4 Nov 2026, 13:45 UTC`, for an aware time."""
        value = value.astimezone(UTC)
        return self.forms.moment.format(date=self.date_text(value.date()), time=f"{value:%H:%M}")

    def sentences(self, parts: Iterable[str]) -> str:
        return self.forms.between_sentences.join(parts)

    def clauses(self, parts: Iterable[str]) -> str:
        return self.forms.between_clauses.join(parts)

    def listed(self, parts: Sequence[str], more: int) -> str:
        shown = [*parts, self.forms.more.format(self.number(more))] if more else list(parts)
        first = self.forms.between_names.join(shown[:-1])
        return f"{first}{self.forms.before_last_name}{shown[-1]}" if first else shown[-1]


def percent_of(some: int, all_: int) -> str:
    """A share in hundredths, never rounded to nothing or to everything: `0.12`, `< 0.01`, `> 99.99`."""
    if some <= 0:
        return "0"
    if some >= all_:
        return "100"
    percent = 100 * some / all_
    if percent < 0.01:
        return "< 0.01"
    if percent > 99.99:
        return "> 99.99"
    return f"{percent:.2f}" if percent < 10 else f"{percent:.1f}"


@lru_cache(maxsize=len(LANGUAGES))
def language(tag: str) -> Language:
    """The language of a tag; raises KeyError for one that is not offered."""
    return Language(tag)


@lru_cache(maxsize=_MOST_DAYS_KEPT)
def _date(value: date, pattern: str, tag: str) -> str:
    return format_date(value, pattern, locale=tag)


def _catalogue(tag: str) -> tuple[NullTranslations, Recall]:
    """The messages of the code, and those of the texts that were kept."""
    path = _FOLDER / tag / "LC_MESSAGES" / "messages.po"
    if not path.is_file():
        return NullTranslations(), Recall(())  # English: the messages are the text
    with path.open("rb") as file:
        read = read_po(file, locale=tag)
    packed = BytesIO()
    write_mo(packed, read)
    packed.seek(0)
    kept = Recall((str(message.id), str(message.string)) for message in read if message.context == CONTEXT)
    return Translations(packed), kept
