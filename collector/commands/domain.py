"""`tlsrpt domain`: the policy domains that reports are counted for."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from collector import domains
from collector.cli import Context
from collector.errors import UsageError
from collector.store.startup import prepare

if TYPE_CHECKING:
    from collector.adopt import Adopted


@click.group()
def domain() -> None:
    """Adds, lists and removes the domains that reports are counted for."""


@domain.command()
@click.argument("names", nargs=-1, required=True, metavar="DOMAIN...")
@click.pass_obj
def add(context: Context, names: tuple[str, ...]) -> None:
    """Adds domains; what came for them before they were known is counted now."""
    from collector.adopt import adopt
    from collector.store import audit

    wanted = [_normal(name) for name in names]
    with context.engine() as engine:
        prepare(engine, context.settings)
        now = datetime.now(UTC)
        adopted = adopt(engine, wanted, now=now, limits=context.settings.limits)
        for name, done in adopted.items():
            if done.is_new:
                audit.record(engine, audit.COMMAND, "domain_added", name, now=now)
    for name, done in adopted.items():
        click.echo(f"added {name}{_counted(name, done)}" if done.is_new else f"{name} was there already")


def _counted(name: str, done: "Adopted") -> str:
    """`; 3 reports now count for d.example, 1 of them counted for mx1.d.example before`"""
    if not done.reports:
        return ""
    told = (
        f"; 1 report now counts for {name}" if done.reports == 1 else f"; {done.reports} reports now count for {name}"
    )
    for other, number in sorted(done.before.items()):
        told += f", {number} of them counted for {other} before"
    return told


@domain.command("list")
@click.pass_obj
def list_(context: Context) -> None:
    """Lists the domains, one a line."""
    from collector.store.queries import domain_names

    with context.engine() as engine:
        prepare(engine, context.settings)
        for name in domain_names(engine):
            click.echo(name)


@domain.command()
@click.argument("names", nargs=-1, required=True, metavar="DOMAIN...")
@click.pass_obj
def remove(context: Context, names: tuple[str, ...]) -> None:
    """Removes domains with their figures; the deliveries stay, and count again when a domain is added again."""
    from collector.adopt import work_off_all
    from collector.store import audit
    from collector.store.domains import remove as remove_domain

    wanted = [_normal(name) for name in names]
    with context.engine() as engine:
        prepare(engine, context.settings)
        for name in wanted:
            if not remove_domain(engine, name):
                raise UsageError(f"{name} is none of the domains")
            audit.record(engine, audit.COMMAND, "domain_removed", name, now=datetime.now(UTC))
            work_off_all(engine, limits=context.settings.limits)
            click.echo(f"removed {name}")


def _normal(name: str) -> str:
    normal = domains.normalise(name)
    if normal is None:
        raise UsageError(f"{name!r} is no domain name")
    return normal
