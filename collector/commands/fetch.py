"""`tlsrpt fetch`: one pass over the mailbox that reports are sent to."""

import signal
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NoReturn

import click

from collector.cli import Context
from collector.errors import ConfigurationError, MailboxUnavailable
from collector.settings import Settings
from collector.store.startup import prepare

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from collector.receive.imap.fetch import Fetcher


@click.command()
@click.pass_obj
def fetch(context: Context) -> int:
    """Fetches new reports from the IMAP mailbox, once.

    Exit status 1: the server or the database was away, or a mail was put off to the next pass.
    """
    settings = context.settings
    if settings.imap.host is None:
        raise ConfigurationError("imap.host: there is no server to fetch from")
    with context.engine() as engine:
        prepare(engine, settings)
        passing = fetcher(settings, engine)
        signal.signal(signal.SIGTERM, _end)
        fetched = passing.fetch()
    if fetched is None:
        raise MailboxUnavailable(f"another program reads the folder {settings.imap.folder} just now")
    click.echo(str(fetched))
    if fetched.error is not None:
        raise fetched.error
    return 1 if fetched.put_off else 0


def _end(number: int, frame: object) -> NoReturn:
    """SIGTERM: what is stored is remembered, and the folder is free for the next pass."""
    raise SystemExit(0)


def fetcher(settings: Settings, engine: "Engine") -> "Fetcher":
    """What fetches from the mailbox of the settings, whose `imap.host` is set. Raises ConfigurationError."""
    # Late: most who import this module have no mailbox.
    from collector.auth.dkim import Authenticator
    from collector.auth.keys import KeyCache
    from collector.receive.imap.fetch import Fetcher
    from collector.resolver import Resolver

    keys = KeyCache(Resolver(settings.dns).txt, time.monotonic)
    return Fetcher(settings, engine, Authenticator(keys), clock=lambda: datetime.now(UTC))
