"""Imported by the process that commands are forked from (`commands`)."""

import alembic.command  # noqa: F401  a new database is upgraded

from collector.store import queries, startup  # noqa: F401
from dashboard import web  # noqa: F401
from tests.support import commands

commands.load()
