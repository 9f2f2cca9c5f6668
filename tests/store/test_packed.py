"""Rows packed into one text come out as they went in, on both databases."""

from datetime import date

from sqlalchemy import Engine, literal, select, union_all

from collector.store.queries.packed import packed, unpacked
from collector.store.queries.transaction import reading

ROWS = [(date(2026, 1, 31), 0, 2**63 - 2), (date(1970, 1, 1), 5, 7), (date(9000, 12, 31), 1, 0)]


def test_rows_come_out_as_they_went_in(engine: Engine) -> None:
    rows = union_all(
        *(select(literal(day).label("day"), literal(a).label("a"), literal(b).label("b")) for day, a, b in ROWS)
    ).subquery()
    with reading(engine) as connection:
        text = connection.execute(select(packed(rows.c.day, rows.c.a, rows.c.b))).scalar_one()
        sums = connection.execute(select(packed(rows.c.day, rows.c.a + 1)).where(rows.c.a < 5)).scalar_one()
    assert sorted(unpacked(text, 2)) == sorted(ROWS)
    assert sorted(unpacked(sums, 1)) == [(date(2026, 1, 31), 1), (date(9000, 12, 31), 2)]


def test_a_page_reads_in_the_transaction_that_it_opened(engine: Engine) -> None:
    with reading(engine) as outer, reading(outer) as inner:
        assert inner is outer
