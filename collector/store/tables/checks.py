"""What the checks of a domain found, part by part."""

from sqlalchemy import Boolean, Column, ForeignKey, String, Table

from collector.store.tables.base import metadata
from collector.store.types import Id, Instant, Json

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
    comment="The state of each part of a domain's checks, as a history of intervals.",
)
