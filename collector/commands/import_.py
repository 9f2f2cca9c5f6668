"""`tlsrpt import`: reports from files."""

import json
import os
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import click

from collector.cli import Context
from collector.delivery import OUTCOMES
from collector.receive.closing import closing_line
from collector.receive.files.apart import Apart, Task
from collector.receive.files.read import Reading, Terms
from collector.receive.files.run import Importer, Tally
from collector.receive.files.sources import size_of
from collector.resolver import Resolver
from collector.store.group import GroupCommit
from collector.store.startup import prepare

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

    from collector.receive.files.pieces import Unreadable
    from collector.receive.files.read import Read

_BAR_SECONDS = 0.1
# Bytes from which a process of its own for reading is worth its start, which takes half a second.
_MUCH = 1024 * 1024


@click.command("import")
@click.argument(
    "paths", nargs=-1, required=True, type=click.Path(exists=True, readable=False, allow_dash=True), metavar="PATH..."
)
@click.option(
    "--require-dkim", is_flag=True, help="Quarantine what is not authenticated; by default it counts, marked."
)
@click.option("--json", "as_json", is_flag=True, help="The closing figures as JSON.")
@click.pass_obj
def import_(context: Context, paths: tuple[str, ...], require_dkim: bool, as_json: bool) -> int:
    """Takes in reports from files: mails, mailboxes, JSON, zip files, folders of these.

    `-` is standard input. What a file is, its bytes tell. What was imported before is a duplicate and not counted
    again. Exit status 1 if anything was quarantined, put off or could not be read.
    """
    settings = context.settings
    terms = Terms(settings.dns, settings.limits, settings.auth.dkim, require_dkim, settings.auth.trusted_results)
    Resolver(settings.dns)  # a nameserver that cannot be is told before anything is read
    tally = Tally()
    with context.engine() as engine:
        prepare(engine, settings)
        total = size_of(paths, sys.stdin.buffer)
        is_much = total is None or total > _MUCH
        reading = (
            Apart(Task(paths, terms, settings.log.level))
            if is_much and (os.cpu_count() or 1) > 1
            else Reading(paths, sys.stdin.buffer, terms)
        )
        try:
            with _shown(reading, total) as items:
                Importer(GroupCommit(engine), tally, sleep=time.sleep).run(items)
        finally:
            click.echo(json.dumps(figures(tally)) if as_json else _closing(tally))
    for count, what in ((tally.without_key, "count unauthenticated"), (tally.put_off, "were put off")):
        if count:
            click.echo(
                f"the keys of {count} could not be had from DNS just now, they {what}; import again later", err=True
            )
    return 0 if tally.is_well else 1


def _closing(tally: Tally) -> str:
    return closing_line(tally.outcomes, tally.reasons, put_off=tally.put_off, unreadable=tally.unreadable)


def figures(tally: Tally) -> dict[str, object]:
    """The closing figures, for programs."""
    return {
        **{outcome: tally.outcomes[outcome] for outcome in OUTCOMES},
        "reasons": dict(sorted(tally.reasons.items())),
        "put_off": tally.put_off,
        "unreadable": tally.unreadable,
        "without_key": tally.without_key,
    }


@contextmanager
def _shown(reading: "Apart | Reading", total: int | None) -> "Iterator[Iterator[Read | Unreadable]]":
    """What is read; on a terminal a bar shows how far that has got."""
    with closing(_each(reading)) as items:
        if total is None or not sys.stderr.isatty():
            yield items
            return
        with click.progressbar(length=total, file=sys.stderr) as bar:
            yield _watched(items, reading, bar)
            bar.update(total - bar.pos)


def _each(reading: "Apart | Reading") -> "Generator[Read | Unreadable, None, None]":
    yield from reading


def _watched(
    items: "Iterator[Read | Unreadable]", reading: "Apart | Reading", bar: "ProgressBar[int]"
) -> "Iterator[Read | Unreadable]":
    drawn = 0.0
    for item in items:
        if time.monotonic() - drawn >= _BAR_SECONDS:
            bar.update(reading.done - bar.pos)
            drawn = time.monotonic()
        yield item
