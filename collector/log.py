"""Logging: to standard error, one line per record, whatever a stranger managed to get into it (Q58)."""

import logging
import sys
import time
from typing import TextIO

_MOST_CHARACTERS = 8000
# What these have to say at `info` is either said better by us or is a stranger's text, line by line.
_QUIET = ("mail", "aiohttp", "alembic", "asyncio", "gunicorn.access", "imapclient")


def escape(text: str) -> str:
    """`text` on one line: control characters, line ends, bidirectional marks and lone surrogates as `\\x0a`."""
    if len(text) > _MOST_CHARACTERS:
        text = f"{text[:_MOST_CHARACTERS]}... ({len(text) - _MOST_CHARACTERS} characters more)"
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


class OneLine(logging.Formatter):
    """`2026-11-24T07:00:00Z WARNING collector.cli: text`, a traceback included."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created))

    def format(self, record: logging.LogRecord) -> str:
        return escape(super().format(record))


def configure(level: str, stream: TextIO | None = None) -> None:
    """Makes `level` (`debug`, `info`, `warning`, `error`) and all above it go to `stream` (standard error)."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(OneLine())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    logging.captureWarnings(True)
