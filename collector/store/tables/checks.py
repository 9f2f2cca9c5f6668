"""What the checks of a domain found, part by part."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, String, Table, Text, text

from collector.store.tables.base import metadata
from collector.store.types import Id, Instant, Json

_IS_WRONG_NOW = text("ended_at IS NULL AND codes IS NOT NULL")
_ENDS = text("ended_at IS NULL AND not_after IS NOT NULL")

check_state = Table(
    "check_state",
    metadata,
    Column("domain_id", Id, ForeignKey("domain.domain_id", ondelete="CASCADE"), primary_key=True),
    Column("part", String(8), primary_key=True, comment="tlsrpt, mta_sts or mx"),
    Column("host", String(253), primary_key=True, comment="the MX host in normal form; empty for the other parts"),
    Column("first_seen", Instant, primary_key=True, comment="the interval begins"),
    Column("last_seen", Instant, nullable=False, comment="last check that found the same"),
    Column("ended_at", Instant, comment="when something else was found, or the host was gone; NULL: still so"),
    Column("ok", Boolean, nullable=False, comment="whether nothing of severity error was found"),
    Column("result", Json, nullable=False, comment="as in `tlsrpt check --json`, from the last check"),
    Column("codes", Text, comment="of its problems, a blank around each; NULL: none"),
    Column("not_after", Instant, comment="when the certificate that the MX host shows ends"),
    # The alerts look every few minutes, and only at what may be wrong.
    Index("ix_check_state_codes", "part", "codes", sqlite_where=_IS_WRONG_NOW, postgresql_where=_IS_WRONG_NOW),
    Index("ix_check_state_not_after", "not_after", sqlite_where=_ENDS, postgresql_where=_ENDS),
    Index("ix_check_state_first_seen", "first_seen"),
    comment="The state of each part of a domain's checks, as a history of intervals.",
)
