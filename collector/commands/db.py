"""`tlsrpt db`: the schema of the database."""

import click

from collector.cli import Context
from collector.errors import SchemaOutdated


@click.group()
def db() -> None:
    """Upgrades or checks the database's schema."""


@db.command()
@click.pass_obj
def upgrade(context: Context) -> None:
    """Brings the schema to the newest version; creates it in an empty database."""
    from collector.store import startup

    with context.engine() as engine:
        before = startup.upgrade(engine)
    if before == startup.head():
        click.echo(f"the schema is current ({before})")
    else:
        click.echo(f"upgraded from {before or 'an empty database'} to {startup.head()}")


@db.command()
@click.pass_obj
def check(context: Context) -> int:
    """Tells whether the schema is current; exit status 1 if it is not."""
    from collector.store import startup

    with context.engine() as engine:
        try:
            startup.check(engine)
        except SchemaOutdated as error:
            click.echo(str(error), err=True)
            return 1
    click.echo(f"the schema is current ({startup.head()})")
    return 0
