"""Notices as HTML for mail programs (`dashboard.mail.html`): a box for each, which says what the text says. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from collector.text import say
from dashboard.alerts import render
from dashboard.mail.html import BAD, GOOD, MOST_BYTES, NEUTRAL, as_many_as_fit, templates
from dashboard.text import Language

LOOK = say("Evidence, and who was told")
_COLOURS = {"opened": BAD, "grown": BAD, "closed": GOOD, "test": NEUTRAL}
_FOR_BOXES = MOST_BYTES - 10_000  # the frame has 2,000 bytes and a subject

_templates = templates("dashboard.alerts")


def page(contents: Sequence[Mapping[str, Any]], language: Language, public_url: str | None) -> str:
    """The HTML part of a mail about these notices: as many of them as the text tells, and as fit."""

    def box(content: Mapping[str, Any]) -> str:
        said = render.told(content, language, public_url)
        return _templates.get_template("alert.html").render(
            colour=_COLOURS[content["event"]],
            title=said.title if len(contents) > 1 else "",
            lines=said.lines,
            address=said.alert_url,
            look=language.value(LOOK),
        )

    boxes = as_many_as_fit(contents[: render.MOST_TOLD], _FOR_BOXES, box)
    left = len(contents) - len(boxes)
    return _templates.get_template("mail.html").render(
        tag=language.tag,
        subject=render.subject(contents, language),
        boxes=boxes,
        more=render.more(left, language) if left else "",
        alerts=render.alerts_url(public_url),
    )
