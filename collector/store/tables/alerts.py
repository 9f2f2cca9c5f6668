"""What is wrong, from when to when, and who was told."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, LargeBinary, String, Table, Text, text

from collector.store.tables.base import metadata
from collector.store.tables.outbox import due_index, message_columns
from collector.store.types import Id, Instant, Json

_IS_OPEN = text("closed_at IS NULL")  # they are few, and looked at every few minutes

alert = Table(
    "alert",
    metadata,
    Column("alert_id", Id, primary_key=True),
    Column(
        "domain_id",
        Id,
        ForeignKey("domain.domain_id", ondelete="CASCADE"),
        index=True,
        comment="NULL: about the installation, not about a domain",
    ),
    Column("rule", String(32), nullable=False),
    Column("subject", Text, nullable=False, comment="what within the domain: an MX, a reporter, a result type; or ''"),
    Column("open_key", LargeBinary(32), unique=True, comment="SHA-256 of the three above; NULL once it is closed"),
    Column("size", BigInteger, nullable=False, comment="how bad: sessions, days, deliveries, as the rule counts"),
    Column("told_size", BigInteger, nullable=False, comment="how bad it was when people were told, or knew, last"),
    Column("told_at", Instant, nullable=False, comment="when that was"),
    Column("evidence", Json, nullable=False, comment="the figures its text is made of"),
    Column("opened_at", Instant, nullable=False, index=True),
    Column("updated_at", Instant, nullable=False, comment="last change of size or evidence"),
    Column("seen_at", Instant, nullable=False, comment="when its rule last held"),
    Column("closed_at", Instant, index=True, comment="NULL: it is open"),
    Column("acknowledged_at", Instant, comment="somebody knows: quiet until it grows"),
    Column("acknowledged_by", String(255)),
    Column("muted_until", Instant, comment="quiet until then"),
    Column("muted_by", String(255)),
    Index("ix_alert_open", "rule", sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN),
    comment="What was found wrong, from when to when.",
)

alert_notice = Table(
    "alert_notice",
    metadata,
    Column("notice_id", Id, primary_key=True),
    Column("alert_id", Id, ForeignKey("alert.alert_id", ondelete="CASCADE"), nullable=False, index=True),
    Column("event", String(16), nullable=False, comment="opened, grown or closed"),
    Column("channel", String(16), nullable=False, comment="mail, webhook or apprise"),
    Column(
        "target",
        String(320),
        nullable=False,
        comment="a mail address; of the others the SHA-256 of their URL, which is a secret",
    ),
    Column("is_quiet", Boolean, nullable=False, comment="kept for the page, not sent: it was muted"),
    Column("content", Json, nullable=False, comment="the alert as it was then"),
    *message_columns(),
    due_index("alert_notice"),
    comment="What was told of an alert, to whom, and whether it arrived.",
)

# Whoever looks claims the row: one scheduler at a time, and not more often than it has to be.
alert_look = Table(
    "alert_look",
    metadata,
    Column("name", String(16), primary_key=True, comment="states or silence"),
    Column("looked_at", Instant, comment="when somebody last looked"),
    Column("claimed_by", Id, comment="whoever looks just now"),
    Column("claimed_until", Instant, comment="then others may, for that one is dead"),
    comment="When the rules of the alerts were last looked at.",
)
