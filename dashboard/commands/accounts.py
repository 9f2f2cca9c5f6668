"""What `tlsrpt user` and `tlsrpt token` share."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from collector import domains
from collector.cli import Context
from collector.errors import UsageError
from collector.roles import LONGEST_NAME, is_name
from collector.store import startup
from collector.store.engine import Engine


@contextmanager
def database(context: Context) -> Iterator[Engine]:
    """The database, ready for use: an account may be made before anything else has run."""
    with context.engine() as engine:
        startup.prepare(engine, context.settings)
        yield engine


def checked_name(given: str) -> str:
    """The name of a user or token. Raises UsageError if people could not tell it from another."""
    if not is_name(given):
        raise UsageError(f"a name has 1 to {LONGEST_NAME} printable characters and no blank at its ends")
    return given


def domain(given: str) -> str:
    """A domain in normal form, known or not. Raises UsageError."""
    name = domains.normalise(given)
    if name is None:
        raise UsageError(f"{given!r} is no domain name")
    return name


def limit(names: Iterable[str]) -> str:
    """What somebody limited to some domains sees."""
    return ",".join(names) or "all domains"


def minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
