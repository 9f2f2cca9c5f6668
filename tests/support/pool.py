"""The databases of the tests on PostgreSQL, emptied and used again."""

import psycopg
from psycopg import sql

from tests.support.postgres import Admin, connect, database_name

# Whatever a test may have changed in a schema shows here.
_SCHEMA = """
    SELECT md5(string_agg(shape, ';' ORDER BY shape)) FROM (
        SELECT format('%s %s %s', c.relname, c.relkind, string_agg(a.attname, ',' ORDER BY a.attnum)) AS shape
        FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relnamespace = 'public'::regnamespace GROUP BY c.oid
        UNION ALL
        SELECT format('%s %s', conrelid::regclass, conname) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace
        UNION ALL SELECT tgname FROM pg_trigger WHERE NOT tgisinternal
        UNION ALL SELECT version_num FROM alembic_version
    ) AS shapes
"""
_OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
_LARGEST = 24 * 1024 * 1024  # bytes; an empty one has about a third


class Pool:
    """Databases with a schema and no rows: to empty one takes a tenth of what it takes to copy and drop one.

    One is used again only if nobody is connected to it, its schema is as it was, and it is small; else it is dropped.
    """

    def __init__(self, admin: Admin, template: str) -> None:
        self._admin = admin
        self._template = template
        self._free: list[str] = []
        self._schema: object = None
        self._emptying = ""

    def take(self) -> str:
        """The URL of one that nobody else has."""
        return self._free.pop() if self._free else self._admin.create(self._template)

    def give_back(self, url: str) -> None:
        try:
            is_empty = self._emptied(url)
        except psycopg.Error:  # a test may have left it in any state
            is_empty = False
        if is_empty:
            self._free.append(url)
        else:
            self._admin.drop(database_name(url))

    def drop_all(self) -> None:
        while self._free:
            self._admin.drop(database_name(self._free.pop()))

    def _emptied(self, url: str) -> bool:
        if self._schema is None:
            self._learn()
        with connect(url) as connection:
            (others,) = connection.execute(_OTHERS).fetchone() or (1,)
            (size,) = connection.execute("SELECT pg_database_size(current_database())").fetchone() or (_LARGEST,)
            if others or size >= _LARGEST or connection.execute(_SCHEMA).fetchone() != self._schema:
                return False
            connection.execute(self._emptying)
        return True

    def _learn(self) -> None:
        """How one looks that nobody has used."""
        url = self._admin.create(self._template)
        with connect(url) as connection:
            self._schema = connection.execute(_SCHEMA).fetchone()
            names = [sql.Identifier(name) for (name,) in connection.execute(_TABLES)]
            # Foreign keys are not looked at, so any order will do.
            deletes = sql.SQL("; ").join(sql.SQL("DELETE FROM {}").format(name) for name in names)
            self._emptying = "SET session_replication_role = replica; " + deletes.as_string(connection)
        self._admin.drop(database_name(url))
