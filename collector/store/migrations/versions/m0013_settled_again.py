"""Figures that do not depend on the order of things: copies are known by the whole report, and what a domain that is
added or removed may change is found and settled again. Everything that is kept is settled once after the upgrade.
"""

import sqlalchemy as sa
from alembic import op

from collector.store import types

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_OF_REPORT = "(SELECT {} FROM report WHERE report.report_id = delivery_part.report_id)"
_OF_DELIVERY = "(SELECT {} FROM delivery WHERE delivery.delivery_id = delivery_part.delivery_id)"
_INDEXES = ("name", "report_id", "unassigned")


def upgrade() -> None:
    _parts()
    op.drop_index("ix_report_content", "report")
    op.execute("ALTER TABLE report DROP COLUMN content")
    op.create_index("ix_report_day_report_id", "report", ["day", "report_id"])
    _mx()
    op.create_table(
        "delivery_name",
        sa.Column(
            "path",
            types.Path(),
            nullable=False,
            comment="labels in reverse, `example.sub.mx1`: what lies under a name follows it",
        ),
        sa.Column("delivery_id", types.Id(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["delivery.delivery_id"], name=op.f("fk_delivery_name_delivery"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("path", "delivery_id", name=op.f("pk_delivery_name")),
        comment="Names in a delivery's reports that are no known domain: if one is added, or found to be the MX of "
        "one, or to lie under one, the delivery is settled again (rule 9).",
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_delivery_name_delivery_id"), "delivery_name", ["delivery_id"])
    table = op.create_table(
        "to_settle",
        sa.Column(
            "name",
            sa.String(length=253),
            nullable=False,
            comment="whatever this name may change; '': one delivery; '.': all",
        ),
        sa.Column("delivery_id", types.Id(), nullable=False, comment="the one delivery; zero where there is a name"),
        sa.Column("until", types.Id(), nullable=False, comment="what arrived later knows already"),
        sa.Column(
            "part_done",
            types.Id(),
            nullable=False,
            comment="how far the deliveries with a part of this name are settled",
        ),
        sa.Column(
            "path_done",
            types.Path(),
            nullable=False,
            comment="how far those that name it, or a name under it: in `delivery_name`",
        ),
        sa.Column("delivery_done", types.Id(), nullable=False, comment="and which of them under that very name"),
        sa.PrimaryKeyConstraint("name", "delivery_id", name=op.f("pk_to_settle")),
        comment="Whose results may be another's since a domain was added or removed, or an MX host found: worked off "
        "in small steps. As long as a row is here, figures are on their way to what they will be.",
    )
    op.create_table(
        "former_domain",
        sa.Column("name", sa.String(length=253), nullable=False, comment="normal form"),
        sa.Column("removed_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_former_domain")),
        comment="Domains that were removed, and not added again: for so long what came about them has been foreign.",
    )
    op.create_table(
        "figure_check",
        sa.Column("domain_id", types.Id(), nullable=False),
        sa.Column("checked_at", types.Instant(), nullable=False, comment="when it was begun last"),
        sa.Column(
            "differences",
            sa.Integer(),
            nullable=True,
            comment="rows that were not as counted afresh; NULL: it is under way, or broke off",
        ),
        sa.ForeignKeyConstraint(
            ["domain_id"], ["domain.domain_id"], name=op.f("fk_figure_check_domain"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("domain_id", name=op.f("pk_figure_check")),
        comment="When the figures of a domain were last counted afresh from the raw bytes, and how many differed.",
    )
    differs = sa.text("differences > 0")
    op.create_index(
        "ix_figure_check_differences",
        "figure_check",
        ["differences"],
        sqlite_where=differs,
        postgresql_where=differs,
    )
    last = op.get_bind().execute(sa.text("SELECT 1 FROM delivery LIMIT 1")).scalar()
    if last is not None:
        nil, most = types.NIL, types.LAST
        row = {"name": ".", "delivery_id": nil, "until": most, "part_done": nil, "path_done": "", "delivery_done": nil}
        op.bulk_insert(table, [row])


def _parts() -> None:
    """Of a report about one domain, nearly every one, what stood in `report` was the digest of all of it."""
    op.add_column(
        "delivery_part",
        sa.Column(
            "document",
            sa.LargeBinary(length=16),
            nullable=True,
            comment="digest of the whole report as a JSON value: by it copies are known; NULL: it is a copy, or "
            "quarantined",
        ),
    )
    op.add_column(
        "delivery_part",
        sa.Column("authenticated", sa.Boolean(), comment="of the report: its own, or lent by a copy (rule 3)"),
    )
    op.add_column(
        "delivery_part", sa.Column("reporter", sa.Text(), comment="of the report: its own, or lent by a copy")
    )
    op.add_column(
        "delivery_part",
        sa.Column(
            "since",
            types.Id(),
            nullable=True,
            comment="an id made when it was retried, or lent its authentication; NULL: as `delivery_id`. Of reports "
            "that contradict each other the earliest counts",
        ),
    )
    for outcome, column, source in (
        ("= 'stored'", "document", _OF_REPORT.format("content")),
        ("= 'stored'", "authenticated", _OF_REPORT.format("authenticated")),
        ("= 'stored'", "reporter", _OF_REPORT.format("reporter")),
        ("<> 'stored'", "authenticated", _OF_DELIVERY.format("authenticated")),
        ("<> 'stored'", "reporter", f"COALESCE({_OF_DELIVERY.format('reporter')}, '')"),
    ):
        op.execute(f"UPDATE delivery_part SET {column} = {source} WHERE outcome {outcome}")  # noqa: S608
    for name in _INDEXES:
        op.drop_index(f"ix_delivery_part_{name}", "delivery_part")
    with op.batch_alter_table("delivery_part", table_kwargs={"sqlite_with_rowid": False}) as batch:
        batch.alter_column("authenticated", existing_type=sa.Boolean(), nullable=False)
        batch.alter_column("reporter", existing_type=sa.Text(), nullable=False)
    op.create_index("ix_delivery_part_name", "delivery_part", ["name", "delivery_id"])
    for name, columns, where in (
        ("report_id", ["report_id"], "report_id IS NOT NULL AND outcome <> 'stored'"),
        ("unassigned", ["name"], "outcome = 'unassigned'"),
        ("idle", ["delivery_id"], "outcome = 'duplicate' AND report_id IS NULL"),
        ("document", ["document", "authenticated", "reporter"], "document IS NOT NULL"),
    ):
        some = sa.text(where)
        op.create_index(f"ix_delivery_part_{name}", "delivery_part", columns, sqlite_where=some, postgresql_where=some)


def _mx() -> None:
    """By the name of the domain, so that it outlives its removal."""
    rows = op.get_bind().execute(
        sa.text(
            "SELECT domain.name, host, domain_mx.domain_id, first_seen, last_seen FROM domain_mx"
            " JOIN domain ON domain.domain_id = domain_mx.domain_id"
        ).columns(domain_id=types.Id(), first_seen=types.Instant(), last_seen=types.Instant())
    )
    kept = [row._asdict() for row in rows]
    op.drop_table("domain_mx")
    table = op.create_table(
        "domain_mx",
        sa.Column(
            "name",
            sa.String(length=253),
            nullable=False,
            comment="of the domain; rows stay when it is removed: what DNS said then",
        ),
        sa.Column("host", sa.String(length=253), nullable=False, comment="normal form"),
        sa.Column("domain_id", types.Id(), nullable=False, comment="of the domain; of a removed one nobody's"),
        sa.Column("first_seen", types.Instant(), nullable=False),
        sa.Column("last_seen", types.Instant(), nullable=False, comment="late reports name former MX hosts: rows stay"),
        sa.PrimaryKeyConstraint("name", "host", name=op.f("pk_domain_mx")),
        comment="MX hosts seen in DNS: they tell whose result a report about a host is (rule 9, R27).",
    )
    op.create_index(op.f("ix_domain_mx_domain_id"), "domain_mx", ["domain_id"])
    op.create_index("ix_domain_mx_host", "domain_mx", ["host", "first_seen"])
    if kept:
        op.bulk_insert(table, kept)


def downgrade() -> None:
    raise RuntimeError("the digests are made from the reports as they came: restore the backup instead")
