"""`tlsrpt token`: what programs show to use the API."""

from datetime import UTC, datetime, timedelta

import click

from collector.cli import Context
from collector.store import audit, tokens
from dashboard.commands import accounts
from dashboard.commands.accounts import checked_name, database, minute
from dashboard.passwords import hash_token, new_token

_MOST_DAYS = 36_500


@click.group()
def token() -> None:
    """Adds, lists and removes tokens for the API and the metrics."""


@token.command()
@click.argument("name")
@click.option(
    "--scope",
    type=click.Choice(tokens.SCOPES),
    default="read",
    show_default=True,
    help="May do what a viewer, an operator, an admin may.",
)
@click.option("--domain", "limited_to", multiple=True, metavar="DOMAIN", help="For this domain only; may be repeated.")
@click.option(
    "--expires", type=click.IntRange(1, _MOST_DAYS), metavar="DAYS", help="Days until it ends. Default: never."
)
@click.pass_obj
def add(context: Context, name: str, scope: str, limited_to: tuple[str, ...], expires: int | None) -> None:
    """Adds a token and prints it, this once: only its hash is kept."""
    name = checked_name(name)
    names = [accounts.domain(given) for given in limited_to]
    text, now = new_token(), datetime.now(UTC)
    ends = None if expires is None else now + timedelta(days=expires)
    with database(context) as engine:
        tokens.add(engine, name, scope=scope, token_hash=hash_token(text), domains=names, expires_at=ends, now=now)
        details = {"scope": scope, "domains": accounts.limit(names)}
        audit.record(engine, audit.COMMAND, "token_added", name, now=now, details=details)
    click.echo(text)


@token.command("list")
@click.pass_obj
def list_(context: Context) -> None:
    """Lists the tokens: name, scope, since when, until when, domains, last use; with tabs between them."""
    now = datetime.now(UTC)
    with database(context) as engine:
        for found in tokens.tokens(engine):
            used = "never used" if found.last_used_at is None else f"used {minute(found.last_used_at)}"
            told = (found.name, found.scope, minute(found.created_at), _end(found, now), accounts.limit(found.domains))
            click.echo("\t".join((*told, used)))


@token.command()
@click.argument("name")
@click.pass_obj
def remove(context: Context, name: str) -> None:
    """Removes a token: it is refused from now on."""
    with database(context) as engine:
        tokens.remove(engine, name)
        audit.record(engine, audit.COMMAND, "token_removed", name, now=datetime.now(UTC))


def _end(found: tokens.Token, now: datetime) -> str:
    if found.expires_at is None:
        return "never expires"
    return f"{'expired' if found.expires_at <= now else 'expires'} {minute(found.expires_at)}"
