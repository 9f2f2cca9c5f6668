"""The fast loader makes what the product itself would make of the same mails."""

from dataclasses import replace
from datetime import date

from sqlalchemy import Engine, func, inspect, select

from bench.load import World, load
from collector.auth import Authentication
from collector.ingest import ingest
from collector.settings import Limits
from collector.store.engine import reading
from collector.store.tables import metadata, report, rollup_day, rollup_type

WORLD = World(400, date(2026, 11, 24))


def test_each_delivery_is_what_ingest_makes_of_its_mail() -> None:
    results = set()
    for delivery in (delivery for day in WORLD.days() for delivery in day):
        found = Authentication(delivery.reporter)
        read = ingest(
            delivery.raw,
            delivery.envelope,
            delivery.received_at,
            limits=Limits(),
            dkim="require",
            authenticate=lambda _mail, _names, found=found: found,  # type: ignore[misc]
        )
        assert replace(read, id=delivery.id) == delivery
        results |= {bool(result.failure_details) for result in delivery.found[0].report.policies}
    assert results == {True, False}


def test_all_of_it_is_stored_and_every_index_is_there(engine: Engine) -> None:
    url = engine.url.render_as_string(hide_password=False)
    loaded = load(url, WORLD)
    with reading(engine) as connection:
        counts = [
            connection.execute(select(query)).scalar_one()
            for query in (
                func.count(report.c.report_id),
                func.sum(rollup_day.c.reports),
                func.sum(rollup_type.c.results),
            )
        ]
    assert [loaded.reports, loaded.reports, loaded.results] == list(map(int, counts))
    assert abs(loaded.results - WORLD.results) < WORLD.results / 3
    for table in metadata.sorted_tables:
        assert {index["name"] for index in inspect(engine).get_indexes(table.name)} >= {i.name for i in table.indexes}
