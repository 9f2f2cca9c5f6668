"""Rows of some ids: the same ones on both databases, through the index, and in one statement however many they are."""

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.dialects import postgresql

from collector.ids import new_id
from collector.store import domains
from collector.store.queries.common import among
from collector.store.queries.transaction import reading
from collector.store.tables import domain


@pytest.mark.parametrize("wanted", [0, 1, 3], ids=["none", "one", "several"])
def test_only_rows_of_these_ids_come(engine: Engine, wanted: int) -> None:
    domains.add(engine, [f"d{number}.example" for number in range(5)])
    with reading(engine) as connection:
        ids = connection.execute(select(domain.c.domain_id)).scalars().all()[:wanted]
        query = select(domain.c.domain_id).where(among(domain.c.domain_id, "ids"))
        found = connection.execute(query, {"ids": ids}).scalars()
        assert set(found) == set(ids)


def test_sqlite_looks_them_up_by_the_index(sqlite_engine: Engine) -> None:
    query = select(domain.c.name).where(among(domain.c.domain_id, "ids"), domain.c.name != "")
    written = query.params(ids=[new_id()]).compile(sqlite_engine, compile_kwargs={"render_postcompile": True})
    with reading(sqlite_engine) as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {written}", (b"", "")).all()
    assert [row.detail.split(" ")[0] for row in plan] == ["SEARCH"]


def test_postgresql_meets_the_same_statement_for_one_and_for_a_hundred() -> None:
    def told(count: int) -> str:
        query = select(domain.c.name).where(among(domain.c.domain_id, "ids"))
        ids = [new_id() for _ in range(count)]
        return str(
            query.params(ids=ids).compile(dialect=postgresql.dialect(), compile_kwargs={"render_postcompile": True})
        )

    assert told(1) == told(100)
