"""The known domains, of which a hoster has a hundred thousand."""

from sqlalchemy import Engine

from collector.store import domains
from collector.store.engine import reading


def test_it_can_be_asked_of_more_names_than_a_query_takes_parameters(engine: Engine) -> None:
    names = [f"d{number}.example" for number in range(70_000)]
    known = {names[0], names[40_000], names[-1]}
    assert set(domains.seed(engine, sorted(known))) == known
    with reading(engine) as connection:
        assert domains.present(connection, names) == known
