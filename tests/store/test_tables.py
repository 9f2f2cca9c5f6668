"""The schema keeps the door open for partitions and distribution (DESIGN, Data), and migrations lead to it."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, ForeignKeyConstraint, Table, UniqueConstraint, text

from collector.errors import SchemaOutdated, StoreUnavailable
from collector.store import startup
from collector.store.engine import open_engine, writing
from collector.store.tables import REPORT_SIDE, metadata


@pytest.mark.parametrize("table", REPORT_SIDE, ids=lambda table: table.name)
def test_report_side_tables_carry_domain_id_in_every_key(table: Table) -> None:
    keys = [list(table.primary_key.columns.keys())]
    keys += [
        list(c.columns.keys()) for c in table.constraints if isinstance(c, ForeignKeyConstraint | UniqueConstraint)
    ]
    keys += [[column.name for column in index.columns] for index in table.indexes if index.unique]
    assert all("domain_id" in key for key in keys), keys


@pytest.mark.parametrize("table", REPORT_SIDE, ids=lambda table: table.name)
def test_report_side_tables_can_be_partitioned_by_day(table: Table) -> None:
    assert "day" in table.primary_key.columns
    for index in table.indexes:
        assert not index.unique or "day" in [column.name for column in index.columns]


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_no_id_is_made_by_the_database(table: Table) -> None:
    for column in table.columns:
        assert column.identity is None
        assert column.autoincrement in (False, "auto")
        assert column.default is None
        if column.primary_key:
            assert column.server_default is None
            assert "INTEGER" not in str(column.type).upper() or column.name in ("position", "policy_position")


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_every_table_says_what_it_is(table: Table) -> None:
    assert table.comment
    assert table.comment.endswith(".")


def test_migrations_lead_to_the_tables_of_the_program(engine: Engine) -> None:
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_postgresql_reads_the_days_of_a_domain_from_the_index_alone(postgres_engine: Engine) -> None:
    query = "SELECT domain_id, day, authenticated, successful, failed, last_received FROM rollup_day"
    with postgres_engine.connect() as connection:
        for way in ("seqscan", "bitmapscan"):  # the better ones for an empty table
            connection.execute(text(f"SET LOCAL enable_{way} = off"))
        plan = connection.execute(text(f"EXPLAIN {query} WHERE domain_id = gen_random_uuid()")).scalars().all()
    assert plan[0].startswith("Index Only Scan using pk_rollup_day")


def test_an_empty_database_is_outdated_and_upgrading_mends_it(database_url: str) -> None:
    engine = open_engine(database_url)
    with pytest.raises(SchemaOutdated, match="tlsrpt db upgrade"):
        startup.check(engine)
    assert startup.upgrade(engine) is None
    startup.check(engine)
    assert startup.upgrade(engine) == startup.head()  # a second time does nothing
    engine.dispose()


def test_a_schema_from_the_future_is_left_alone(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for act in (startup.check, startup.upgrade):
        with pytest.raises(SchemaOutdated, match="9999"):
            act(engine)


def test_a_database_that_is_away_is_unavailable(tmp_path_factory: pytest.TempPathFactory) -> None:
    away = [
        open_engine("postgresql+psycopg://nobody@127.0.0.1:1/none"),
        open_engine(f"sqlite:///{tmp_path_factory.mktemp('gone')}"),  # a folder is no database
    ]
    for engine in away:
        with pytest.raises(StoreUnavailable):
            startup.check(engine)
        engine.dispose()
