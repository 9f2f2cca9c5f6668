"""Those who look at the figures: who they are, what was sent to them, what the program keeps secret for them."""

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, String, Table, Text

from collector.store.tables.base import metadata
from collector.store.types import Id, Instant, Json

user = Table(
    "user",
    metadata,
    Column("user_id", Id, primary_key=True),
    Column("name", String(255), nullable=False, unique=True),
    Column("role", String(16), nullable=False, comment="viewer, operator or admin"),
    Column("password_hash", Text, nullable=False, comment="argon2id"),
    Column("domains", Json, nullable=False, comment="limited to these names; empty: all"),
    Column("created_at", Instant, nullable=False),
    comment="Who may log in.",
)

api_token = Table(
    "api_token",
    metadata,
    Column("token_id", Id, primary_key=True),
    Column("name", String(255), nullable=False, unique=True),
    Column("scope", String(16), nullable=False, comment="read or write"),
    Column("token_hash", LargeBinary(32), nullable=False, unique=True, comment="SHA-256; the token is random"),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    comment="Who may use the API.",
)

secret = Table(
    "secret",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", LargeBinary, nullable=False, comment="random bytes"),
    Column("created_at", Instant, nullable=False),
    comment="Keys that the program makes for itself: what signs the sessions of the web pages.",
)

summary_run = Table(
    "summary_run",
    metadata,
    Column("week", String(8), primary_key=True, comment="ISO week, 2026-W47"),
    Column("recipient", String(320), primary_key=True),
    Column("message_id", Text, nullable=False),
    Column("claimed_at", Instant, nullable=False),
    Column("sent_at", Instant),
    Column("attempts", Integer, nullable=False),
    Column("last_error", Text),
    comment="Which recipient has which week's mail: never twice.",
)

alert = Table(
    "alert",
    metadata,
    Column("alert_id", Id, primary_key=True),
    Column("domain_id", Id, ForeignKey("domain.domain_id", ondelete="CASCADE"), nullable=False, index=True),
    Column("rule", String(64), nullable=False),
    Column("subject", Text, nullable=False, comment="what within the domain: an MX, a reporter"),
    Column("opened_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("closed_at", Instant),
    Column("muted_until", Instant),
    Column("evidence", Json, nullable=False),
    comment="What was found wrong, from when to when.",
)
