"""What the checks of a domain found; when it is to be checked as a whole, and which id was seen last."""

import sqlalchemy as sa
from alembic import op

from collector.store import types

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "check_state",
        sa.Column("domain_id", types.Id(), nullable=False),
        sa.Column("part", sa.String(length=8), nullable=False, comment="tlsrpt, mta_sts or mx"),
        sa.Column(
            "host",
            sa.String(length=253),
            nullable=False,
            comment="the MX host in normal form; empty for the other parts",
        ),
        sa.Column("first_seen", types.Instant(), nullable=False, comment="the interval begins"),
        sa.Column("last_seen", types.Instant(), nullable=False, comment="last check that found the same"),
        sa.Column(
            "ended_at",
            types.Instant(),
            nullable=True,
            comment="when something else was found, or the host was gone; NULL: still so",
        ),
        sa.Column("ok", sa.Boolean(), nullable=False, comment="whether nothing of severity error was found"),
        sa.Column("result", types.Json(), nullable=False, comment="as in `tlsrpt check --json`, from the last check"),
        sa.ForeignKeyConstraint(
            ["domain_id"], ["domain.domain_id"], name=op.f("fk_check_state_domain"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("domain_id", "part", "host", "first_seen", name=op.f("pk_check_state")),
        comment="The state of each part of a domain's checks, as a history of intervals.",
    )
    op.add_column(
        "poll",
        sa.Column(
            "whole_due_at",
            types.Instant(),
            nullable=True,
            comment="when the next look is a whole check; before, only the id is read; NULL: the next one",
        ),
    )
    op.add_column(
        "poll",
        sa.Column("policy_id", sa.String(length=32), nullable=True, comment="id of the _mta-sts record, as last seen"),
    )


def downgrade() -> None:
    op.drop_column("poll", "policy_id")
    op.drop_column("poll", "whole_due_at")
    op.drop_table("check_state")
