"""One weekly mail, ready to be put into a message."""

from dataclasses import dataclass
from datetime import datetime

from collector.settings import Settings
from collector.store.engine import Engine
from dashboard.mail.message import Content, Image
from dashboard.summary import html, says, text
from dashboard.summary.gather import gather
from dashboard.summary.links import Links
from dashboard.summary.model import MOST_IN_FULL
from dashboard.summary.week import Week
from dashboard.text import language


@dataclass(frozen=True, slots=True)
class Parts(Content):
    """What the mail says. `is_well`: nothing in it asks for anything (`only_if_needed`)."""

    is_well: bool = False


def mail(
    engine: Engine,
    settings: Settings,
    week: Week,
    *,
    now: datetime,
    domains: tuple[str, ...] = (),
    tag: str | None = None,
) -> Parts:
    """The mail of a week about `domains` (none: all that are known), in the language `tag` or the one of the settings.

    `now`: aware, UTC. Raises StoreUnavailable.
    """
    found = gather(engine, week, thresholds=settings.verdict, now=now, only=domains or None, in_full=MOST_IN_FULL)
    spoken = language(tag or settings.summary.language)
    links = Links(settings.web.public_url)
    page, images = html.render(found, spoken, links, with_charts=settings.summary.chart)
    return Parts(
        subject=spoken.value(says.subject(found)),
        text=text.render(found, spoken, links),
        html=page,
        images=tuple(Image(cid, png) for cid, png in images),
        is_well=found.is_well,
    )
