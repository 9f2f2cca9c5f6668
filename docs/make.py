"""Writes the parts of the pages that are made from the code: `make docs`. A test fails when one of them is stale.

Such a part stands between `<!-- made: NAME -->` and `<!-- end -->`; everything around it is written by hand.
"""

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import click
from sqlalchemy import Column, Table

from collector.cli import tlsrpt
from collector.monitor.model import ERRORS
from collector.receive.smtp import figures
from collector.report.model import RESULT_TYPES, UNSPECIFIED
from collector.settings import rows
from collector.store.tables import metadata
from dashboard import explain
from dashboard.web.metrics import HELP

DOCS = Path(__file__).parent
_PART = re.compile(r"(<!-- made: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def settings() -> Iterator[str]:
    """The settings table, a section each."""
    section = None
    for row in rows():
        if row.section != section:
            section = row.section
            yield f"\n### {f'[{section}]' if section else 'At the top of the file'}\n\n"
            yield "| key | variable | default | |\n|---|---|---|---|\n"
        default = f"`{row.default}`" if row.default else "none"
        notes = " *Secret.*" * row.secret
        yield f"| `{row.key}` | `{row.variable}` | {default} | {_cell(row.help)}{notes} |\n"


def tables() -> Iterator[str]:
    """The tables, their columns and what they are for."""
    for table in metadata.sorted_tables:
        yield f"\n### {table.name}\n\n{table.comment}\n\n"
        yield "| column | type | key | |\n|---|---|---|---|\n"
        for column in table.columns:
            kind = _type(column) + (", may be NULL" if column.nullable else "")
            yield f"| `{column.name}` | {kind} | {_keys(table, column)} | {_cell(column.comment or '')} |\n"


def _type(column: Column[object]) -> str:
    names = {"Id": "UUID", "Instant": "time", "Json": "JSON", "LargeBinary": "bytes", "String": "text", "Text": "text"}
    name = type(column.type).__name__
    return names.get(name, re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower())


def _keys(table: Table, column: Column[object]) -> str:
    keys = ["primary"] if column.primary_key else []
    unique = column.unique or any(index.unique and column.name in index.columns for index in table.indexes)
    keys += ["unique"] if unique else []
    targets = sorted({key.column.table.name for key in column.foreign_keys})
    return ", ".join([*keys, *(f"→ {name}" for name in targets)])


def commands() -> Iterator[str]:
    """Every command with its arguments and options."""
    with click.Context(tlsrpt, info_name="tlsrpt") as context:
        for name in tlsrpt.list_commands(context):
            command = tlsrpt.get_command(context, name)
            assert command is not None
            yield from _command(command, context, name, level=3)


def _command(command: click.Command, parent: click.Context, name: str, level: int) -> Iterator[str]:
    with click.Context(command, info_name=name, parent=parent) as context:
        usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
        yield f"\n{'#' * level} {context.command_path}\n\n```\n{usage}\n```\n\n{_prose(command)}\n"
        yield from _options(command, context)
        if isinstance(command, click.Group):
            for inner in command.list_commands(context):
                found = command.get_command(context, inner)
                assert found is not None
                yield from _command(found, context, inner, level + 1)


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    records = [record for param in command.get_params(context) if (record := param.get_help_record(context))]
    told = [(option, text) for option, text in records if text and "--help" not in option]
    if told:
        yield "\n| option | |\n|---|---|\n"
    for option, text in told:
        # "INTEGER RANGE" is no word for people; the range itself stands in the text.
        yield f"| `{_cell(option.replace('INTEGER RANGE', 'N'))}` | {_cell(text)} |\n"


def _prose(command: click.Command) -> str:
    """The command's help as Markdown: paragraphs as they are, preformatted ones (after \\b) as code."""
    paragraphs = inspect.cleandoc(command.help or "").split("\n\n")
    return "\n\n".join(
        "```\n" + part.removeprefix("\b\n") + "\n```" if part.startswith("\b") else part for part in paragraphs
    )


def metrics() -> Iterator[str]:
    """The figures of /metrics that are our own."""
    return _metrics(HELP)


def collector_metrics() -> Iterator[str]:
    """Those that a listener tells of itself."""
    return _metrics(figures.HELP)


def _metrics(told: Mapping[str, str]) -> Iterator[str]:
    yield "\n| metric | |\n|---|---|\n"
    for name, text in told.items():
        yield f"| `{name}` | {_cell(text)} |\n"


def fetch_errors() -> Iterator[str]:
    """What a failed look at a published policy can meet."""
    yield "\n| error | what it means | what to do | |\n|---|---|---|---|\n"
    for code in ERRORS:
        what = explain.fetch_error(code)
        action = what.action.replace("DOMAIN", "example.com")
        yield f"| `{code}` | {_cell(what.meaning)} | {_cell(action)} | {what.source} |\n"


def result_types() -> Iterator[str]:
    """What a failure can be called."""
    yield "\n| result type | what it means | what usually causes it | what to do |\n|---|---|---|---|\n"
    for code in (*RESULT_TYPES, UNSPECIFIED):
        what = explain.result_type(code)
        cells = (text.replace("DOMAIN", "example.com") for text in (what.meaning, what.causes, what.action))
        yield f"| `{code}` | {' | '.join(map(_cell, cells))} |\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


PARTS: dict[str, Callable[[], Iterator[str]]] = {
    "settings": settings,
    "tables": tables,
    "commands": commands,
    "metrics": metrics,
    "collector_metrics": collector_metrics,
    "fetch_errors": fetch_errors,
    "result_types": result_types,
}


def renew(text: str) -> str:
    """A page with its made parts as the code wants them now."""

    def part(match: re.Match[str]) -> str:
        return match[1] + "".join(PARTS[match[2]]()) + "\n" + match[3]

    return _PART.sub(part, text)


def main() -> None:
    for page in sorted(DOCS.glob("*.md")):
        before = page.read_text(encoding="utf-8")
        page.write_text(renew(before), encoding="utf-8")


if __name__ == "__main__":
    main()
