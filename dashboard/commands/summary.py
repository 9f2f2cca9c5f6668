"""`tlsrpt summary`: the weekly mail, printed or sent by hand."""

import json
from datetime import UTC, datetime

import click

from collector import domains
from collector.cli import Context
from collector.errors import ConfigurationError, UsageError
from collector.settings import Settings
from collector.settings.mail import LANGUAGES
from collector.store import queries
from collector.store.engine import Engine
from dashboard.commands.accounts import database
from dashboard.mail.recipients import recipients
from dashboard.summary import html, week
from dashboard.summary.gather import gather
from dashboard.summary.links import Links
from dashboard.summary.model import MOST_IN_FULL
from dashboard.summary.send import send_week
from dashboard.summary.shape import shape
from dashboard.summary.text import render
from dashboard.text import language


@click.command()
@click.option(
    "--week", "asked", metavar="2026-W47", help="An ISO week of UTC days. Default: the last one that is over."
)
@click.option("--domain", "names", multiple=True, metavar="DOMAIN", help="About this domain only; may be repeated.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "html", "json"]),
    default="text",
    show_default=True,
    help="What to print.",
)
@click.option("--language", "tag", type=click.Choice(LANGUAGES), help="Default: `summary.language`.")
@click.option(
    "--send", is_flag=True, help="Mail it to whoever has not got that week's mail yet, instead of printing it."
)
@click.pass_obj
def summary(context: Context, asked: str | None, names: tuple[str, ...], form: str, tag: str | None, send: bool) -> int:
    """Prints the summary of a week, or sends it. With --send, --domain means all who get it about that domain.

    Exit status 1 if a mail had to be put off or was refused.
    """
    settings, now = context.settings, datetime.now(UTC)
    wanted = _week(asked, now, is_sent=send)
    with database(context) as engine:
        only = _known(engine, names)
        if send:
            return _send(engine, settings, wanted, only, now)
        in_full = None if form == "json" else MOST_IN_FULL
        found = gather(engine, wanted, thresholds=settings.verdict, now=now, only=only, in_full=in_full)
    spoken, links = language(tag or settings.summary.language), Links(settings.web.public_url)
    match form:
        case "json":
            click.echo(json.dumps(shape(found), indent=2, ensure_ascii=False))
        case "html":
            page, _ = html.render(found, spoken, links, with_charts=False)
            click.echo(page)
        case _:
            click.echo(render(found, spoken, links), nl=False)
    return 0


def _week(asked: str | None, now: datetime, *, is_sent: bool) -> week.Week:
    """Raises UsageError for a week that has not begun; to be sent, it has to be over: nobody gets it twice."""
    wanted = week.last_whole(now) if asked is None else week.parse(asked)
    week.check_begun(wanted, now)
    if is_sent and now < wanted.end:
        raise UsageError(f"{wanted} is not over: whoever got its mail now would not get that of the whole week")
    return wanted


def _known(engine: Engine, names: tuple[str, ...]) -> tuple[str, ...] | None:
    """In normal form; None: all. Raises UsageError for a domain that was not added."""
    found = []
    for given in names:
        name = domains.normalise(given)
        if name is None:
            raise UsageError(f"{given!r} is no domain name")
        if queries.find_domain(engine, name) is None:
            raise UsageError(f"{name} is none of the domains")
        found.append(name)
    return tuple(found) or None


def _send(engine: Engine, settings: Settings, wanted: week.Week, only: tuple[str, ...] | None, now: datetime) -> int:
    """Mails it to those who get it about one of the domains, and have it not yet."""
    people = [
        one.address
        for one in recipients(engine, settings, "summary", now=now)
        if only is None or not one.domains or set(one.domains) & set(only)
    ]
    if not people:
        about = " about them" if only else ""
        raise ConfigurationError(f"summary.recipients: nobody gets the weekly mail{about}")
    counts = send_week(engine, settings, wanted, only=people)
    told = {
        "sent": counts.sent,
        "had it already": counts.already,
        "wanted none, for all is well": counts.nothing,
        "being sent by another process": counts.busy,
        "put off, to be tried again": counts.put_off,
        "given up": counts.given_up,
    }
    click.echo(f"{wanted}: " + ", ".join(f"{what}: {count}" for what, count in told.items() if count))
    return 0 if counts.is_done else 1
