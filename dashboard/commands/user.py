"""`tlsrpt user`: who may log in."""

import sys
from datetime import UTC, datetime

import click

from collector.cli import Context
from collector.errors import UsageError
from collector.roles import ROLES
from collector.store import accounts, audit
from dashboard.commands.accounts import checked_name, database, domain, limit, minute
from dashboard.passwords import LONGEST_PASSWORD, hash_password

_role = click.Choice(ROLES)
_password_stdin = click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input, one line."
)


@click.group()
def user() -> None:
    """Adds, changes, lists and removes those who may log in to the dashboard."""


@user.command()
@click.argument("name")
@click.option("--role", type=_role, default="viewer", show_default=True)
@click.option("--domain", "limited_to", multiple=True, metavar="DOMAIN", help="Sees this domain only; may be repeated.")
@_password_stdin
@click.pass_obj
def add(context: Context, name: str, role: str, limited_to: tuple[str, ...], password_stdin: bool) -> None:
    """Adds a user. Once there is one, everybody has to log in."""
    name = checked_name(name)
    names = [domain(given) for given in limited_to]
    password_hash = hash_password(_password(password_stdin))
    with database(context) as engine:
        now = datetime.now(UTC)
        accounts.add_user(engine, name, role=role, password_hash=password_hash, domains=names, now=now)
        details = {"role": role, "domains": limit(names)}
        audit.record(engine, audit.COMMAND, "user_added", name, now=now, details=details)


@user.command()
@click.argument("name")
@click.option("--role", type=_role, help="Another role.")
@click.option("--domain", "limited_to", multiple=True, metavar="DOMAIN", help="Sees this domain only; may be repeated.")
@click.option("--all-domains", is_flag=True, help="Sees all domains again.")
@click.option("--password", is_flag=True, help="Asks for a new password, twice.")
@_password_stdin
@click.pass_obj
def change(
    context: Context,
    name: str,
    role: str | None,
    limited_to: tuple[str, ...],
    all_domains: bool,
    password: bool,
    password_stdin: bool,
) -> None:
    """Changes a user's role, domains or password, and ends their sessions."""
    if limited_to and all_domains:
        raise UsageError("tlsrpt user change: --domain or --all-domains, not both")
    names = [domain(given) for given in limited_to] if limited_to or all_domains else None
    password_hash = hash_password(_password(password_stdin)) if password or password_stdin else None
    if role is None and names is None and password_hash is None:
        raise UsageError("tlsrpt user change: say what to change")
    with database(context) as engine:
        found = accounts.change_user(engine, name, role=role, domains=names, password_hash=password_hash)
        details = {"role": found.role, "domains": limit(found.domains)}
        if password_hash is not None:
            details["changed"] = "password"
        audit.record(engine, audit.COMMAND, "user_changed", name, now=datetime.now(UTC), details=details)


@user.command("list")
@click.pass_obj
def list_(context: Context) -> None:
    """Lists the users: name, role, domains, since when; with tabs between them."""
    with database(context) as engine:
        for found in accounts.users(engine):
            click.echo(f"{found.name}\t{found.role}\t{limit(found.domains)}\t{minute(found.created_at)}")


@user.command()
@click.argument("name")
@click.pass_obj
def remove(context: Context, name: str) -> None:
    """Removes a user and ends their sessions."""
    with database(context) as engine:
        accounts.remove_user(engine, name)
        audit.record(engine, audit.COMMAND, "user_removed", name, now=datetime.now(UTC))


def _password(from_stdin: bool) -> str:
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    if not password or len(password) > LONGEST_PASSWORD:
        raise UsageError(f"a password has 1 to {LONGEST_PASSWORD} characters")
    return str(password)
