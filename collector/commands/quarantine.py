"""`tlsrpt quarantine`: what arrived and is not counted; why, what is in it, and another try."""

import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from heapq import merge
from typing import TYPE_CHECKING
from uuid import UUID

import click
import orjson

from collector.cli import Context
from collector.commands import quarantine_text as told
from collector.delivery import OPEN, OUTCOMES, REASONS
from collector.errors import UsageError
from collector.store.startup import prepare

if TYPE_CHECKING:
    from collector.store.engine import Engine
    from collector.store.queries import DeliveryRow

_JSON = orjson.OPT_UTC_Z
_PAGE = 500
_reason = click.option(
    "--reason",
    type=click.Choice(REASONS),
    metavar="CODE",
    help="Only those quarantined for this reason, such as dkim_fail.",
)


@click.group()
def quarantine() -> None:
    """Lists, shows and retries deliveries that are kept and not counted."""


@quarantine.command("list")
@_reason
@click.option(
    "--outcome",
    type=click.Choice(OPEN),
    metavar="OUTCOME",
    help=f"Only those of this outcome: {', '.join(OPEN)}. Default: all three.",
)
@click.option("--json", "as_json", is_flag=True, help="As the API has it: one object with all of them.")
@click.pass_obj
def list_(context: Context, reason: str | None, outcome: str | None, as_json: bool) -> None:
    """Lists them, newest first: id, arrival, outcome, reason, reporter, domains; with tabs between them."""
    with context.engine() as engine:
        prepare(engine, context.settings)
        rows = _newest_first(engine, (outcome,) if outcome else OPEN, reason)
        if as_json:
            _write_json(rows)
            return
        for row in rows:
            click.echo(told.line(row))


@quarantine.command()
@click.argument("delivery", type=click.UUID, metavar="ID")
@click.option("--raw", "as_raw", is_flag=True, help="The bytes as they came, and nothing else.")
@click.option("--json", "as_json", is_flag=True, help="As the API has it.")
@click.pass_obj
def show(context: Context, delivery: UUID, as_raw: bool, as_json: bool) -> None:
    """Shows all that is known of one delivery, whatever its outcome."""
    from collector.store import queries
    from collector.store.queries import shapes

    with context.engine() as engine:
        prepare(engine, context.settings)
        row = queries.delivery(engine, delivery)
        raw = queries.delivery_raw(engine, delivery)
    if row is None or raw is None:
        raise UsageError(f"there is no delivery {delivery}")
    if as_raw:
        sys.stdout.buffer.write(raw)
    elif as_json:
        click.echo(orjson.dumps(shapes.whole_delivery(row), option=_JSON))
    else:
        for line in told.in_full(row, raw):
            click.echo(line)


@quarantine.command()
@click.argument("deliveries", nargs=-1, type=click.UUID, metavar="[ID]...")
@_reason
@click.option("--all", "everything", is_flag=True, help="Everything that is not counted.")
@click.pass_obj
def retry(context: Context, deliveries: tuple[UUID, ...], reason: str | None, everything: bool) -> int:
    """Reads deliveries again, under the present settings and version, and counts what can be counted now.

    What is counted already is left alone. Exit status 1 if any is still quarantined, or its DKIM key is away.
    """
    from collector import retry as action
    from collector.auth.hasty import HastyKeys
    from collector.auth.keys import KeyCache
    from collector.resolver import Resolver
    from collector.store import audit, kept

    if bool(deliveries) + everything + (reason is not None) != 1:
        raise UsageError("tlsrpt quarantine retry: name deliveries, or a --reason, or say --all")
    settings = context.settings
    # With thousands of mails nobody waits for a DNS that is away again with each.
    keys = HastyKeys(KeyCache(Resolver(settings.dns).txt, time.monotonic), time.monotonic)
    seen: Counter[str] = Counter()
    with context.engine() as engine:
        prepare(engine, settings)
        if deliveries:
            groups = kept.these(engine, kept.find(engine, deliveries))
        else:
            groups = kept.open_ones(engine, reason=reason)
        for retried in action.retry(engine, action.Reader(settings, keys), groups):
            seen["key away" if retried.key_away else retried.row.outcome] += 1
            if deliveries or retried.key_away:
                click.echo(told.result(retried.row, retried.key_away))
        if seen:
            audit.record(
                engine,
                audit.COMMAND,
                "deliveries_retried",
                " ".join(map(str, deliveries)) or reason or "all",
                now=datetime.now(UTC),
                details={outcome: str(number) for outcome, number in seen.items()},
            )
    click.echo(told.counts(seen, (*OUTCOMES, "key away")) or "nothing to try again")
    return 1 if seen["quarantined"] or seen["key away"] else 0


def _newest_first(engine: "Engine", outcomes: tuple[str, ...], reason: str | None) -> "Iterator[DeliveryRow]":
    # Outcome by outcome, as the index has them; a page of each is in memory.
    return merge(*(_all(engine, each, reason) for each in outcomes), key=lambda row: row.id, reverse=True)


def _all(engine: "Engine", outcome: str, reason: str | None) -> "Iterator[DeliveryRow]":
    from collector.store import queries

    cursor = None
    while True:
        page = queries.deliveries(engine, outcome=outcome, reason=reason, limit=_PAGE, cursor=cursor)
        yield from page.items
        cursor = page.next
        if cursor is None:
            return


def _write_json(rows: "Iterator[DeliveryRow]") -> None:
    """One object, written as the rows come: there may be a hundred thousand."""
    from collector.store.queries import shapes

    sys.stdout.write('{"deliveries":[')
    for number, row in enumerate(rows):
        sys.stdout.write("," * bool(number) + "\n" + orjson.dumps(shapes.delivery(row), option=_JSON).decode())
    sys.stdout.write('\n],"next":null}\n')
