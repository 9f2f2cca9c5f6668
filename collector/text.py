"""Texts for people that remember how they were made, so that a page can say them in another language too.

`say("%(n)s clean days; %(least)s are needed.", n=3, least=14)` is the English text, a `str` like any other: the API,
the commands and the mails use it as it stands. It also keeps its message and its values, from which the dashboard
makes the text again in the language of the page (dashboard.text). Messages are literals: they are found by reading
the code (`make translations`), so no f-string, and no name that holds one.

    say(message, **values)              one message; a literal percent sign is written `%%`
    say_n(one, many, n, **values)       by number; `%(n)s` is the number
    sentences(a, b)                     `a b`
    clauses([a, b])                     `a; b`
    listed(names)                       `a, b and c`; of more than five the first ones and how many more

A value is a str (shown as it is, hostile or not), a Text, an int (`1,234`), a date (`4 Nov 2026`) or an aware datetime
(`4 Nov 2026, 13:45 UTC`). A number that is a name (an id, a status) is passed as a str. Anything done to a Text by
the methods of str gives a plain str, which stays English.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache

Value = str | int | date
_NO_VALUES: Mapping[str, Value] = {}


@lru_cache(maxsize=4096)
def _english_date(value: date) -> str:
    return f"{value.day} {value:%b %Y}"


class English:
    """How a text is put together. Another language overrides what it does in its own way."""

    def message(self, one: str, many: str | None, count: int) -> str:
        """The message itself, for this number, with its placeholders."""
        return one if many is None or count == 1 else many

    def number(self, value: int) -> str:
        return f"{value:,}"

    def date_text(self, value: date) -> str:
        return _english_date(value)

    def moment(self, value: datetime) -> str:
        value = value.astimezone(UTC)
        return f"{self.date_text(value.date())}, {value:%H:%M} UTC"

    def sentences(self, parts: Iterable[str]) -> str:
        return " ".join(parts)

    def clauses(self, parts: Iterable[str]) -> str:
        return "; ".join(parts)

    def listed(self, parts: Sequence[str], more: int) -> str:
        """`more`: how many are left out."""
        shown = [*parts, f"{self.number(more)} more"] if more else parts
        return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"

    def value(self, value: Value) -> str:
        """A value as it stands in a message."""
        if type(value) is str:  # most are, and a page has thousands
            return value
        match value:
            case Text():
                return value.told(self)
            case str():
                return value
            case datetime():
                return self.moment(value)
            case date():
                return self.date_text(value)
            case _:
                return self.number(value)


class Text(str):
    """English text that can be told in another language. Made by the functions of this module."""

    __slots__ = ("_count", "_many", "_more", "_one", "_parts", "_values")

    _one: str  # the message, or what joins the parts
    _many: str | None
    _count: int
    _values: Mapping[str, Value]
    _parts: tuple[str, ...]
    _more: int

    def __str__(self) -> str:
        # As it is: str() of an error that was given a Text is still one.
        return self

    def told(self, language: English) -> str:
        """The text in a language, as plain str."""
        return _written(language, self._one, self._many, self._count, self._values, self._parts, self._more)


def _written(
    language: English,
    one: str,
    many: str | None,
    count: int,
    values: Mapping[str, Value],
    parts: tuple[str, ...],
    more: int,
) -> str:
    if not parts:
        told = {name: language.value(value) for name, value in values.items()}
        return language.message(one, many, count) % told
    shown = [language.value(part) for part in parts]
    match one:
        case "sentences":
            return language.sentences(shown)
        case "clauses":
            return language.clauses(shown)
        case _:
            return language.listed(shown, more)


_ENGLISH = English()


def say(message: str, /, **values: Value) -> Text:
    """The text of a message with its values."""
    return _made(message, values=values)


def say_n(one: str, many: str, n: int, /, **values: Value) -> Text:
    """The text of a message about `n` things, which is `%(n)s` in it."""
    return _made(one, many=many, count=n, values={**values, "n": n})


def sentences(*texts: str) -> Text:
    """Sentences one after the other; empty ones are left out."""
    return _made("sentences", parts=tuple(text for text in texts if text))


def clauses(texts: Iterable[str]) -> Text:
    """Clauses in one sentence; at least one."""
    return _made("clauses", parts=tuple(texts))


def listed(names: Sequence[str], most: int = 5) -> Text:
    """An enumeration; of more than `most` names the first ones and how many more. At least one."""
    return _made("listed", parts=tuple(names[:most]), more=max(len(names) - most, 0))


def _made(
    one: str,
    *,
    many: str | None = None,
    count: int = 1,
    values: Mapping[str, Value] = _NO_VALUES,
    parts: tuple[str, ...] = (),
    more: int = 0,
) -> Text:
    """The text in English, with what it was made of."""
    text = Text(_written(_ENGLISH, one, many, count, values, parts, more))
    text._one, text._many, text._count, text._values = one, many, count, values  # noqa: SLF001 - its own maker
    text._parts, text._more = parts, more  # noqa: SLF001
    return text
