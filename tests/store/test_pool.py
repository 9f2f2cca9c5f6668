"""A database of PostgreSQL that a test has used is used again only if nothing of that test is left in it."""

from collections.abc import Callable

import psycopg
import pytest
from sqlalchemy.engine import make_url

from collector.store.domains import add
from collector.store.engine import open_engine
from collector.store.queries import domain_names
from tests.support.collector import NOW
from tests.support.pool import Pool
from tests.support.postgres import Admin, database_name


@pytest.fixture
def pool(postgres_admin: Admin, postgres_template: str) -> Pool:
    return Pool(postgres_admin, postgres_template)


def connect(url: str) -> "psycopg.Connection[tuple[object, ...]]":
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True)


def test_an_emptied_one_is_empty(pool: Pool) -> None:
    url = pool.take()
    engine = open_engine(url)
    add(engine, ["example.com"], NOW)
    engine.dispose()
    pool.give_back(url)
    assert pool.take() == url
    engine = open_engine(url)
    assert domain_names(engine) == ()
    engine.dispose()
    pool.give_back(url)
    pool.drop_all()


def change_a_column(url: str) -> None:
    with connect(url) as connection:
        connection.execute("ALTER TABLE domain RENAME COLUMN added_at TO since")


def change_the_revision(url: str) -> None:
    with connect(url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")


def drop_a_constraint(url: str) -> None:
    with connect(url) as connection:
        connection.execute("ALTER TABLE domain DROP CONSTRAINT uq_domain_name")


@pytest.mark.parametrize("change", [change_a_column, change_the_revision, drop_a_constraint])
def test_one_that_was_changed_is_dropped(pool: Pool, change: Callable[[str], None]) -> None:
    url = pool.take()
    change(url)
    pool.give_back(url)
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        connect(url)
    assert database_name(pool.take()) != database_name(url)
    pool.drop_all()


def test_one_to_which_somebody_is_connected_is_dropped(pool: Pool) -> None:
    url = pool.take()
    connection = connect(url)
    pool.give_back(url)
    with pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT 1")
    pool.drop_all()
