"""`tlsrpt check`: what a domain publishes, as senders see it, and what is wrong with it."""

import asyncio
import shutil
from datetime import UTC, datetime

import click
import orjson

from collector import domains
from collector.cli import Context
from collector.commands import check_text
from collector.errors import UsageError
from collector.monitor import shape
from collector.monitor.checked import Check
from collector.settings import Settings


@click.command()
@click.argument("domain", metavar="DOMAIN")
@click.option("--json", "as_json", is_flag=True, help="JSON instead of a table.")
@click.option("--record", is_flag=True, help="Into the history; for domains that were added.")
@click.pass_obj
def check(context: Context, domain: str, as_json: bool, record: bool) -> int:
    """Checks the TLSRPT record, MTA-STS and the MX hosts of any domain.

    Needs neither database nor settings. Exit status: 0 if all is well, 1 if there is an error; a warning is none.
    """
    name = domains.normalise(domain)
    if name is None:
        raise UsageError(f"{domain[:260]!r} is no domain name")
    found = _recorded(context, name) if record else asyncio.run(_looked(context.settings, name))
    if as_json:
        click.echo(orjson.dumps(shape.check(found), option=orjson.OPT_INDENT_2).decode())
    else:
        # echo() leaves colours out unless a terminal shows them.
        click.echo(check_text.text(found, shutil.get_terminal_size().columns))
    return 0 if found.ok else 1


async def _looked(settings: Settings, name: str) -> Check:
    from collector.monitor.configured import checker

    return (await checker(settings, ours=False).look(name, datetime.now(UTC))).check


def _recorded(context: Context, name: str) -> Check:
    from collector.monitor.ask import asking
    from collector.store import audit
    from collector.store.startup import prepare

    with context.engine() as engine:
        prepare(engine, context.settings)
        found = asking(context.settings, engine).check(name)
        audit.record(engine, audit.COMMAND, "domain_checked", name, now=datetime.now(UTC))
        return found
