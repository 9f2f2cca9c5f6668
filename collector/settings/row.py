"""One row of the table of settings."""

from collections.abc import Callable
from dataclasses import field
from typing import Any


def setting(
    parse: Callable[[str], Any],
    default: str,
    help: str,  # noqa: A002
    *,
    secret: bool = False,
) -> Any:
    """One row of the table, as the metadata of a dataclass field."""
    return field(
        default_factory=lambda: parse(default),
        metadata={"parse": parse, "default": default, "help": help, "secret": secret},
    )
