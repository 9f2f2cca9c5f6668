"""What the collector remembers of the mailboxes it reads."""

from sqlalchemy import BigInteger, Column, Integer, String, Table, Text

from collector.store.tables.base import metadata
from collector.store.types import Id, Instant, Json

imap_folder = Table(
    "imap_folder",
    metadata,
    Column("host", String(255), primary_key=True),
    Column("user", Text, primary_key=True),
    Column("folder", Text, primary_key=True),
    Column("uid_validity", BigInteger, comment="which UIDs are meant (RFC 3501 section 2.3.1.1); NULL: not read yet"),
    Column("last_uid", BigInteger, nullable=False, comment="every UID up to here is taken, but for those put off"),
    Column("put_off", Json, nullable=False, comment="UIDs to be tried again, each with the time of the first try"),
    Column("due_at", Instant, nullable=False),
    Column("claimed_by", Id, comment="the program that reads it"),
    Column("claimed_until", Instant),
    Column("failures", Integer, nullable=False, comment="failed passes in a row"),
    Column("fetched_at", Instant, comment="end of the last pass that went through"),
    comment="How far each IMAP folder has been read, so that no mail is read twice or left out.",
)
