"""What arrived, and the reports that were found in it."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    text,
)

from collector.store.tables.base import metadata, report_side
from collector.store.types import Id, Instant, Json

delivery = Table(
    "delivery",
    metadata,
    Column("delivery_id", Id, primary_key=True),
    Column("received_at", Instant, nullable=False),
    Column("channel", String(8), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("reason_code", String(32)),
    Column("reason_message", Text),
    Column("reporter", Text),
    Column("authenticated", Boolean, nullable=False),
    Column("size", BigInteger, nullable=False, comment="bytes as they came"),
    Column("findings", Json, nullable=False),
    Column("envelope", Json, nullable=False),
    Column("raw", LargeBinary, nullable=False, comment="the bytes as they came, zlib"),
    Index("ix_delivery_outcome_delivery_id", "outcome", "delivery_id"),
    comment="One arrival of bytes, whatever came of it (rule 2).",
)

# A part that was stored is found from its report; only the others are looked for by their report.
_NOT_STORED = text("report_id IS NOT NULL AND outcome <> 'stored'")
_UNASSIGNED = text("outcome = 'unassigned'")

delivery_part = Table(
    "delivery_part",
    metadata,
    Column("delivery_id", Id, ForeignKey("delivery.delivery_id", ondelete="CASCADE"), primary_key=True),
    Column("position", SmallInteger, primary_key=True, comment="of the report within the delivery, from 0"),
    Column("name", String(255), primary_key=True, comment="the domain, known or foreign; '' if none is told"),
    Column("outcome", String(16), nullable=False),
    Column("report_id", Id, comment="the report stored, repeated or contradicted"),
    Index("ix_delivery_part_name", "name", "delivery_id"),
    Index("ix_delivery_part_report_id", "report_id", sqlite_where=_NOT_STORED, postgresql_where=_NOT_STORED),
    Index("ix_delivery_part_unassigned", "name", sqlite_where=_UNASSIGNED, postgresql_where=_UNASSIGNED),
    comment="What became of a delivery, domain by domain. Unassigned ones wait for adoption (rule 9).",
    sqlite_with_rowid=False,
)

report = report_side(
    "report",
    Column("report_key", LargeBinary(16), primary_key=True, comment="digest of what identifies it (rule 3)"),
    Column("report_id", Id, nullable=False),
    Column("content", LargeBinary(16), nullable=False, comment="digest of its content as a JSON value"),
    Column(
        "delivery_id",
        Id,
        nullable=False,
        comment="the delivery it is counted from; its raw bytes hold the JSON",
    ),
    Column("received_at", Instant, nullable=False),
    Column("authenticated", Boolean, nullable=False),
    Column("reporter", Text, nullable=False),
    Column("submitted_id", Text, nullable=False, comment="report-id"),
    Column("organization_name", Text),
    Column("contact_info", Text),
    Column("start_datetime", Instant, nullable=False),
    Column("end_datetime", Instant, nullable=False),
    Column("successful", BigInteger, nullable=False, comment="rule 4"),
    Column("failed", BigInteger, nullable=False, comment="rule 4"),
    Column("findings", Json, nullable=False),
    Column(
        "policy_results",
        Json,
        nullable=False,
        comment="as reported: `policy_type`, `policy_domain`, `mode`, `policy_string`, `mx_host`, `successful`, "
        "`failed`, `failure_details`. A detail is a list of result type, sending IP, receiving MX host, its HELO, "
        "receiving IP, count (null: the report does not say, Q59), additional information, reason code",
    ),
    Index("ix_report_content", "day", "content"),  # by day first: of a large table only the end is hot
    Index("ix_report_report_id", "report_id"),
    Index("ix_report_domain_id_report_id", "domain_id", "report_id"),  # the list of a domain, last arrived first
    ForeignKeyConstraint(["domain_id"], ["domain.domain_id"], ondelete="CASCADE"),
    comment="One report as far as it is about one domain: counted once.",
    has_rowid=True,
)
