"""`tlsrpt domain`: the policy domains that reports are counted for."""

from datetime import UTC, datetime

import click

from collector import domains
from collector.cli import Context
from collector.errors import UsageError
from collector.store.startup import prepare


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
        counted = adopt(engine, wanted, now=now, limits=context.settings.limits)
        for name in counted:
            audit.record(engine, audit.COMMAND, "domain_added", name, now=now)
    for name in dict.fromkeys(wanted):
        if name not in counted:
            click.echo(f"{name} was there already")
        elif counted[name]:
            click.echo(f"added {name}; deliveries counted from its backlog: {counted[name]}")
        else:
            click.echo(f"added {name}")


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
    from collector.store import audit
    from collector.store.domains import remove as remove_domain

    wanted = [_normal(name) for name in names]
    with context.engine() as engine:
        prepare(engine, context.settings)
        for name in wanted:
            if not remove_domain(engine, name):
                raise UsageError(f"{name} is none of the domains")
            audit.record(engine, audit.COMMAND, "domain_removed", name, now=datetime.now(UTC))
            click.echo(f"removed {name}")


def _normal(name: str) -> str:
    normal = domains.normalise(name)
    if normal is None:
        raise UsageError(f"{name!r} is no domain name")
    return normal
