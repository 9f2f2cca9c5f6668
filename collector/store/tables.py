"""All tables. Their comments are the data model's documentation (docs/data-model.md is made from them).

Report-side tables carry `domain_id` in every primary, unique and foreign key, and `day` beside it: month partitions
and distribution by domain are a matter of operation. Ids are UUIDv7 made by the program; there is no IDENTITY.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    text,
)
from sqlalchemy.schema import SchemaItem

from collector.store.types import Id, Instant, Json

metadata = MetaData(
    naming_convention={
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

domain = Table(
    "domain",
    metadata,
    Column("domain_id", Id, primary_key=True),
    Column("name", String(253), nullable=False, unique=True, comment="normal form: lower case, A-labels"),
    Column("added_at", Instant, nullable=False),
    comment="The policy domains that the operator has added.",
)

domain_mx = Table(
    "domain_mx",
    metadata,
    Column("domain_id", Id, ForeignKey("domain.domain_id", ondelete="CASCADE"), primary_key=True),
    Column("host", String(253), primary_key=True, comment="normal form"),
    Column("first_seen", Instant, nullable=False),
    Column("last_seen", Instant, nullable=False, comment="late reports name former MX hosts: rows stay"),
    Index("ix_domain_mx_host", "host"),
    comment="MX hosts seen in DNS: they tell whose result a report about a host is (rule 9, R27).",
)

published_policy = Table(
    "published_policy",
    metadata,
    Column("domain_id", Id, ForeignKey("domain.domain_id", ondelete="CASCADE"), primary_key=True),
    Column("first_seen", Instant, primary_key=True, comment="the interval begins"),
    Column("last_seen", Instant, nullable=False, comment="last observation that found just this"),
    Column("ended_at", Instant, comment="when something else was found; NULL: still so"),
    Column("mode", String(16), nullable=False, comment="enforce, testing, none; unknown for a fetch error"),
    Column("policy_id", String(32), comment="id of the _mta-sts record"),
    Column("max_age", BigInteger, comment="seconds"),
    Column("mx", Json, nullable=False, comment="patterns of the policy, in its order"),
    Column("policy_text", Text, comment="the file as fetched"),
    Column("error", String(32), comment="code of the fetch error"),
    Column("error_detail", Text),
    comment="What we fetched from DNS and HTTPS ourselves, as a history of intervals (rule 7).",
)

poll = Table(
    "poll",
    metadata,
    Column("domain_id", Id, ForeignKey("domain.domain_id", ondelete="CASCADE"), primary_key=True),
    Column("due_at", Instant, nullable=False, index=True),
    Column("polled_at", Instant),
    Column("claimed_until", Instant, comment="a scheduler works on it until then"),
    Column("failures", Integer, nullable=False, server_default=text("0"), comment="failed fetches in a row"),
    comment="When each domain's published policy is to be looked at next.",
)

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

delivery_part = Table(
    "delivery_part",
    metadata,
    Column("delivery_id", Id, ForeignKey("delivery.delivery_id", ondelete="CASCADE"), primary_key=True),
    Column("position", SmallInteger, primary_key=True, comment="of the report within the delivery, from 0"),
    Column("name", String(255), primary_key=True, comment="the domain, known or foreign; '' if none is told"),
    Column("outcome", String(16), nullable=False),
    Column("report_id", Id, comment="the report stored, repeated or contradicted"),
    Index("ix_delivery_part_name", "name", "delivery_id"),
    Index("ix_delivery_part_report_id", "report_id"),
    comment="What became of a delivery, domain by domain. Unassigned ones wait for adoption (rule 9).",
)
Index(
    "ix_delivery_part_unassigned",
    delivery_part.c.name,
    sqlite_where=delivery_part.c.outcome == "unassigned",
    postgresql_where=delivery_part.c.outcome == "unassigned",
)

REPORT_SIDE: list[Table] = []


def _report_side(name: str, *columns: SchemaItem, comment: str, has_indexes: bool = False) -> Table:
    # SQLite keeps a table without other indexes in the tree of its primary key: one tree to write instead of two.
    table = Table(name, metadata, *columns, comment=comment, sqlite_with_rowid=has_indexes)
    REPORT_SIDE.append(table)
    return table


def _domain_and_day() -> tuple[SchemaItem, SchemaItem]:
    return Column("domain_id", Id, primary_key=True), Column("day", Date, primary_key=True)


def _report_key(target: str = "report") -> ForeignKeyConstraint:
    own = ["domain_id", "day", "report_id"]
    return ForeignKeyConstraint(own, [f"{target}.{name}" for name in own], ondelete="CASCADE")


report = _report_side(
    "report",
    *_domain_and_day(),
    Column("report_id", Id, primary_key=True),
    Column("report_key", LargeBinary(16), nullable=False, comment="digest of what identifies it (rule 3)"),
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
    Index("uq_report_key", "domain_id", "day", "report_key", unique=True),
    Index("ix_report_content", "domain_id", "day", "content"),
    Index("ix_report_report_id", "report_id"),
    ForeignKeyConstraint(["domain_id"], ["domain.domain_id"], ondelete="CASCADE"),
    comment="One report as far as it is about one domain: counted once.",
    has_indexes=True,
)

policy_result = _report_side(
    "policy_result",
    *_domain_and_day(),
    Column("report_id", Id, primary_key=True),
    Column("position", Integer, primary_key=True, comment="in the policies array, from 0"),
    Column("policy_type", Text, nullable=False),
    Column("policy_domain", Text),
    Column("mode", String(16), nullable=False, comment="of the reported policy"),
    Column("policy_string", Json, nullable=False),
    Column("mx_host", Json, nullable=False),
    Column("mx", Json, nullable=False, comment="the reported policy's patterns, sorted"),
    Column("max_age", BigInteger),
    Column("successful", BigInteger, nullable=False),
    Column("failed", BigInteger, nullable=False),
    _report_key(),
    comment="One entry of a report's policies array.",
)

failure_detail = _report_side(
    "failure_detail",
    *_domain_and_day(),
    Column("report_id", Id, primary_key=True),
    Column("policy_position", Integer, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("result_type", Text, nullable=False),
    Column("sending_mta_ip", Text),
    Column("receiving_mx_hostname", Text),
    Column("receiving_mx_helo", Text),
    Column("receiving_ip", Text),
    Column("failed_session_count", BigInteger, comment="NULL: the report does not say (Q59)"),
    Column("additional_information", Text),
    Column("failure_reason_code", Text),
    _report_key(),
    comment="One entry of failure-details, as reported.",
)


def _rollup(name: str, *columns: SchemaItem, comment: str) -> Table:
    return _report_side(
        name,
        *_domain_and_day(),
        Column("authenticated", Boolean, primary_key=True),
        *columns,
        *(
            _in_range(column)
            for column in columns
            if isinstance(column, Column) and isinstance(column.type, BigInteger)
        ),
        ForeignKeyConstraint(["domain_id"], ["domain.domain_id"], ondelete="CASCADE"),
        comment=comment,
    )


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

# One row. Collectors compare it with their snapshot of the known domains before they decide whose a result is.
known_domains = Table(
    "known_domains",
    metadata,
    Column("one", SmallInteger, primary_key=True),
    Column("version", Id, nullable=False, comment="a new one at each change of domain or domain_mx"),
    comment="Changes whenever the known domains or their MX hosts do.",
)
