"""The figures per day, written in the same transaction as the reports they come from."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    text,
)
from sqlalchemy.schema import SchemaItem

from collector.store.tables.base import metadata, report_side
from collector.store.types import Id, Instant, Json

ROLLUPS: list[Table] = []
_DIFFERS = text("differences > 0")


def _rollup(name: str, *columns: SchemaItem, comment: str) -> Table:
    table = report_side(
        name,
        Column("authenticated", Boolean, primary_key=True),
        *columns,
        *(
            _in_range(column)
            for column in columns
            if isinstance(column, Column) and isinstance(column.type, BigInteger)
        ),
        ForeignKeyConstraint(["domain_id"], ["domain.domain_id"], ondelete="CASCADE"),
        comment=comment,
        has_rowid=False,
    )
    ROLLUPS.append(table)
    return table


def _in_range(column: Column[Any]) -> CheckConstraint:
    # SQLite turns a sum beyond 64 bits into a float without a word; the check makes that an error, as it is elsewhere.
    return CheckConstraint(f"{column.name} BETWEEN 0 AND 9223372036854775806", name=f"{column.name}_range")


def _count(name: str, comment: str | None = None) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default=text("0"), comment=comment)


rollup_day = _rollup(
    "rollup_day",
    _count("reports"),
    _count("successful", "rule 4"),
    _count("failed", "rule 4"),
    Column("last_received", Instant, nullable=False),
    # A page of domains reads half a year of each: PostgreSQL finds it beside the keys. SQLite keeps all rows like that.
    PrimaryKeyConstraint(
        *("domain_id", "day", "authenticated"), postgresql_include=["successful", "failed", "last_received"]
    ),
    # The list of domains, those in trouble first: days with failures are few, and this holds all that is asked of them.
    Index(
        "ix_rollup_day_failed",
        *("day", "domain_id", "authenticated", "failed", "successful"),
        sqlite_where=text("failed > 0"),
        postgresql_where=text("failed > 0"),
    ),
    comment="Per day: the headline figures.",
)

rollup_type = _rollup(
    "rollup_type",
    Column("policy_type", Text, primary_key=True),
    Column("mode", String(16), primary_key=True, comment="of the reported policy"),
    _count("results"),
    _count("successful"),
    _count("failed"),
    comment="Per day, policy type and reported mode: exact figures, the same sessions may stand under two types.",
)

rollup_reporter = _rollup(
    "rollup_reporter",
    Column("reporter", Text, primary_key=True),
    _count("reports"),
    _count("successful", "rule 4"),
    _count("failed", "rule 4"),
    Column("last_received", Instant, nullable=False),
    Column("organization", Text, comment="organization-name, free text"),
    Index("ix_rollup_reporter_reporter_day", "reporter", "day"),  # over all domains
    comment="Per day and reporter: the headline figures.",
)

rollup_mx = _rollup(
    "rollup_mx",
    Column("mx", Text, primary_key=True, comment="'' for failures without an MX"),
    _count("failed", "per report the larger of the two groups (rule 4)"),
    _count("successful", "attributed only (rule 6)"),
    _count("attributable", "policy results whose successes belong to this MX; 0: success is unknown"),
    comment="Per day and MX.",
)

rollup_failure = _rollup(
    "rollup_failure",
    Column("failure_key", LargeBinary(16), primary_key=True, comment="digest of the text columns"),
    Column("result_type", Text, nullable=False),
    Column("mx", Text),
    Column("sending_mta_ip", Text),
    Column("receiving_ip", Text),
    Column("reporter", Text, nullable=False),
    Column("reason", Text, comment="failure-reason-code"),
    Column("mode", String(16), nullable=False, comment="of the reported policy: what the failure meant (rule 7)"),
    _count("details", "failure details and remainders"),
    _count("failed"),
    comment="Per day and cause: the failure details and the unexplained remainders (rule 5), added up.",
)

figure_check = Table(
    "figure_check",
    metadata,
    Column("domain_id", Id, ForeignKey("domain.domain_id", ondelete="CASCADE"), primary_key=True),
    Column("checked_at", Instant, nullable=False, comment="when it was begun last"),
    Column("differences", Integer, comment="rows that were not as counted afresh; NULL: it is under way, or broke off"),
    Index("ix_figure_check_differences", "differences", sqlite_where=_DIFFERS, postgresql_where=_DIFFERS),
    comment="When the figures of a domain were last counted afresh from the raw bytes, and how many differed.",
)

rollup_policy = _rollup(
    "rollup_policy",
    Column("reporter", Text, primary_key=True),
    Column("policy_key", LargeBinary(16), primary_key=True, comment="digest of mode and mx"),
    Column("mode", String(16), nullable=False),
    Column("mx", Json, nullable=False, comment="patterns, sorted: the normal form (Q12)"),
    _count("results"),
    _count("sessions"),
    comment="Per day and reporter: the sts policies it had applied.",
)
