"""What the tests of the weekly mail share. `schedulers` and `weeks` beside it make what it says and who sends it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from collector.store.engine import open_engine
from tests.support import living
from tests.support.collector import Collector


@pytest.fixture
def collector(engine: Engine) -> Collector:
    """Over a fresh database of each kind; knows example.com."""
    made = Collector(engine)
    made.add("example.com")
    return made


@pytest.fixture(scope="session")
def living_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A living installation, to be copied or read. One worker fills it (`xdist_group("weekly")`)."""
    path = tmp_path_factory.mktemp("living") / "tlsrpt.db"
    living.database(path).dispose()
    return path


@pytest.fixture(scope="session")
def living_engine(living_file: Path) -> Iterator[Engine]:
    opened = open_engine(f"sqlite:///{living_file}")
    yield opened
    opened.dispose()
