"""An index for the list of a domain's reports, the last to arrive first: it read and sorted all of them."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_report_domain_id_report_id", "report", ["domain_id", "report_id"])


def downgrade() -> None:
    op.drop_index("ix_report_domain_id_report_id", "report")
