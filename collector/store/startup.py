"""Before a program works with the database: is its schema the one the program was written for?"""

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from collector.errors import ConfigurationError, SchemaOutdated
from collector.settings import Settings, Web
from collector.store import accounts
from collector.store.domains import seed
from collector.store.engine import reading, writing

_MIGRATIONS = Path(__file__).parent / "migrations"
_UPGRADE_LOCK = 0x746C7372  # PostgreSQL: one upgrade at a time


def prepare(engine: Engine, settings: Settings) -> None:
    """Makes the database ready for use and adds the domains of the settings. See `make_ready`."""
    make_ready(engine, settings.domains)


def make_ready(engine: Engine, domains: Iterable[str]) -> None:
    """Makes the database ready for use and adds `domains` (normal form) where they are not there yet.

    SQLite is upgraded on the spot; PostgreSQL, which others use at the same time, must be upgraded on purpose.
    Raises SchemaOutdated or StoreUnavailable.
    """
    if engine.dialect.name == "sqlite":
        upgrade(engine)
    else:
        check(engine)
    seed(engine, domains)


def check_reach(engine: Engine, web: Web) -> None:
    """Raises ConfigurationError if the dashboard would be open to strangers, or closed to everybody."""
    if web.listen.is_loopback or web.oidc_issuer is not None or web.proxy_auth_header is not None:
        return
    if not accounts.any_user(engine):
        raise ConfigurationError(
            f"web.listen: {web.listen} can be reached by others and no user is defined: run "
            "`tlsrpt user add NAME --role admin` first, or set web.oidc_issuer or web.proxy_auth_header"
        )


def check(engine: Engine) -> None:
    """Raises SchemaOutdated if the schema is older or newer than the program, StoreUnavailable if nobody answers."""
    with reading(engine) as connection:
        found = _revision(connection)
    if found == head():
        return
    if found is None:
        raise SchemaOutdated("the database is empty: run `tlsrpt db upgrade`")
    if found in revisions():
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
        if found is not None and found not in revisions():
            raise SchemaOutdated(f"the database has schema {found}, which this program does not know")
        _migrate(connection)
    return found


def head() -> str:
    """The revision this program was written for."""
    return revisions()[-1]


def _migrate(connection: Connection) -> None:
    # Imported here: to see that there is nothing to do does not need Alembic, which takes 0.2 s and 10 MiB.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


@lru_cache(maxsize=1)
def revisions() -> tuple[str, ...]:
    """All revisions, oldest first: `m0001_first_schema.py` is `0001`. A test holds them against Alembic's own view."""
    return tuple(sorted(file.name[1:5] for file in (_MIGRATIONS / "versions").glob("m[0-9]*.py")))


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found
