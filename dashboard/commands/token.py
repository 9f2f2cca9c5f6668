"""`tlsrpt token`: what programs show to use the API."""

from datetime import UTC, datetime, timedelta

import click

from collector.cli import Context
from collector.store import accounts
from dashboard.commands.accounts import checked_name, database, minute
from dashboard.passwords import hash_token, new_token

_MOST_DAYS = 36_500


@click.group()
def token() -> None:
    """Adds, lists and removes tokens for the API and the metrics."""


@token.command()
@click.argument("name")
@click.option("--scope", type=click.Choice(accounts.SCOPES), default="read", show_default=True)
@click.option(
    "--expires", type=click.IntRange(1, _MOST_DAYS), metavar="DAYS", help="Days until it ends. Default: never."
)
@click.pass_obj
def add(context: Context, name: str, scope: str, expires: int | None) -> None:
    """Adds a token and prints it, this once: only its hash is kept."""
    name = checked_name(name)
    text, now = new_token(), datetime.now(UTC)
    ends = None if expires is None else now + timedelta(days=expires)
    with database(context) as engine:
        accounts.add_token(engine, name, scope=scope, token_hash=hash_token(text), expires_at=ends, now=now)
    click.echo(text)


@token.command("list")
@click.pass_obj
def list_(context: Context) -> None:
    """Lists the tokens: name, scope, since when, until when; with tabs between them."""
    now = datetime.now(UTC)
    with database(context) as engine:
        for found in accounts.tokens(engine):
            click.echo(f"{found.name}\t{found.scope}\t{minute(found.created_at)}\t{_end(found, now)}")


@token.command()
@click.argument("name")
@click.pass_obj
def remove(context: Context, name: str) -> None:
    """Removes a token: it is refused from now on."""
    with database(context) as engine:
        accounts.remove_token(engine, name)


def _end(found: accounts.Token, now: datetime) -> str:
    if found.expires_at is None:
        return "never expires"
    return f"{'expired' if found.expires_at <= now else 'expires'} {minute(found.expires_at)}"
