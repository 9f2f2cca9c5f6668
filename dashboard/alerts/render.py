"""Notices as the text of a message, in the language of whoever gets it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from collector.text import Text, say, say_n
from dashboard.alerts.words import EVENTS, words
from dashboard.text import Language

# A message that nobody reads to its end tells nobody anything: the rest is on the page.
MOST_TOLD = 30
_LONGEST = 1000  # characters of one line, for strangers' names may be long


@dataclass(frozen=True, slots=True)
class Told:
    """One notice in words. `url` is that of the page it is about, `alert_url` that of the alert itself; or None.

    `lines` is what a mail says below the title: sentence and what to do, or since when it was so.
    """

    title: str
    sentence: str
    action: str
    lines: tuple[str, ...]
    url: str | None
    alert_url: str | None


def told(content: Mapping[str, Any], language: Language, public_url: str | None) -> Told:
    said = words(content["rule"], content["domain"], content["subject"], content["evidence"])
    about = content["domain"] or say("the domain")
    title = say("%(event)s: %(what)s", event=EVENTS[content["event"]], what=said.title)
    sentence = _line(language.recalled(said.sentence))
    action = _line(language.recalled(said.action).replace("DOMAIN", language.recalled(about)))
    base = None if public_url is None else public_url.rstrip("/")
    if content["event"] == "closed":
        lines: tuple[str, ...] = (language.recalled(_since(content)),)
    else:
        lines = (sentence, language.recalled(say("What to do: %(action)s", action=action)))
    return Told(
        title=_line(language.recalled(title)),
        sentence=sentence,
        action=action,
        lines=lines,
        url=None if base is None else base + said.path,
        alert_url=None if base is None else f"{base}/alerts/{content['alert']}",
    )


def subject(contents: Sequence[Mapping[str, Any]], language: Language) -> str:
    """One line: what it is about, or how many alerts there are."""
    if len(contents) == 1:
        return told(contents[0], language, None).title
    return language.recalled(say_n("%(n)s alert", "%(n)s alerts", len(contents)))


def body(contents: Sequence[Mapping[str, Any]], language: Language, public_url: str | None) -> str:
    """Plain text, a paragraph for each notice."""
    paragraphs = [_paragraph(each, language, public_url) for each in contents[:MOST_TOLD]]
    left = len(contents) - MOST_TOLD
    if left > 0:
        url = alerts_url(public_url)
        paragraphs.append(more(left, language) + ("" if url is None else f"\n{url}"))
    return "\n\n".join(paragraphs) + "\n"


def more(left: int, language: Language) -> str:
    """How many are not told in a mail."""
    return language.recalled(
        say_n("And %(n)s more, on the page of the alerts.", "And %(n)s more, on the page of the alerts.", left)
    )


def alerts_url(public_url: str | None) -> str | None:
    """The page of all alerts."""
    return None if public_url is None else f"{public_url.rstrip('/')}/alerts"


def _paragraph(content: Mapping[str, Any], language: Language, public_url: str | None) -> str:
    said = told(content, language, public_url)
    return "\n".join([said.title, *said.lines, *([said.alert_url] if said.alert_url else [])])


def _since(content: Mapping[str, Any]) -> Text:
    return say("It was so since %(at)s.", at=datetime.fromisoformat(content["opened_at"]))


def _line(text: str) -> str:
    """On one line: strangers' names are in it."""
    shown = "".join(char if char.isprintable() else " " for char in text)
    return shown if len(shown) <= _LONGEST else shown[:_LONGEST] + "…"
