"""The command `tlsrpt`: finds its commands through entry points, reads the settings, turns errors into exit statuses.

Exit status 0: done; 1: the thing checked is not well, or something is away just now; 2: wrong use or configuration.
"""

import ast
import importlib.util
import logging
import os
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from signal import SIGTERM
from typing import IO, TYPE_CHECKING, Any, NoReturn

import click

from collector import __version__, log, settings
from collector.errors import ConfigurationError, SchemaOutdated, TlsrptError, UsageError

if TYPE_CHECKING:
    from sqlalchemy import Engine

GROUP = "tlsrpt.commands"
_log = logging.getLogger(__name__)


class Context:
    """What every command gets as `ctx.obj`. Nothing is read before it is asked for: `--help` works without settings."""

    def __init__(self, file: Path | None = None, overrides: Mapping[str, str] | None = None) -> None:
        self.file = file
        self.overrides = dict(overrides or {})

    @cached_property
    def settings(self) -> settings.Settings:
        """The settings in force, read once; logging follows them. Raises ConfigurationError."""
        given = settings.gather(self.file, os.environ, self.overrides)
        loaded = settings.build(given)
        log.configure(loaded.log.level)
        for name in settings.unknown_variables(os.environ):
            _log.warning("%s: there is no such setting, so it does nothing", name)
        return loaded

    @contextmanager
    def engine(self) -> "Iterator[Engine]":
        """The database of the settings, for the length of a command. Raises StoreUnavailable, ConfigurationError."""
        from collector.store.engine import open_engine

        engine = open_engine(self.settings.database.url)
        try:
            yield engine
        finally:
            engine.dispose()

    def command_line(self, *command: str) -> list[str]:
        """The command line of a child process of ours with the same settings: it ends when we do (`--supervised`)."""
        # -P: a folder named `collector` in the working directory is not meant.
        line = [sys.executable, "-P", "-m", "collector.cli", "--supervised"]
        if self.file is not None:
            line += ["--config", str(self.file)]
        for name, value in self.overrides.items():
            line += ["--set", f"{name}={value}"]
        return [*line, *command]


class Refusal(click.ClickException):
    """An expected error, as click wants it: one line on standard error and exit status 1."""

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(log.escape(self.message), file=file, err=file is None)


class WrongUse(Refusal):
    """A refusal with exit status 2: wrong use or configuration."""

    exit_code = 2


class Commands(click.Group):
    """The commands that installed packages offer. One is imported when it is run, not when it is listed."""

    @cached_property
    def found(self) -> dict[str, EntryPoint]:
        return {point.name: point for point in entry_points(group=GROUP)}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(self.found)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        point = self.found.get(cmd_name)
        if point is None:
            return None
        command = point.load()
        assert isinstance(command, click.Command), f"{point.value} is no click command"
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command; the number it returns is its exit status."""
        try:
            status = super().invoke(ctx)
        except (ConfigurationError, UsageError, SchemaOutdated) as error:
            raise WrongUse(str(error)) from error
        except TlsrptError as error:
            raise Refusal(str(error)) from error
        if type(status) is int:
            ctx.exit(status)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, first_line(self.found[name])) for name in self.list_commands(ctx)])


def first_line(point: EntryPoint) -> str:
    """The first line of a command's docstring, read from its source: importing all commands takes a second."""
    spec = importlib.util.find_spec(point.module)
    if spec is None or spec.origin is None:
        return ""
    tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == point.attr:
            return (ast.get_docstring(node) or "").partition("\n")[0].removesuffix(".")
    return ""


def _overrides(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> dict[str, str]:
    pairs = [item.partition("=") for item in value]
    for name, equals, _ in pairs:
        if not equals:
            raise click.BadParameter(f"{name!r} is not section.key=value")
    return {name.strip(): text for name, _, text in pairs}


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    "file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Settings file. Default: TLSRPT_CONFIG, else ./tlsrpt.toml where it exists.",
)
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="SECTION.KEY=VALUE",
    callback=_overrides,
    help="One setting; may be repeated. It beats the environment, which beats the file.",
)
@click.option("--supervised", is_flag=True, hidden=True, help="End when standard input closes.")
@click.version_option(__version__, prog_name="tlsrpt")
@click.pass_context
def tlsrpt(ctx: click.Context, file: Path | None, overrides: dict[str, str], supervised: bool) -> None:
    """Receives SMTP TLS reports (RFC 8460) and charts them against the MTA-STS policy you published."""
    ctx.obj = Context(file, overrides)
    if supervised:
        threading.Thread(target=_end_with_parent, name="lifeline", daemon=True).start()


def _end_with_parent() -> None:
    """Ends this process in its orderly way once the parent is gone, however it went: only the parent holds the pipe."""
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), SIGTERM)


def run(arguments: Sequence[str]) -> int:
    """Runs one command line and returns its exit status. Expected errors become one line on standard error."""
    try:
        with tlsrpt.make_context("tlsrpt", list(arguments)) as ctx:
            tlsrpt.invoke(ctx)
            sys.stdout.flush()  # here, where a reader that has gone can still be told from a failure
        return 0
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except (Refusal, click.exceptions.NoArgsIsHelpError) as error:
        error.show()
        return error.exit_code
    except click.ClickException as error:
        where = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "tlsrpt"
        Refusal(f"{where}: {error.format_message()}").show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return 130
    except BrokenPipeError:
        # Nobody reads on (`tlsrpt domain list | head -1`). What is still buffered must not fail again at the exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


def main() -> NoReturn:
    """The console script."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
