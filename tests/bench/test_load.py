"""The fast loader makes what the product itself would make of the same mails and the same looks at the domains."""

from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, inspect, select

from bench.load import BIG, Mail, World, domain_name, envelope_of, load, record
from collector.auth import Authentication
from collector.delivery import Delivery
from collector.ingest import ingest
from collector.settings import Limits
from collector.store import domains, queries
from collector.store.commit import commit
from collector.store.domains import Snapshot
from collector.store.engine import open_engine, reading
from collector.store.startup import upgrade
from collector.store.tables import metadata

WORLD = World(400, date(2026, 11, 24))


@pytest.fixture(scope="module")
def by_the_product(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """The content of a database into which every mail went through `ingest()` and `commit()`."""
    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('product') / 'tlsrpt.db'}")
    upgrade(engine)
    names = [domain_name(number) for number in range(WORLD.domains)]
    domains.add(engine, names, datetime.combine(WORLD.first, time(), UTC))
    with reading(engine) as connection:
        ids = domains.load(connection).ids
    for number, name in enumerate(names):
        record(engine, WORLD, ids[name], number)
    snapshot = Snapshot()
    for mails in WORLD.days():
        commit(engine, [_ingested(mail) for mail in mails], snapshot)
    content = _content(engine)
    engine.dispose()
    return content


def _ingested(mail: Mail) -> Delivery:
    raw, _ = mail.read()
    return ingest(
        raw,
        envelope_of(mail.form.reporter),
        mail.at,
        limits=Limits(),
        dkim="require",
        authenticate=lambda _mail, _names: Authentication(mail.form.reporter.domain),
    )


def _content(engine: Engine) -> dict[str, list[Any]]:
    """The rows of every table in an order of their own, ids replaced by what they stand for."""
    with reading(engine) as connection:
        rows = {table.name: connection.execute(select(table)).mappings().all() for table in metadata.sorted_tables}
    del rows["known_domains"]  # nothing but a version
    stand_for: dict[UUID, str] = {row["domain_id"]: row["name"] for row in rows["domain"]}
    for row in rows["report"]:
        told = f"{row['reporter']} {row['submitted_id']}"
        stand_for |= {row["report_id"]: f"report {told}", row["delivery_id"]: f"delivery {told}"}
    return {
        name: sorted(
            [tuple(stand_for[value] if isinstance(value, UUID) else value for value in row.values()) for row in found],
            key=repr,
        )
        for name, found in rows.items()
    }


def test_every_row_is_what_the_product_makes(engine: Engine, by_the_product: dict[str, list[Any]]) -> None:
    loaded = load(engine.url.render_as_string(hide_password=False), WORLD)
    content = _content(engine)
    assert content.keys() == by_the_product.keys()
    for name, rows in by_the_product.items():
        assert content[name] == rows, name
    assert loaded.reports == len(content["report"])
    assert abs(loaded.results - WORLD.results) < WORLD.results / 3
    for empty in ("rollup_failure", "rollup_mx", "check_state", "published_policy", "poll"):
        assert content[empty], empty
    for table in metadata.sorted_tables:
        assert {index["name"] for index in inspect(engine).get_indexes(table.name)} >= {i.name for i in table.indexes}


def test_the_result_types_of_a_host_are_the_same_from_all_causes(engine: Engine) -> None:
    load(engine.url.render_as_string(hide_password=False), WORLD)
    domain_id = queries.find_domain(engine, BIG)
    assert domain_id is not None
    asked = queries.Filter(WORLD.first, WORLD.today)
    now = datetime.combine(WORLD.today, time(), UTC)
    all_causes = queries.failures(engine, domain_id, asked, limit=1000)
    some_causes = queries.failures(engine, domain_id, asked, limit=2)
    table = queries.mx_figures(engine, domain_id, asked, now=now)
    assert len(table.mx) > 1
    assert any(len(row.by_result_type) > 1 for row in table.mx)
    for causes in (all_causes, some_causes):
        read = queries.mx_figures(engine, domain_id, asked, now=now, causes=causes)
        assert repr(read) == repr(table)  # their order too
