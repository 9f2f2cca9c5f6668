"""The figures of a day beside its key (PostgreSQL): a page of domains reads 180 days of each, and each lies elsewhere.

Rows change with every report and the partial index has their figures already, so that to keep them here too costs
nothing that can be measured. SQLite keeps the rows in the order of their key as they are.
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_KEY = "PRIMARY KEY (domain_id, day, authenticated)"


def upgrade() -> None:
    _replace_key(f"{_KEY} INCLUDE (successful, failed, last_received)")


def downgrade() -> None:
    _replace_key(_KEY)


def _replace_key(key: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE rollup_day DROP CONSTRAINT pk_rollup_day, ADD CONSTRAINT pk_rollup_day {key}")
