"""Sessions that can be ended, limits and last use of tokens, failed log-ins, and who changed what."""

import sqlalchemy as sa
from alembic import op

from collector.store import types

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "web_session",
        sa.Column("session_id", types.Id(), nullable=False),
        sa.Column(
            "secret_hash", sa.LargeBinary(length=32), nullable=False, comment="SHA-256 of the secret in the cookie"
        ),
        sa.Column("user_id", types.Id(), nullable=True, comment="NULL: somebody whom only the login provider knows"),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=True, comment="NULL: as in `user`"),
        sa.Column(
            "domains", types.Json(), nullable=True, comment="limited to these names; empty: all; NULL: as in `user`"
        ),
        sa.Column("begun_at", types.Instant(), nullable=False),
        sa.Column("ends_at", types.Instant(), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False, comment="whence it was begun"),
        sa.Column("browser", sa.String(length=255), nullable=False, comment="User-Agent, as far as it fits"),
        sa.ForeignKeyConstraint(["user_id"], ["user.user_id"], name=op.f("fk_web_session_user"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_web_session")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_web_session_secret_hash")),
        comment="Who is logged in. A row that is removed ends its session at once, on every process.",
    )
    op.create_index(op.f("ix_web_session_user_id"), "web_session", ["user_id"])
    op.create_index(op.f("ix_web_session_ends_at"), "web_session", ["ends_at"])
    op.create_table(
        "login_failure",
        sa.Column("failure_id", types.Id(), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False, comment="IPv6: its /64"),
        sa.Column(
            "name_hash",
            sa.LargeBinary(length=32),
            nullable=False,
            comment="keyed: a name that nobody has may be a password",
        ),
        sa.Column("failed_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("failure_id", name=op.f("pk_login_failure")),
        comment="Failed log-ins of the last minutes: who fails too often waits, whichever process is asked.",
    )
    op.create_index(op.f("ix_login_failure_address"), "login_failure", ["address"])
    op.create_index(op.f("ix_login_failure_failed_at"), "login_failure", ["failed_at"])
    op.create_table(
        "audit",
        sa.Column("audit_id", types.Id(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("actor", sa.String(length=255), nullable=True, comment="NULL: a local caller, or nobody known"),
        sa.Column(
            "way",
            sa.String(length=16),
            nullable=False,
            comment="password, oidc, proxy, token, local or command; none before a log-in",
        ),
        sa.Column("address", sa.String(length=64), nullable=True, comment="NULL: a command"),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True, comment="what it was done to: a domain, user, token, delivery"),
        sa.Column("details", types.Json(), nullable=False, comment="texts by name; never a secret"),
        sa.PrimaryKeyConstraint("audit_id", name=op.f("pk_audit")),
        comment="Who changed what and when; kept for `keep.audit_days`.",
    )
    op.create_index(op.f("ix_audit_at"), "audit", ["at"])
    op.add_column(
        "api_token",
        sa.Column(
            "domains",
            types.Json(),
            nullable=False,
            server_default=sa.text("'[]'"),
            comment="limited to these names; empty: all",
        ),
    )
    op.add_column(
        "api_token",
        sa.Column("last_used_at", types.Instant(), nullable=True, comment="to a minute or so"),
    )
    if op.get_bind().dialect.name == "postgresql":  # SQLite keeps no comments
        op.alter_column("api_token", "scope", existing_type=sa.String(length=16), comment="read, write or admin")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("api_token", "scope", existing_type=sa.String(length=16), comment="read or write")
    op.drop_column("api_token", "last_used_at")
    op.drop_column("api_token", "domains")
    op.drop_table("audit")
    op.drop_table("login_failure")
    op.drop_table("web_session")
