"""The first schema."""

import sqlalchemy as sa
from alembic import op

from collector.store import types

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_token",
        sa.Column("token_id", types.Id(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("scope", sa.String(length=16), nullable=False, comment="read or write"),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False, comment="SHA-256; the token is random"),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("expires_at", types.Instant(), nullable=True),
        sa.PrimaryKeyConstraint("token_id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("name", name=op.f("uq_api_token_name")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_token_token_hash")),
        comment="Who may use the API.",
    )
    op.create_table(
        "delivery",
        sa.Column("delivery_id", types.Id(), nullable=False),
        sa.Column("received_at", types.Instant(), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("reason_code", sa.String(length=32), nullable=True),
        sa.Column("reason_message", sa.Text(), nullable=True),
        sa.Column("reporter", sa.Text(), nullable=True),
        sa.Column("authenticated", sa.Boolean(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False, comment="bytes as they came"),
        sa.Column("findings", types.Json(), nullable=False),
        sa.Column("envelope", types.Json(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False, comment="the bytes as they came, zlib"),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_delivery")),
        comment="One arrival of bytes, whatever came of it (rule 2).",
    )
    op.create_index("ix_delivery_outcome_delivery_id", "delivery", ["outcome", "delivery_id"], unique=False)
    op.create_table(
        "domain",
        sa.Column("domain_id", types.Id(), nullable=False),
        sa.Column("name", sa.String(length=253), nullable=False, comment="normal form: lower case, A-labels"),
        sa.Column("added_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("domain_id", name=op.f("pk_domain")),
        sa.UniqueConstraint("name", name=op.f("uq_domain_name")),
        comment="The policy domains that the operator has added.",
    )
    op.create_table(
        "known_domains",
        sa.Column("one", sa.SmallInteger(), nullable=False),
        sa.Column("version", types.Id(), nullable=False, comment="a new one at each change of domain or domain_mx"),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_known_domains")),
        comment="Changes whenever the known domains or their MX hosts do.",
    )
    op.create_table(
        "secret",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False, comment="random bytes"),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_secret")),
        comment="Keys that the program makes for itself: what signs the sessions of the web pages.",
    )
    op.create_table(
        "summary_run",
        sa.Column("week", sa.String(length=8), nullable=False, comment="ISO week, 2026-W47"),
        sa.Column("recipient", sa.String(length=320), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("claimed_at", types.Instant(), nullable=False),
        sa.Column("sent_at", types.Instant(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("week", "recipient", name=op.f("pk_summary_run")),
        comment="Which recipient has which week's mail: never twice.",
    )
    op.create_table(
        "user",
        sa.Column("user_id", types.Id(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False, comment="viewer, operator or admin"),
        sa.Column("password_hash", sa.Text(), nullable=False, comment="argon2id"),
        sa.Column("domains", types.Json(), nullable=False, comment="limited to these names; empty: all"),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_user")),
        sa.UniqueConstraint("name", name=op.f("uq_user_name")),
        comment="Who may log in.",
    )
    op.create_table(
        "alert",
        sa.Column("alert_id", types.Id(), nullable=False),
        sa.Column("domain_id", types.Id(), nullable=False),
        sa.Column("rule", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False, comment="what within the domain: an MX, a reporter"),
        sa.Column("opened_at", types.Instant(), nullable=False),
        sa.Column("updated_at", types.Instant(), nullable=False),
        sa.Column("closed_at", types.Instant(), nullable=True),
        sa.Column("muted_until", types.Instant(), nullable=True),
        sa.Column("evidence", types.Json(), nullable=False),
        sa.ForeignKeyConstraint(["domain_id"], ["domain.domain_id"], name=op.f("fk_alert_domain"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("pk_alert")),
        comment="What was found wrong, from when to when.",
    )
    op.create_index(op.f("ix_alert_domain_id"), "alert", ["domain_id"], unique=False)
    op.create_table(
        "delivery_part",
        sa.Column("delivery_id", types.Id(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False, comment="of the report within the delivery, from 0"),
        sa.Column(
            "name", sa.String(length=255), nullable=False, comment="the domain, known or foreign; '' if none is told"
        ),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("report_id", types.Id(), nullable=True, comment="the report stored, repeated or contradicted"),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["delivery.delivery_id"], name=op.f("fk_delivery_part_delivery"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("delivery_id", "position", "name", name=op.f("pk_delivery_part")),
        comment="What became of a delivery, domain by domain. Unassigned ones wait for adoption (rule 9).",
    )
    op.create_index("ix_delivery_part_name", "delivery_part", ["name", "delivery_id"], unique=False)
    op.create_index("ix_delivery_part_report_id", "delivery_part", ["report_id"], unique=False)
    op.create_index(
        "ix_delivery_part_unassigned",
        "delivery_part",
        ["name"],
        unique=False,
        sqlite_where=sa.text("outcome = 'unassigned'"),
        postgresql_where=sa.text("outcome = 'unassigned'"),
    )
    op.create_table(
        "domain_mx",
        sa.Column("domain_id", types.Id(), nullable=False),
        sa.Column("host", sa.String(length=253), nullable=False, comment="normal form"),
        sa.Column("first_seen", types.Instant(), nullable=False),
        sa.Column("last_seen", types.Instant(), nullable=False, comment="late reports name former MX hosts: rows stay"),
        sa.ForeignKeyConstraint(
            ["domain_id"], ["domain.domain_id"], name=op.f("fk_domain_mx_domain"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("domain_id", "host", name=op.f("pk_domain_mx")),
        comment="MX hosts seen in DNS: they tell whose result a report about a host is (rule 9, R27).",
    )
    op.create_index("ix_domain_mx_host", "domain_mx", ["host"], unique=False)
    op.create_table(
        "poll",
        sa.Column("domain_id", types.Id(), nullable=False),
        sa.Column("due_at", types.Instant(), nullable=False),
        sa.Column("polled_at", types.Instant(), nullable=True),
        sa.Column("claimed_until", types.Instant(), nullable=True, comment="a scheduler works on it until then"),
        sa.Column(
            "failures", sa.Integer(), server_default=sa.text("0"), nullable=False, comment="failed fetches in a row"
        ),
        sa.ForeignKeyConstraint(["domain_id"], ["domain.domain_id"], name=op.f("fk_poll_domain"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("domain_id", name=op.f("pk_poll")),
        comment="When each domain's published policy is to be looked at next.",
    )
    op.create_index(op.f("ix_poll_due_at"), "poll", ["due_at"], unique=False)
    op.create_table(
        "published_policy",
        sa.Column("domain_id", types.Id(), nullable=False),
        sa.Column("first_seen", types.Instant(), nullable=False, comment="the interval begins"),
        sa.Column("last_seen", types.Instant(), nullable=False, comment="last observation that found just this"),
        sa.Column("ended_at", types.Instant(), nullable=True, comment="when something else was found; NULL: still so"),
        sa.Column(
            "mode", sa.String(length=16), nullable=False, comment="enforce, testing, none; unknown for a fetch error"
        ),
        sa.Column("policy_id", sa.String(length=32), nullable=True, comment="id of the _mta-sts record"),
        sa.Column("max_age", sa.BigInteger(), nullable=True, comment="seconds"),
        sa.Column("mx", types.Json(), nullable=False, comment="patterns of the policy, in its order"),
        sa.Column("policy_text", sa.Text(), nullable=True, comment="the file as fetched"),
        sa.Column("error", sa.String(length=32), nullable=True, comment="code of the fetch error"),
        sa.Column("error_detail", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["domain_id"], ["domain.domain_id"], name=op.f("fk_published_policy_domain"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("domain_id", "first_seen", name=op.f("pk_published_policy")),
        comment="What we fetched from DNS and HTTPS ourselves, as a history of intervals (rule 7).",
    )
    op.create_table(
        "report",
        sa.Column("domain_id", types.Id(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("report_id", types.Id(), nullable=False),
        sa.Column(
            "report_key", sa.LargeBinary(length=16), nullable=False, comment="digest of what identifies it (rule 3)"
        ),
        sa.Column(
            "content", sa.LargeBinary(length=16), nullable=False, comment="digest of its content as a JSON value"
        ),
        sa.Column(
            "delivery_id",
            types.Id(),
            nullable=False,
            comment="the delivery it is counted from; its raw bytes hold the JSON",
        ),
        sa.Column("received_at", types.Instant(), nullable=False),
        sa.Column("authenticated", sa.Boolean(), nullable=False),
        sa.Column("reporter", sa.Text(), nullable=False),
        sa.Column("submitted_id", sa.Text(), nullable=False, comment="report-id"),
        sa.Column("organization_name", sa.Text(), nullable=True),
        sa.Column("contact_info", sa.Text(), nullable=True),
        sa.Column("start_datetime", types.Instant(), nullable=False),
        sa.Column("end_datetime", types.Instant(), nullable=False),
        sa.Column("successful", sa.BigInteger(), nullable=False, comment="rule 4"),
        sa.Column("failed", sa.BigInteger(), nullable=False, comment="rule 4"),
        sa.Column("findings", types.Json(), nullable=False),
        sa.ForeignKeyConstraint(["domain_id"], ["domain.domain_id"], name=op.f("fk_report_domain"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("domain_id", "day", "report_id", name=op.f("pk_report")),
        comment="One report as far as it is about one domain: counted once.",
        sqlite_with_rowid=True,
    )
    op.create_index("ix_report_content", "report", ["domain_id", "day", "content"], unique=False)
    op.create_index("ix_report_report_id", "report", ["report_id"], unique=False)
    op.create_index("uq_report_key", "report", ["domain_id", "day", "report_key"], unique=True)
    op.create_table(
        "rollup_day",
        sa.Column("domain_id", types.Id(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("authenticated", sa.Boolean(), nullable=False),
        sa.Column("reports", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("successful", sa.BigInteger(), server_default=sa.text("0"), nullable=False, comment="rule 4"),
        sa.Column("failed", sa.BigInteger(), server_default=sa.text("0"), nullable=False, comment="rule 4"),
        sa.Column("last_received", types.Instant(), nullable=False),
        sa.CheckConstraint("failed BETWEEN 0 AND 9223372036854775806", name=op.f("ck_rollup_day_failed_range")),
        sa.CheckConstraint("reports BETWEEN 0 AND 9223372036854775806", name=op.f("ck_rollup_day_reports_range")),
        sa.CheckConstraint("successful BETWEEN 0 AND 9223372036854775806", name=op.f("ck_rollup_day_successful_range")),
        sa.ForeignKeyConstraint(
            ["domain_id"], ["domain.domain_id"], name=op.f("fk_rollup_day_domain"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("domain_id", "day", "authenticated", name=op.f("pk_rollup_day")),
        comment="Per day: the headline figures.",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "rollup_failure",
        sa.Column("domain_id", types.Id(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("authenticated", sa.Boolean(), nullable=False),
        sa.Column("failure_key", sa.LargeBinary(length=16), nullable=False, comment="digest of the text columns"),
        sa.Column("result_type", sa.Text(), nullable=False),
        sa.Column("mx", sa.Text(), nullable=True),
        sa.Column("sending_mta_ip", sa.Text(), nullable=True),
        sa.Column("receiving_ip", sa.Text(), nullable=True),
        sa.Column("reporter", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True, comment="failure-reason-code"),
        sa.Column(
            "mode",
            sa.String(length=16),
            nullable=False,
            comment="of the reported policy: what the failure meant (rule 7)",
        ),
        sa.Column(
            "details",
            sa.BigInteger(),
            server_default=sa.text("0"),
            nullable=False,
            comment="failure details and remainders",
        ),
        sa.Column("failed", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("details BETWEEN 0 AND 9223372036854775806", name=op.f("ck_rollup_failure_details_range")),
        sa.CheckConstraint("failed BETWEEN 0 AND 9223372036854775806", name=op.f("ck_rollup_failure_failed_range")),
        sa.ForeignKeyConstraint(
            ["domain_id"], ["domain.domain_id"], name=op.f("fk_rollup_failure_domain"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("domain_id", "day", "authenticated", "failure_key", name=op.f("pk_rollup_failure")),
        comment="Per day and cause: the failure details and the unexplained remainders (rule 5), added up.",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "rollup_mx",
        sa.Column("domain_id", types.Id(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("authenticated", sa.Boolean(), nullable=False),
        sa.Column("mx", sa.Text(), nullable=False, comment="'' for failures without an MX"),
        sa.Column(
            "failed",
            sa.BigInteger(),
            server_default=sa.text("0"),
            nullable=False,
            comment="per report the larger of the two groups (rule 4)",
        ),
        sa.Column(
            "successful",
            sa.BigInteger(),
            server_default=sa.text("0"),
            nullable=False,
            comment="attributed only (rule 6)",
        ),
        sa.Column(
            "attributable",
            sa.BigInteger(),
            server_default=sa.text("0"),
            nullable=False,
            comment="policy results whose successes belong to this MX; 0: success is unknown",
        ),
        sa.CheckConstraint(
            "attributable BETWEEN 0 AND 9223372036854775806", name=op.f("ck_rollup_mx_attributable_range")
        ),
        sa.CheckConstraint("failed BETWEEN 0 AND 9223372036854775806", name=op.f("ck_rollup_mx_failed_range")),
        sa.CheckConstraint("successful BETWEEN 0 AND 9223372036854775806", name=op.f("ck_rollup_mx_successful_range")),
        sa.ForeignKeyConstraint(
            ["domain_id"], ["domain.domain_id"], name=op.f("fk_rollup_mx_domain"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("domain_id", "day", "authenticated", "mx", name=op.f("pk_rollup_mx")),
        comment="Per day and MX.",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "rollup_policy",
        sa.Column("domain_id", types.Id(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("authenticated", sa.Boolean(), nullable=False),
        sa.Column("reporter", sa.Text(), nullable=False),
        sa.Column("policy_key", sa.LargeBinary(length=16), nullable=False, comment="digest of mode and mx"),
        sa.Column("mode", sa.String(length=16), nullable=False),
        sa.Column("mx", types.Json(), nullable=False, comment="patterns, sorted: the normal form (Q12)"),
        sa.Column("results", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("sessions", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("results BETWEEN 0 AND 9223372036854775806", name=op.f("ck_rollup_policy_results_range")),
        sa.CheckConstraint("sessions BETWEEN 0 AND 9223372036854775806", name=op.f("ck_rollup_policy_sessions_range")),
        sa.ForeignKeyConstraint(
            ["domain_id"], ["domain.domain_id"], name=op.f("fk_rollup_policy_domain"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint(
            "domain_id", "day", "authenticated", "reporter", "policy_key", name=op.f("pk_rollup_policy")
        ),
        comment="Per day and reporter: the sts policies it had applied.",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "rollup_reporter",
        sa.Column("domain_id", types.Id(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("authenticated", sa.Boolean(), nullable=False),
        sa.Column("reporter", sa.Text(), nullable=False),
        sa.Column("reports", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("successful", sa.BigInteger(), server_default=sa.text("0"), nullable=False, comment="rule 4"),
        sa.Column("failed", sa.BigInteger(), server_default=sa.text("0"), nullable=False, comment="rule 4"),
        sa.Column("last_received", types.Instant(), nullable=False),
        sa.Column("organization", sa.Text(), nullable=True, comment="organization-name, free text"),
        sa.CheckConstraint("failed BETWEEN 0 AND 9223372036854775806", name=op.f("ck_rollup_reporter_failed_range")),
        sa.CheckConstraint("reports BETWEEN 0 AND 9223372036854775806", name=op.f("ck_rollup_reporter_reports_range")),
        sa.CheckConstraint(
            "successful BETWEEN 0 AND 9223372036854775806", name=op.f("ck_rollup_reporter_successful_range")
        ),
        sa.ForeignKeyConstraint(
            ["domain_id"], ["domain.domain_id"], name=op.f("fk_rollup_reporter_domain"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("domain_id", "day", "authenticated", "reporter", name=op.f("pk_rollup_reporter")),
        comment="Per day and reporter: the headline figures.",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "rollup_type",
        sa.Column("domain_id", types.Id(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("authenticated", sa.Boolean(), nullable=False),
        sa.Column("policy_type", sa.Text(), nullable=False),
        sa.Column("mode", sa.String(length=16), nullable=False, comment="of the reported policy"),
        sa.Column("results", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("successful", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("failed", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("failed BETWEEN 0 AND 9223372036854775806", name=op.f("ck_rollup_type_failed_range")),
        sa.CheckConstraint("results BETWEEN 0 AND 9223372036854775806", name=op.f("ck_rollup_type_results_range")),
        sa.CheckConstraint(
            "successful BETWEEN 0 AND 9223372036854775806", name=op.f("ck_rollup_type_successful_range")
        ),
        sa.ForeignKeyConstraint(
            ["domain_id"], ["domain.domain_id"], name=op.f("fk_rollup_type_domain"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint(
            "domain_id", "day", "authenticated", "policy_type", "mode", name=op.f("pk_rollup_type")
        ),
        comment="Per day, policy type and reported mode: exact figures, the same sessions may stand under two types.",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "failure_detail",
        sa.Column("domain_id", types.Id(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("report_id", types.Id(), nullable=False),
        sa.Column("policy_position", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("result_type", sa.Text(), nullable=False),
        sa.Column("sending_mta_ip", sa.Text(), nullable=True),
        sa.Column("receiving_mx_hostname", sa.Text(), nullable=True),
        sa.Column("receiving_mx_helo", sa.Text(), nullable=True),
        sa.Column("receiving_ip", sa.Text(), nullable=True),
        sa.Column(
            "failed_session_count", sa.BigInteger(), nullable=True, comment="NULL: the report does not say (Q59)"
        ),
        sa.Column("additional_information", sa.Text(), nullable=True),
        sa.Column("failure_reason_code", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["domain_id", "day", "report_id"],
            ["report.domain_id", "report.day", "report.report_id"],
            name=op.f("fk_failure_detail_report"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "domain_id", "day", "report_id", "policy_position", "position", name=op.f("pk_failure_detail")
        ),
        comment="One entry of failure-details, as reported.",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "policy_result",
        sa.Column("domain_id", types.Id(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("report_id", types.Id(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, comment="in the policies array, from 0"),
        sa.Column("policy_type", sa.Text(), nullable=False),
        sa.Column("policy_domain", sa.Text(), nullable=True),
        sa.Column("mode", sa.String(length=16), nullable=False, comment="of the reported policy"),
        sa.Column("policy_string", types.Json(), nullable=False),
        sa.Column("mx_host", types.Json(), nullable=False),
        sa.Column("mx", types.Json(), nullable=False, comment="the reported policy's patterns, sorted"),
        sa.Column("max_age", sa.BigInteger(), nullable=True),
        sa.Column("successful", sa.BigInteger(), nullable=False),
        sa.Column("failed", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["domain_id", "day", "report_id"],
            ["report.domain_id", "report.day", "report.report_id"],
            name=op.f("fk_policy_result_report"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("domain_id", "day", "report_id", "position", name=op.f("pk_policy_result")),
        comment="One entry of a report's policies array.",
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("policy_result")
    op.drop_table("failure_detail")
    op.drop_table("rollup_type")
    op.drop_table("rollup_reporter")
    op.drop_table("rollup_policy")
    op.drop_table("rollup_mx")
    op.drop_table("rollup_failure")
    op.drop_table("rollup_day")
    op.drop_index("uq_report_key", table_name="report")
    op.drop_index("ix_report_report_id", table_name="report")
    op.drop_index("ix_report_content", table_name="report")
    op.drop_table("report")
    op.drop_table("published_policy")
    op.drop_index(op.f("ix_poll_due_at"), table_name="poll")
    op.drop_table("poll")
    op.drop_index("ix_domain_mx_host", table_name="domain_mx")
    op.drop_table("domain_mx")
    op.drop_index(
        "ix_delivery_part_unassigned",
        table_name="delivery_part",
        sqlite_where=sa.text("outcome = 'unassigned'"),
        postgresql_where=sa.text("outcome = 'unassigned'"),
    )
    op.drop_index("ix_delivery_part_report_id", table_name="delivery_part")
    op.drop_index("ix_delivery_part_name", table_name="delivery_part")
    op.drop_table("delivery_part")
    op.drop_index(op.f("ix_alert_domain_id"), table_name="alert")
    op.drop_table("alert")
    op.drop_table("user")
    op.drop_table("summary_run")
    op.drop_table("secret")
    op.drop_table("known_domains")
    op.drop_table("domain")
    op.drop_index("ix_delivery_outcome_delivery_id", table_name="delivery")
    op.drop_table("delivery")
    op.drop_table("api_token")
