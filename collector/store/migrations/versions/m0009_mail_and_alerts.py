"""Who gets which mail, what was sent, and what is wrong. Nothing wrote the two tables of before: they are made anew."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from collector.store import types

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def _message_columns() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("message_id", sa.Text(), nullable=False, comment="the same in every attempt"),
        sa.Column("queued_at", types.Instant(), nullable=False, comment="since when it is to be sent"),
        sa.Column("due_at", types.Instant(), nullable=False, comment="not before then"),
        sa.Column("claimed_by", types.Id(), nullable=True, comment="whoever sends it just now"),
        sa.Column("claimed_until", types.Instant(), nullable=True, comment="then others may, for that one is dead"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column(
            "handed_over_at",
            types.Instant(),
            nullable=True,
            comment="when the last attempt began to hand over its end: without an end of that attempt nobody knows "
            "whether it arrived",
        ),
        sa.Column(
            "is_repeat",
            sa.Boolean(),
            nullable=False,
            comment="an earlier attempt may have arrived: this is tried once more, and not again",
        ),
        sa.Column("sent_at", types.Instant(), nullable=True, comment="when the other side took it"),
        sa.Column("skipped_at", types.Instant(), nullable=True, comment="when it turned out that it is not to be sent"),
        sa.Column("given_up_at", types.Instant(), nullable=True, comment="refused for good, or tried for too long"),
        sa.Column(
            "last_error",
            sa.Text(),
            nullable=True,
            comment="what the last attempt met, or why it was skipped; NULL: nothing",
        ),
    )


def _due_index(table: str) -> None:
    waiting = sa.text("sent_at IS NULL AND skipped_at IS NULL AND given_up_at IS NULL")
    op.create_index(f"ix_{table}_due_at", table, ["due_at"], sqlite_where=waiting, postgresql_where=waiting)


def upgrade() -> None:
    op.drop_table("summary_run")
    op.drop_index(op.f("ix_alert_domain_id"), "alert")
    op.drop_table("alert")
    _mail()
    _alerts()
    _searched()


def _mail() -> None:
    op.create_table(
        "recipient",
        sa.Column("address", sa.String(length=320), nullable=False, comment="lower case"),
        sa.Column("domains", types.Json(), nullable=False, comment="about these only; empty: all"),
        sa.Column("language", sa.String(length=8), nullable=True, comment="en or ja; NULL: `summary.language`"),
        sa.Column("gets_summary", sa.Boolean(), nullable=False),
        sa.Column("gets_alerts", sa.Boolean(), nullable=False),
        sa.Column("only_if_needed", sa.Boolean(), nullable=False, comment="no weekly mail in which everything is well"),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_recipient")),
        comment="Who gets mail, beside those that the settings name; a row goes before the settings' word on its "
        "address.",
    )
    op.create_table(
        "unsubscribed",
        sa.Column("address", sa.String(length=320), nullable=False, comment="lower case"),
        sa.Column("kind", sa.String(length=16), nullable=False, comment="summary or alerts"),
        sa.Column("at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("address", "kind", name=op.f("pk_unsubscribed")),
        comment="Who asked, through the link in a mail, not to be written to any more (RFC 8058).",
    )
    op.create_table(
        "summary_run",
        sa.Column("week", sa.String(length=8), nullable=False, comment="ISO week, 2026-W47"),
        sa.Column("recipient", sa.String(length=320), nullable=False, comment="lower case"),
        *_message_columns(),
        sa.PrimaryKeyConstraint("week", "recipient", name=op.f("pk_summary_run")),
        comment="Which recipient has which week's mail: never twice.",
    )
    _due_index("summary_run")


def _alerts() -> None:
    op.create_table(
        "alert",
        sa.Column("alert_id", types.Id(), nullable=False),
        sa.Column("domain_id", types.Id(), nullable=True, comment="NULL: about the installation, not about a domain"),
        sa.Column("rule", sa.String(length=32), nullable=False),
        sa.Column(
            "subject",
            sa.Text(),
            nullable=False,
            comment="what within the domain: an MX, a reporter, a result type; or ''",
        ),
        sa.Column(
            "open_key",
            sa.LargeBinary(length=32),
            nullable=True,
            comment="SHA-256 of the three above; NULL once it is closed",
        ),
        sa.Column(
            "size",
            sa.BigInteger(),
            nullable=False,
            comment="how bad: sessions, days, deliveries, as the rule counts",
        ),
        sa.Column(
            "told_size", sa.BigInteger(), nullable=False, comment="how bad it was when people were told, or knew, last"
        ),
        sa.Column("told_at", types.Instant(), nullable=False, comment="when that was"),
        sa.Column("evidence", types.Json(), nullable=False, comment="the figures its text is made of"),
        sa.Column("opened_at", types.Instant(), nullable=False),
        sa.Column("updated_at", types.Instant(), nullable=False, comment="last change of size or evidence"),
        sa.Column("seen_at", types.Instant(), nullable=False, comment="when its rule last held"),
        sa.Column("closed_at", types.Instant(), nullable=True, comment="NULL: it is open"),
        sa.Column("acknowledged_at", types.Instant(), nullable=True, comment="somebody knows: quiet until it grows"),
        sa.Column("acknowledged_by", sa.String(length=255), nullable=True),
        sa.Column("muted_until", types.Instant(), nullable=True, comment="quiet until then"),
        sa.Column("muted_by", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["domain_id"], ["domain.domain_id"], name=op.f("fk_alert_domain"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("pk_alert")),
        sa.UniqueConstraint("open_key", name=op.f("uq_alert_open_key")),
        comment="What was found wrong, from when to when.",
    )
    for column in ("domain_id", "opened_at", "closed_at"):
        op.create_index(op.f(f"ix_alert_{column}"), "alert", [column])
    _index("ix_alert_open", "alert", ["rule"], "closed_at IS NULL")
    op.create_table(
        "alert_notice",
        sa.Column("notice_id", types.Id(), nullable=False),
        sa.Column("alert_id", types.Id(), nullable=False),
        sa.Column("event", sa.String(length=16), nullable=False, comment="opened, grown or closed"),
        sa.Column("channel", sa.String(length=16), nullable=False, comment="mail, webhook or apprise"),
        sa.Column(
            "target",
            sa.String(length=320),
            nullable=False,
            comment="a mail address; of the others the SHA-256 of their URL, which is a secret",
        ),
        sa.Column("is_quiet", sa.Boolean(), nullable=False, comment="kept for the page, not sent: it was muted"),
        sa.Column("content", types.Json(), nullable=False, comment="the alert as it was then"),
        *_message_columns(),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alert.alert_id"], name=op.f("fk_alert_notice_alert"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("notice_id", name=op.f("pk_alert_notice")),
        comment="What was told of an alert, to whom, and whether it arrived.",
    )
    op.create_index(op.f("ix_alert_notice_alert_id"), "alert_notice", ["alert_id"])
    _due_index("alert_notice")

    op.create_table(
        "alert_look",
        sa.Column("name", sa.String(length=16), nullable=False, comment="states or silence"),
        sa.Column("looked_at", types.Instant(), nullable=True, comment="when somebody last looked"),
        sa.Column("claimed_by", types.Id(), nullable=True, comment="whoever looks just now"),
        sa.Column("claimed_until", types.Instant(), nullable=True, comment="then others may, for that one is dead"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_alert_look")),
        comment="When the rules of the alerts were last looked at.",
    )


def _searched() -> None:
    """What the alerts look for every few minutes. The columns fill at the next check of each domain, within a day."""
    codes = sa.Column("codes", sa.Text(), nullable=True, comment="of its problems, a blank around each; NULL: none")
    ends: sa.Column[Any] = sa.Column(
        "not_after", types.Instant(), nullable=True, comment="when the certificate that the MX host shows ends"
    )
    op.add_column("check_state", codes)
    op.add_column("check_state", ends)
    _index("ix_check_state_codes", "check_state", ["part", "codes"], "ended_at IS NULL AND codes IS NOT NULL")
    _index("ix_check_state_not_after", "check_state", ["not_after"], "ended_at IS NULL AND not_after IS NOT NULL")
    op.create_index("ix_check_state_first_seen", "check_state", ["first_seen"])
    op.create_index("ix_published_policy_first_seen", "published_policy", ["first_seen"])
    of_policy_host: sa.Column[Any] = sa.Column(
        "certificate_ends",
        types.Instant(),
        nullable=True,
        comment="that of the policy host, by the last look that reached it",
    )
    op.add_column("published_policy", of_policy_host)
    where = "certificate_ends IS NOT NULL"
    _index("ix_published_policy_certificate_ends", "published_policy", ["certificate_ends"], where)


def _index(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def downgrade() -> None:
    for name in ("certificate_ends", "first_seen"):
        op.drop_index(f"ix_published_policy_{name}", "published_policy")
    op.drop_column("published_policy", "certificate_ends")
    for name in ("codes", "not_after", "first_seen"):
        op.drop_index(f"ix_check_state_{name}", "check_state")
    for column in ("codes", "not_after"):
        op.drop_column("check_state", column)
    for table in ("alert_look", "alert_notice", "alert", "summary_run", "unsubscribed", "recipient"):
        op.drop_table(table)
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
    op.create_index(op.f("ix_alert_domain_id"), "alert", ["domain_id"])
