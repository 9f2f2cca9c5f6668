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
from collector.store.types import Id, Instant, Json, Path

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
# Copies of what does not count: with those they are removed.
_IDLE = text("outcome = 'duplicate' AND report_id IS NULL")
_IS_ORIGINAL = text("document IS NOT NULL")

delivery_part = Table(
    "delivery_part",
    metadata,
    Column("delivery_id", Id, ForeignKey("delivery.delivery_id", ondelete="CASCADE"), primary_key=True),
    Column("position", SmallInteger, primary_key=True, comment="of the report within the delivery, from 0"),
    Column("name", String(255), primary_key=True, comment="the domain, known or foreign; '' if none is told"),
    Column("outcome", String(16), nullable=False),
    Column("report_id", Id, comment="the report stored, repeated or contradicted"),
    Column(
        "document",
        LargeBinary(16),
        comment="digest of the whole report as a JSON value: by it copies are known; NULL: it is a copy, or "
        "quarantined",
    ),
    Column("authenticated", Boolean, nullable=False, comment="of the report: its own, or lent by a copy (rule 3)"),
    Column("reporter", Text, nullable=False, comment="of the report: its own, or lent by a copy"),
    Column(
        "since",
        Id,
        comment="an id made when it was retried, or lent its authentication; NULL: as `delivery_id`. Of reports that "
        "contradict each other the earliest counts",
    ),
    Index("ix_delivery_part_name", "name", "delivery_id"),
    Index("ix_delivery_part_report_id", "report_id", sqlite_where=_NOT_STORED, postgresql_where=_NOT_STORED),
    Index("ix_delivery_part_unassigned", "name", sqlite_where=_UNASSIGNED, postgresql_where=_UNASSIGNED),
    Index("ix_delivery_part_idle", "delivery_id", sqlite_where=_IDLE, postgresql_where=_IDLE),
    Index(
        "ix_delivery_part_document",
        *("document", "authenticated", "reporter"),
        sqlite_where=_IS_ORIGINAL,
        postgresql_where=_IS_ORIGINAL,
    ),
    comment="What became of a delivery, domain by domain. Unassigned ones wait for adoption (rule 9).",
    sqlite_with_rowid=False,
)

delivery_name = Table(
    "delivery_name",
    metadata,
    Column(
        "path",
        Path,
        primary_key=True,
        comment="labels in reverse, `example.sub.mx1`: what lies under a name follows it",
    ),
    Column("delivery_id", Id, ForeignKey("delivery.delivery_id", ondelete="CASCADE"), primary_key=True, index=True),
    comment="Names in a delivery's reports that are no known domain: if one is added, or found to be the MX of one, or "
    "to lie under one, the delivery is settled again (rule 9).",
    sqlite_with_rowid=False,
)

to_settle = Table(
    "to_settle",
    metadata,
    Column("name", String(253), primary_key=True, comment="whatever this name may change; '': one delivery; '.': all"),
    Column("delivery_id", Id, primary_key=True, comment="the one delivery; zero where there is a name"),
    Column("until", Id, nullable=False, comment="what arrived later knows already"),
    Column("part_done", Id, nullable=False, comment="how far the deliveries with a part of this name are settled"),
    Column(
        "path_done", Path, nullable=False, comment="how far those that name it, or a name under it: in `delivery_name`"
    ),
    Column("delivery_done", Id, nullable=False, comment="and which of them under that very name"),
    comment="Whose results may be another's since a domain was added or removed, or an MX host found: worked off in "
    "small steps. As long as a row is here, figures are on their way to what they will be.",
)

report = report_side(
    "report",
    Column("report_key", LargeBinary(16), primary_key=True, comment="digest of what identifies it (rule 3)"),
    Column("report_id", Id, nullable=False),
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
    Index("ix_report_day_report_id", "day", "report_id"),  # those of some days, of whatever domain
    Index("ix_report_report_id", "report_id"),
    Index("ix_report_domain_id_report_id", "domain_id", "report_id"),  # the list of a domain, last arrived first
    ForeignKeyConstraint(["domain_id"], ["domain.domain_id"], ondelete="CASCADE"),
    comment="One report as far as it is about one domain: counted once.",
    has_rowid=True,
)
