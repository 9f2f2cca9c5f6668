"""Who gets which mail, and which weekly mails went out."""

from sqlalchemy import Boolean, Column, String, Table

from collector.store.tables.base import metadata
from collector.store.tables.outbox import due_index, message_columns
from collector.store.types import Instant, Json

recipient = Table(
    "recipient",
    metadata,
    Column("address", String(320), primary_key=True, comment="lower case"),
    Column("domains", Json, nullable=False, comment="about these only; empty: all"),
    Column("language", String(8), comment="en or ja; NULL: `summary.language`"),
    Column("gets_summary", Boolean, nullable=False),
    Column("gets_alerts", Boolean, nullable=False),
    Column("only_if_needed", Boolean, nullable=False, comment="no weekly mail in which everything is well"),
    Column("created_at", Instant, nullable=False),
    comment="Who gets mail, beside those that the settings name; a row goes before the settings' word on its address.",
)

unsubscribed = Table(
    "unsubscribed",
    metadata,
    Column("address", String(320), primary_key=True, comment="lower case"),
    Column("kind", String(16), primary_key=True, comment="summary or alerts"),
    Column("at", Instant, nullable=False),
    comment="Who asked, through the link in a mail, not to be written to any more (RFC 8058).",
)

summary_run = Table(
    "summary_run",
    metadata,
    Column("week", String(8), primary_key=True, comment="ISO week, 2026-W47"),
    Column("recipient", String(320), primary_key=True, comment="lower case"),
    *message_columns(),
    due_index("summary_run"),
    comment="Which recipient has which week's mail: never twice.",
)
