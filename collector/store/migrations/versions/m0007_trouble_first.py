"""Indexes for the list of domains in the order of their trouble: days with failures, and looks that fail now."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_FAILED = sa.text("failed > 0")
_FAILS_NOW = sa.text("ended_at IS NULL AND error IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "ix_rollup_day_failed",
        "rollup_day",
        ["day", "domain_id", "authenticated", "failed", "successful"],
        sqlite_where=_FAILED,
        postgresql_where=_FAILED,
    )
    op.create_index(
        "ix_published_policy_error",
        "published_policy",
        ["domain_id", "error"],
        sqlite_where=_FAILS_NOW,
        postgresql_where=_FAILS_NOW,
    )


def downgrade() -> None:
    op.drop_index("ix_published_policy_error", "published_policy")
    op.drop_index("ix_rollup_day_failed", "rollup_day")
