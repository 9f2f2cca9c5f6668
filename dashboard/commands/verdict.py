"""`tlsrpt verdict`: is it safe to go, or to stay, in `enforce`?"""

import json
from datetime import UTC, datetime

import click

from collector import domains, log
from collector.cli import Context
from collector.errors import UsageError
from collector.store import queries
from dashboard.commands.accounts import database
from dashboard.verdict import Verdict, judge

_MARKS = {True: "yes", False: "NO", None: "-"}


@click.command()
@click.argument("domain")
@click.option("--json", "as_json", is_flag=True, help="Print it as the API answers it.")
@click.pass_obj
def verdict(context: Context, domain: str, as_json: bool) -> int:
    """Tells whether it is safe to go, or to stay, in enforce, and why.

    Exit status 0 for ready and not_applicable, else 1.
    """
    name, now = domains.normalise(domain), datetime.now(UTC)
    if name is None:
        raise UsageError(f"{domain!r} is no domain name")
    with database(context) as engine:
        domain_id = queries.find_domain(engine, name)
        if domain_id is None:
            raise UsageError(f"{name} is none of the domains")
        found = judge(queries.evidence(engine, domain_id, now=now), context.settings.verdict, now)
    click.echo(json.dumps(found.shape(), indent=2) if as_json else text(found, name))
    return 0 if found.is_well else 1


def text(found: Verdict, name: str) -> str:
    """The verdict for a terminal: a line for each reason, those against it marked NO, those that weigh nothing -."""
    lines = [f"{name}: {found.word} (mode {found.mode}). {found.sentence}", ""]
    lines += [f"  {_MARKS[reason.ok]:<4} {log.escape(reason.text)}" for reason in found.reasons]
    return "\n".join([*lines, "", f"What to do: {found.next_step.replace('DOMAIN', name)}"])
