"""A report in one row: its policy results and failure details are read with it only, the rollups answer all else.

What identifies a report becomes its primary key, and indexes that nobody asks go: each is a page to write per report.
"""

import sqlalchemy as sa
from alembic import op

from collector.store import types

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_POLICY_RESULTS = (
    "as reported: `policy_type`, `policy_domain`, `mode`, `policy_string`, `mx_host`, `successful`, "
    "`failed`, `failure_details`. A detail is a list of result type, sending IP, receiving MX host, its HELO, "
    "receiving IP, count (null: the report does not say, Q59), additional information, reason code"
)
_DETAIL = (
    "d.result_type, d.sending_mta_ip, d.receiving_mx_hostname, d.receiving_mx_helo, d.receiving_ip, "
    "d.failed_session_count, d.additional_information, d.failure_reason_code"
)
_SAME_REPORT = "p.domain_id = report.domain_id AND p.day = report.day AND p.report_id = report.report_id"
_SAME_RESULT = (
    "d.domain_id = p.domain_id AND d.day = p.day AND d.report_id = p.report_id AND d.policy_position = p.position"
)
_NOT_STORED = sa.text("report_id IS NOT NULL AND outcome <> 'stored'")
_UNASSIGNED = sa.text("outcome = 'unassigned'")


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _change_in_place()
    else:
        _build_anew()
    op.create_index("ix_report_content", "report", ["day", "content"])
    op.create_index(
        "ix_delivery_part_report_id",
        "delivery_part",
        ["report_id"],
        sqlite_where=_NOT_STORED,
        postgresql_where=_NOT_STORED,
    )


def downgrade() -> None:
    raise RuntimeError("what schema 0001 kept apart is no longer there: restore the backup taken before the upgrade")


def _change_in_place() -> None:
    op.add_column("report", sa.Column("policy_results", types.Json(), nullable=True, comment=_POLICY_RESULTS))
    op.execute(f"UPDATE report SET policy_results = {_gathered_by_postgresql()}")  # noqa: S608
    op.alter_column("report", "policy_results", nullable=False)
    _drop_children()
    op.drop_constraint("pk_report", "report")
    op.execute("ALTER TABLE report ADD CONSTRAINT pk_report PRIMARY KEY USING INDEX uq_report_key")
    op.drop_index("ix_report_content", "report")
    op.drop_index("ix_delivery_part_report_id", "delivery_part")


def _build_anew() -> None:
    """SQLite changes no primary key."""
    op.rename_table("report", "report_before")
    for index in ("ix_report_content", "ix_report_report_id", "uq_report_key"):
        op.drop_index(index, "report_before")
    op.create_table(
        "report",
        sa.Column("domain_id", types.Id(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("report_key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("report_id", types.Id(), nullable=False),
        sa.Column("content", sa.LargeBinary(length=16), nullable=False),
        sa.Column("delivery_id", types.Id(), nullable=False),
        sa.Column("received_at", types.Instant(), nullable=False),
        sa.Column("authenticated", sa.Boolean(), nullable=False),
        sa.Column("reporter", sa.Text(), nullable=False),
        sa.Column("submitted_id", sa.Text(), nullable=False),
        sa.Column("organization_name", sa.Text(), nullable=True),
        sa.Column("contact_info", sa.Text(), nullable=True),
        sa.Column("start_datetime", types.Instant(), nullable=False),
        sa.Column("end_datetime", types.Instant(), nullable=False),
        sa.Column("successful", sa.BigInteger(), nullable=False),
        sa.Column("failed", sa.BigInteger(), nullable=False),
        sa.Column("findings", types.Json(), nullable=False),
        sa.Column("policy_results", types.Json(), nullable=False),
        sa.ForeignKeyConstraint(["domain_id"], ["domain.domain_id"], name=op.f("fk_report_domain"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("domain_id", "day", "report_key", name=op.f("pk_report")),
        sqlite_with_rowid=True,
    )
    columns = (
        "domain_id, day, report_key, report_id, content, delivery_id, received_at, authenticated, reporter, "
        "submitted_id, organization_name, contact_info, start_datetime, end_datetime, successful, failed, findings"
    )
    op.execute(
        f"INSERT INTO report ({columns}, policy_results)"  # noqa: S608
        f" SELECT {columns}, {_gathered_by_sqlite()} FROM report_before AS report ORDER BY report_id"
    )
    _drop_children()
    op.drop_table("report_before")
    op.create_index("ix_report_report_id", "report", ["report_id"])
    _build_parts_anew()


def _build_parts_anew() -> None:
    """SQLite keeps the parts in the tree of their key from now on: one tree to write instead of two."""
    op.rename_table("delivery_part", "part_before")
    for index in ("ix_delivery_part_name", "ix_delivery_part_report_id", "ix_delivery_part_unassigned"):
        op.drop_index(index, "part_before")
    op.create_table(
        "delivery_part",
        sa.Column("delivery_id", types.Id(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("report_id", types.Id(), nullable=True),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["delivery.delivery_id"], name=op.f("fk_delivery_part_delivery"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("delivery_id", "position", "name", name=op.f("pk_delivery_part")),
        sqlite_with_rowid=False,
    )
    columns = "delivery_id, position, name, outcome, report_id"
    op.execute(f"INSERT INTO delivery_part ({columns}) SELECT {columns} FROM part_before")  # noqa: S608
    op.drop_table("part_before")
    op.create_index("ix_delivery_part_name", "delivery_part", ["name", "delivery_id"])
    op.create_index("ix_delivery_part_unassigned", "delivery_part", ["name"], sqlite_where=_UNASSIGNED)


def _drop_children() -> None:
    op.drop_table("failure_detail")
    op.drop_table("policy_result")


def _gathered_by_postgresql() -> str:
    detail = f"json_build_array({_DETAIL})"
    details = f"SELECT json_agg({detail} ORDER BY d.position) FROM failure_detail AS d WHERE {_SAME_RESULT}"  # noqa: S608
    result = (
        "json_build_object('policy_type', p.policy_type, 'policy_domain', p.policy_domain, 'mode', p.mode,"
        " 'policy_string', p.policy_string::json, 'mx_host', p.mx_host::json,"
        " 'successful', p.successful, 'failed', p.failed,"
        f" 'failure_details', COALESCE(({details}), '[]'::json))"
    )
    gathered = f"SELECT json_agg({result} ORDER BY p.position)::text FROM policy_result AS p WHERE {_SAME_REPORT}"  # noqa: S608
    return f"COALESCE(({gathered}), '[]')"


def _gathered_by_sqlite() -> str:
    # The rows of both tables lie in the order of their key: that is the order in which they are gathered.
    details = f"SELECT json_group_array(json_array({_DETAIL})) FROM failure_detail AS d WHERE {_SAME_RESULT}"  # noqa: S608
    result = (
        "json_object('policy_type', p.policy_type, 'policy_domain', p.policy_domain, 'mode', p.mode,"
        " 'policy_string', json(p.policy_string), 'mx_host', json(p.mx_host),"
        " 'successful', p.successful, 'failed', p.failed,"
        f" 'failure_details', json(({details})))"
    )
    return f"(SELECT json_group_array({result}) FROM policy_result AS p WHERE {_SAME_REPORT})"  # noqa: S608
