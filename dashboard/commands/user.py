"""`tlsrpt user`: who may log in."""

import sys
from datetime import UTC, datetime

import click

from collector import domains
from collector.cli import Context
from collector.errors import UsageError
from collector.store import accounts
from dashboard.commands.accounts import checked_name, database, minute
from dashboard.passwords import LONGEST_PASSWORD, hash_password


@click.group()
def user() -> None:
    """Adds, lists and removes those who may log in to the dashboard."""


@user.command()
@click.argument("name")
@click.option("--role", type=click.Choice(accounts.ROLES), default="viewer", show_default=True)
@click.option("--domain", "limited_to", multiple=True, metavar="DOMAIN", help="Sees this domain only; may be repeated.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input, one line.")
@click.pass_obj
def add(context: Context, name: str, role: str, limited_to: tuple[str, ...], password_stdin: bool) -> None:
    """Adds a user. Once there is one, everybody has to log in."""
    name = checked_name(name)
    names = [_domain(given) for given in limited_to]
    password = _from_stdin() if password_stdin else click.prompt("Password", hide_input=True, confirmation_prompt=True)
    if not password or len(password) > LONGEST_PASSWORD:
        raise UsageError(f"a password has 1 to {LONGEST_PASSWORD} characters")
    with database(context) as engine:
        accounts.add_user(
            engine, name, role=role, password_hash=hash_password(password), domains=names, now=datetime.now(UTC)
        )


@user.command("list")
@click.pass_obj
def list_(context: Context) -> None:
    """Lists the users: name, role, domains, since when; with tabs between them."""
    with database(context) as engine:
        for found in accounts.users(engine):
            seen = ",".join(found.domains) or "all domains"
            click.echo(f"{found.name}\t{found.role}\t{seen}\t{minute(found.created_at)}")


@user.command()
@click.argument("name")
@click.pass_obj
def remove(context: Context, name: str) -> None:
    """Removes a user and ends their sessions."""
    with database(context) as engine:
        accounts.remove_user(engine, name)


def _from_stdin() -> str:
    return sys.stdin.readline().rstrip("\r\n")


def _domain(given: str) -> str:
    name = domains.normalise(given)
    if name is None:
        raise UsageError(f"{given!r} is no domain name")
    return name
