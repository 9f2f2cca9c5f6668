"""What tells whether a replica has what was changed just now."""

from sqlalchemy import Column, String, Table

from collector.store.tables.base import metadata
from collector.store.types import Id

change_mark = Table(
    "change_mark",
    metadata,
    Column("name", String(32), primary_key=True, comment="`dashboard`, the only one"),
    Column("mark", Id, nullable=False, comment="random, new with each change"),
    comment="Written after each change in the dashboard where a replica is read: one that has the same mark has all "
    "that came before it.",
)
