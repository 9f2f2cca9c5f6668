"""`tlsrpt config`: what is in force, and why."""

import json
import os
import re

import click

from collector.cli import Context
from collector.settings import Given, gather, shown


@click.command()
@click.option("--check", is_flag=True, help="Print nothing, only check: exit status 0 or 2.")
@click.pass_obj
def config(context: Context, check: bool) -> None:
    """Prints the settings in force and where each comes from, secrets hidden.

    The output is a settings file that means the same, but for the secrets.
    """
    _ = context.settings  # all of them are parsed and checked; what is wrong ends the command here
    if check:
        return
    section = ""
    for given in gather(context.file, os.environ, context.overrides):
        if given.row.section != section:
            section = given.row.section
            click.echo(f"\n[{section}]")
        click.echo(line(given))


def line(given: Given) -> str:
    """One setting as TOML with its source; commented out where the value cannot be shown."""
    source = given.source or "default"
    told = shown.text(given)
    value = told if re.fullmatch(r"[1-9][0-9]*", told) else json.dumps(told)
    return f"{'# ' if told != given.text else ''}{given.row.key} = {value}  # {source}"
