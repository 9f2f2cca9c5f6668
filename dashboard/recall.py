"""Texts that were kept in English, told in another language.

A finding or a problem is stored as the English text that it was when it was made. The catalogue knows the messages of
all such texts (docs/kept_texts.py reads them from the code), so a text leads back to its message and to what was
inserted, whoever stored it and when. What leads to no message stays as it is.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

# The context of these messages in a catalogue.
CONTEXT = "kept"
_LONGEST = 4000  # characters; no text of ours is longer
_DEEPEST = 4  # texts within texts
_PLACEHOLDER = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True, slots=True)
class _Message:
    """`literals` are what stands before, between and behind the `names` of what is inserted."""

    literals: tuple[str, ...]
    names: tuple[str, ...]
    told: str
    weight: int  # characters of all literals
    longest: str  # of the literals
    has_words: bool

    def values(self, text: str) -> dict[str, str] | None:
        """What was inserted; None if the text is none of this message. Takes time in proportion to its length."""
        first, *between, last = self.literals
        if self.longest not in text or not text.startswith(first) or not text.endswith(last):
            return None
        at, end = len(first), len(text) - len(last)
        values = []
        for literal in between:
            found = text.find(literal, at, end)
            if found < 0:
                return None
            values.append(text[at:found])
            at = found + len(literal)
        return dict(zip(self.names, [*values, text[at:end]], strict=True)) if at <= end else None


class Recall:
    """The kept texts of one language, from pairs of an English message and its translation."""

    def __init__(self, messages: Iterable[tuple[str, str]]) -> None:
        pairs = list(messages)
        self._whole = {_plain(one): _plain(told) for one, told in pairs if not _PLACEHOLDER.search(one)}
        with_values = [_message(one, told) for one, told in pairs if _PLACEHOLDER.search(one)]
        # Of two messages that fit, the one that says more is meant.
        self._messages = sorted(with_values, key=lambda message: -message.weight)

    def told(self, text: str) -> str:
        """The text in this language; as it is if it is none of ours."""
        return text if len(text) > _LONGEST else self._told(text, _DEEPEST)

    def _told(self, text: str, depth: int) -> str:
        whole = self._whole.get(text)
        if whole is not None or depth == 0 or " " not in text:
            return whole or text
        for message in self._messages:
            values = message.values(text)
            if values is None:
                continue
            told = {name: self._told(value, depth - 1) for name, value in values.items()}
            # Without words of its own it is nothing but its last part, which has to be ours.
            if message.has_words or told[message.names[-1]] != values[message.names[-1]]:
                return message.told % told
        return text


def _message(one: str, told: str) -> _Message:
    parts = _PLACEHOLDER.split(one)
    literals = tuple(map(_plain, parts[::2]))
    text = "".join(literals)
    has_words = any(map(str.isalpha, text))
    return _Message(literals, tuple(parts[1::2]), told, len(text), max(literals, key=len), has_words)


def _plain(message: str) -> str:
    return message.replace("%%", "%")
