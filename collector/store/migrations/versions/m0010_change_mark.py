"""The mark that each change in the dashboard leaves: by it a replica is seen to have the change."""

import sqlalchemy as sa
from alembic import op

from collector.store import types

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "change_mark",
        sa.Column("name", sa.String(length=32), nullable=False, comment="`dashboard`, the only one"),
        sa.Column("mark", types.Id(), nullable=False, comment="random, new with each change"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_change_mark")),
        comment="Written after each change in the dashboard where a replica is read: one that has the same mark has "
        "all that came before it.",
    )


def downgrade() -> None:
    op.drop_table("change_mark")
