"""Before a program works with the database: is its schema the one the program was written for?"""

from functools import lru_cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from collector.errors import SchemaOutdated
from collector.settings import Settings
from collector.store.domains import seed
from collector.store.engine import reading, writing

_MIGRATIONS = Path(__file__).parent / "migrations"
_UPGRADE_LOCK = 0x746C7372  # PostgreSQL: one upgrade at a time


def prepare(engine: Engine, settings: Settings) -> None:
    """Makes the database ready for use and adds the domains of the settings.

    SQLite is upgraded on the spot; PostgreSQL, which others use at the same time, must be upgraded on purpose.
    Raises SchemaOutdated or StoreUnavailable.
    """
    if engine.dialect.name == "sqlite":
        upgrade(engine)
    else:
        check(engine)
    seed(engine, settings.domains)


def check(engine: Engine) -> None:
    """Raises SchemaOutdated if the schema is older or newer than the program, StoreUnavailable if nobody answers."""
    with reading(engine) as connection:
        found = _revision(connection)
    if found == head():
        return
    if found is None:
        raise SchemaOutdated("the database is empty: run `tlsrpt db upgrade`")
    if found in _revisions():
        raise SchemaOutdated(f"the database has schema {found}, this program needs {head()}: run `tlsrpt db upgrade`")
    raise SchemaOutdated(f"the database has schema {found}, which this program does not know: install a newer tlsrpt")


def upgrade(engine: Engine) -> str | None:
    """Brings the schema to the newest. Returns the revision that was found before, None for an empty database."""
    with reading(engine) as connection:
        found = _revision(connection)
    if found == head():
        return found
    with writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _UPGRADE_LOCK})
        found = _revision(connection)
        if found is not None and found not in _revisions():
            raise SchemaOutdated(f"the database has schema {found}, which this program does not know")
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return found


@lru_cache(maxsize=1)
def head() -> str:
    """The revision this program was written for."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    assert revision is not None, "the package holds its migrations"
    return revision


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return config


@lru_cache(maxsize=1)
def _revisions() -> frozenset[str]:
    return frozenset(script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
