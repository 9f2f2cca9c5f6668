"""A mail about alerts: its subject, and the same in text and HTML. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.alerts import html, render
from dashboard.mail.columns import WIDTH, wrapped
from dashboard.mail.message import Content
from dashboard.text import language


def mail(contents: Sequence[Mapping[str, Any]], tag: str, public_url: str | None) -> Content:
    """About these notices, in the language `tag`."""
    spoken = language(tag)
    text = render.body(contents, spoken, public_url)
    return Content(
        render.subject(contents, spoken),
        "\n".join(line for each in text.split("\n") for line in wrapped(each, WIDTH)),
        html.page(contents, spoken, public_url),
    )
