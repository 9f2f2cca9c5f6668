"""An index for one reporter over all domains: its page read all rows of all reporters three times."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_rollup_reporter_reporter_day", "rollup_reporter", ["reporter", "day"])


def downgrade() -> None:
    op.drop_index("ix_rollup_reporter_reporter_day", "rollup_reporter")
