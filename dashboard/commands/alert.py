"""`tlsrpt alert`: what is wrong, from a terminal, and whether the channels work."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import click

from collector import log
from collector.cli import Context
from collector.errors import TlsrptError, UsageError
from collector.ids import new_id
from collector.settings import Settings
from collector.store import alerts as store
from collector.store import audit
from collector.store.engine import Engine
from collector.store.queries.alerts import OPEN, AlertRow, alerts
from dashboard.alerts.channels.outcome import SENT, Message
from dashboard.alerts.channels.webhook import host_of
from dashboard.alerts.mail import mail
from dashboard.alerts.messenger import sender as channel_sender
from dashboard.alerts.targets import APPRISE, WEBHOOK
from dashboard.alerts.words import words
from dashboard.commands.accounts import database, minute
from dashboard.mail import message
from dashboard.mail.dkim import Signer
from dashboard.mail.foot import with_foot
from dashboard.mail.recipients import Recipient, recipients
from dashboard.mail.relay import Relay

_PAGE = 1000


@click.group()
def alert() -> None:
    """Lists what is wrong, tries the channels, and makes single alerts quiet."""


@alert.command("list")
@click.option("--all", "with_closed", is_flag=True, help="Those that are over too.")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
@click.pass_obj
def list_(context: Context, with_closed: bool, as_json: bool) -> None:
    """Lists the open alerts, the most urgent first: id, state, since when, and what it is; with tabs between them."""
    with database(context) as engine:
        rows = list(_rows(engine, None if with_closed else OPEN))
    if as_json:
        click.echo(json.dumps([_shape(row) for row in rows], indent=2))
        return
    now = datetime.now(UTC)
    for row in rows:
        title = words(row.rule, row.domain or "", row.subject, row.evidence).title
        click.echo("\t".join((str(row.id), _state(row, now), minute(row.opened_at), log.escape(title))))


@alert.command()
@click.pass_obj
def test(context: Context) -> int:
    """Sends a sample to each recipient and channel, with a line for each. Exit status 1 if one did not take it."""
    settings, now = context.settings, datetime.now(UTC)
    with database(context) as engine:
        people = recipients(engine, settings, "alerts", now=now)
    lines = [*_try_mails(settings, people, now), *_try_urls(settings, now)]
    for name, why in lines:
        click.echo(f"{name}\t{'sent' if why is None else f'FAILED: {log.escape(why)}'}")
    if not lines:
        raise UsageError("alerts.recipients, alerts.webhooks, alerts.apprise: none is set, so nobody is told")
    return 0 if all(why is None for _, why in lines) else 1


@alert.command()
@click.argument("alert_id", type=click.UUID, metavar="ID")
@click.pass_obj
def ack(context: Context, alert_id: UUID) -> None:
    """Says that somebody knows: it is quiet until it has doubled."""
    now = datetime.now(UTC)
    with database(context) as engine:
        _done(alert_id, store.acknowledge(engine, alert_id, by=str(audit.COMMAND.name), now=now))
        audit.record(engine, audit.COMMAND, "alert_acknowledged", str(alert_id), now=now)


@alert.command()
@click.argument("alert_id", type=click.UUID, metavar="ID")
@click.option("--until", required=True, metavar="DATE", help="A day (YYYY-MM-DD, UTC): quiet until it begins.")
@click.pass_obj
def mute(context: Context, alert_id: UUID, until: str) -> None:
    """Makes an alert quiet until a day, also if it closes and opens again."""
    now, ends = datetime.now(UTC), _start_of(until)
    if ends <= now:
        raise UsageError(f"--until {until}: that day has begun")
    with database(context) as engine:
        _done(alert_id, store.mute(engine, alert_id, ends, by=str(audit.COMMAND.name)))
        details = {"until": ends.date().isoformat()}
        audit.record(engine, audit.COMMAND, "alert_muted", str(alert_id), now=now, details=details)


@alert.command()
@click.argument("alert_id", type=click.UUID, metavar="ID")
@click.pass_obj
def unmute(context: Context, alert_id: UUID) -> None:
    """Ends a mute."""
    with database(context) as engine:
        _done(alert_id, store.unmute(engine, alert_id))
        audit.record(engine, audit.COMMAND, "alert_unmuted", str(alert_id), now=datetime.now(UTC))


def _rows(engine: Engine, state: str | None) -> Iterator[AlertRow]:
    cursor = None
    while True:
        page = alerts(engine, state=state, limit=_PAGE, cursor=cursor)
        yield from page.items
        cursor = page.next
        if cursor is None:
            return


def _state(row: AlertRow, now: datetime) -> str:
    if row.closed_at is not None:
        return f"over since {minute(row.closed_at)}"
    if row.muted_until is not None and row.muted_until > now:
        return f"muted until {minute(row.muted_until)}"
    return "acknowledged" if row.acknowledged_at is not None else "open"


def _shape(row: AlertRow) -> dict[str, Any]:
    said = words(row.rule, row.domain or "", row.subject, row.evidence)
    return {
        "id": str(row.id),
        "rule": row.rule,
        "domain": row.domain,
        "subject": row.subject or None,
        "size": row.size,
        "title": str(said.title),
        "text": str(said.sentence),
        "evidence": dict(row.evidence),
        "opened_at": _moment(row.opened_at),
        "closed_at": _moment(row.closed_at),
        "acknowledged_at": _moment(row.acknowledged_at),
        "muted_until": _moment(row.muted_until),
    }


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _start_of(text: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError:
        raise UsageError(f"--until {text!r} is no day such as 2026-12-01") from None


def _done(alert_id: UUID, was_open: bool) -> None:
    if not was_open:
        raise UsageError(f"there is no open alert {alert_id}")


def _sample(now: datetime) -> dict[str, Any]:
    """An alert that nobody can take for a real one: it is about an example."""
    evidence = {"not_after": (now + timedelta(days=14)).isoformat(), "ended": None}
    about = {
        "rule": "certificate",
        "domain": "example.com",
        "subject": "mx.example.com",
        "size": 1,
        "evidence": evidence,
    }
    return {"event": "test", "at": now.isoformat(), "alert": str(UUID(int=0)), "opened_at": now.isoformat(), **about}


_Line = tuple[str, str | None]  # who, and why it did not work


def _try_mails(settings: Settings, people: tuple[Recipient, ...], now: datetime) -> Iterator[_Line]:
    if people and settings.mail.relay is None:
        yield from ((f"mail {one.address}", "mail.relay is not set") for one in people)
        return
    for one in people:
        try:
            _mail(settings, one, now)
        except TlsrptError as error:
            yield f"mail {one.address}", str(error)
        else:
            yield f"mail {one.address}", None


def _mail(settings: Settings, to: Recipient, now: datetime) -> None:
    """Raises TlsrptError."""
    by, content = message.sender(settings.mail), mail([_sample(now)], to.language, settings.web.public_url)
    raw = message.build(
        with_foot(content, to),
        by=by,
        to=to.address,
        message_id=message.new_id(by),
        now=now,
        unsubscribe=to.unsubscribe,
    )
    if settings.mail.dkim_key is not None:
        raw = Signer(settings.mail).sign(raw, now)
    with Relay(settings.mail).connect() as session:
        session.send(by.address, to.address, raw)


def _try_urls(settings: Settings, now: datetime) -> Iterator[_Line]:
    """Numbered, for their URLs are secrets."""
    for channel, urls in ((WEBHOOK, settings.alerts.webhooks), (APPRISE, settings.alerts.apprise)):
        for number, url in enumerate(urls, 1):
            send = channel_sender(channel, url, settings)
            outcome = send(Message(str(new_id()), (_sample(now),)), lambda: True)
            where = f" ({host_of(url)})" if channel == WEBHOOK else ""
            yield f"{channel} {number}{where}", None if outcome.kind == SENT else outcome.why
