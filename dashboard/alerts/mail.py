"""A mail about alerts: its subject, and the same in text and HTML. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.alerts import html, render
from dashboard.mail.message import Content
from dashboard.text import language


def mail(contents: Sequence[Mapping[str, Any]], tag: str, public_url: str | None) -> Content:
    """About these notices, in the language `tag`."""
    spoken = language(tag)
    return Content(
        render.subject(contents, spoken),
        render.body(contents, spoken, public_url),
        html.page(contents, spoken, public_url),
    )
