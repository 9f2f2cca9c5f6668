"""What all tables share: the names of their constraints, and how those about reports are keyed."""

from sqlalchemy import Column, Date, MetaData, Table
from sqlalchemy.schema import SchemaItem

from collector.store.types import Id

metadata = MetaData(
    naming_convention={
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

REPORT_SIDE: list[Table] = []


def report_side(name: str, *columns: SchemaItem, comment: str, has_rowid: bool) -> Table:
    """A table whose key begins with `domain_id` and `day`.

    `has_rowid`: whether SQLite keeps its rows in the order they came, beside the tree of the primary key. That suits
    long rows; without it there is only one tree to write.
    """
    key = (Column("domain_id", Id, primary_key=True), Column("day", Date, primary_key=True))
    table = Table(name, metadata, *key, *columns, comment=comment, sqlite_with_rowid=has_rowid)
    REPORT_SIDE.append(table)
    return table
