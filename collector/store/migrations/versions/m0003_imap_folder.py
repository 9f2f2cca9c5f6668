"""How far each IMAP folder has been read."""

import sqlalchemy as sa
from alembic import op

from collector.store import types

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "imap_folder",
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column(
            "uid_validity",
            sa.BigInteger(),
            nullable=True,
            comment="which UIDs are meant (RFC 3501 section 2.3.1.1); NULL: not read yet",
        ),
        sa.Column(
            "last_uid",
            sa.BigInteger(),
            nullable=False,
            comment="every UID up to here is taken, but for those put off",
        ),
        sa.Column(
            "put_off",
            types.Json(),
            nullable=False,
            comment="UIDs to be tried again, each with the time of the first try",
        ),
        sa.Column("due_at", types.Instant(), nullable=False),
        sa.Column("claimed_by", types.Id(), nullable=True, comment="the program that reads it"),
        sa.Column("claimed_until", types.Instant(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False, comment="failed passes in a row"),
        sa.Column("fetched_at", types.Instant(), nullable=True, comment="end of the last pass that went through"),
        sa.PrimaryKeyConstraint("host", "user", "folder", name=op.f("pk_imap_folder")),
        comment="How far each IMAP folder has been read, so that no mail is read twice or left out.",
    )


def downgrade() -> None:
    op.drop_table("imap_folder")
