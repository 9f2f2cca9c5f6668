import pytest
from sqlalchemy import Engine

from tests.support.collector import Collector


@pytest.fixture
def collector(engine: Engine) -> Collector:
    """Over a fresh database of each kind; knows example.com."""
    made = Collector(engine)
    made.add("example.com")
    return made
