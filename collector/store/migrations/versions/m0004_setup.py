"""Policies that the dashboard serves itself, and tests of the way reports take."""

import sqlalchemy as sa
from alembic import op

from collector.store import types

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "hosted_policy",
        sa.Column("domain_id", types.Id(), nullable=False),
        sa.Column("set_at", types.Instant(), nullable=False, comment="the newest one holds"),
        sa.Column("set_by", sa.String(length=255), nullable=True, comment="the user; NULL: a local caller"),
        sa.Column("mode", sa.String(length=16), nullable=True, comment="NULL: from then on the dashboard serves none"),
        sa.Column("max_age", sa.BigInteger(), nullable=True, comment="seconds"),
        sa.Column("mx", types.Json(), nullable=False, comment="patterns of the policy, in its order"),
        sa.Column(
            "policy_id",
            sa.String(length=32),
            nullable=True,
            comment="the id that belongs to it in the _mta-sts record",
        ),
        sa.ForeignKeyConstraint(
            ["domain_id"], ["domain.domain_id"], name=op.f("fk_hosted_policy_domain"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("domain_id", "set_at", name=op.f("pk_hosted_policy")),
        comment="The policies that the dashboard serves at mta-sts.DOMAIN, with their history.",
    )
    op.create_table(
        "self_test",
        sa.Column("domain_id", types.Id(), nullable=False),
        sa.Column("token", sa.String(length=32), nullable=False, comment="stands in every report that it sends"),
        sa.Column("started_at", types.Instant(), nullable=False, comment="at most one in a minute"),
        sa.Column(
            "key_record",
            sa.Text(),
            nullable=False,
            comment="the public key of its signatures, which DNS does not know",
        ),
        sa.Column(
            "routes",
            types.Json(),
            nullable=False,
            comment="each `rua` with the steps on its way: `name`, `ok`, `text`",
        ),
        sa.Column("finished_at", types.Instant(), nullable=True, comment="when all was sent; NULL: under way"),
        sa.ForeignKeyConstraint(
            ["domain_id"], ["domain.domain_id"], name=op.f("fk_self_test_domain"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("domain_id", name=op.f("pk_self_test")),
        comment="The last test of the way that reports about a domain take: DNS, MX or POST, and into this database.",
    )


def downgrade() -> None:
    op.drop_table("self_test")
    op.drop_table("hosted_policy")
