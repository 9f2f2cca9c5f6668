"""`tlsrpt db`: the schema of the database, and whether the figures in it are right."""

from datetime import UTC, datetime

import click

from collector import domains
from collector.cli import Context
from collector.errors import SchemaOutdated, UsageError


@click.group()
def db() -> None:
    """Upgrades or checks the schema of the database, or counts its figures afresh."""


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


@db.command()
@click.option("--domain", "names", multiple=True, metavar="DOMAIN", help="Only this domain; may be repeated.")
@click.option("--check", "is_check", is_flag=True, help="Change nothing, only list differences.")
@click.pass_obj
def recount(context: Context, names: tuple[str, ...], is_check: bool) -> int:
    """Counts figures afresh from the raw bytes, in small steps beside running collectors.

    Each difference is a line. With --check the exit status is 1 if there is one.
    """
    from collector.adopt import work_off_all
    from collector.recount import line
    from collector.recount import recount as count_afresh
    from collector.store.queries import domain_names, find_domain
    from collector.store.startup import prepare

    with context.engine() as engine:
        prepare(engine, context.settings)
        wanted = [_normal(name) for name in names] or list(domain_names(engine))
        ids = {name: find_domain(engine, name) for name in wanted}
        limits = context.settings.limits
        if not is_check:
            work_off_all(engine, limits=limits)
        differences = 0
        for name, domain_id in ids.items():
            if domain_id is None:
                raise UsageError(f"{name} is none of the domains")
            now = datetime.now(UTC)
            for each in count_afresh(engine, domain_id, name, limits=limits, is_check=is_check, now=now):
                click.echo(f"{name}: {line(each)}")
                differences += 1
    told = "1 difference" if differences == 1 else f"{differences or 'no'} differences"
    click.echo(f"{len(ids)} domain{'s' if len(ids) != 1 else ''} counted afresh, {told}{'' if is_check else ' mended'}")
    return 1 if is_check and differences else 0


def _normal(name: str) -> str:
    normal = domains.normalise(name)
    if normal is None:
        raise UsageError(f"{name!r} is not a valid domain name")
    return normal
