"""The same site for all tests of a module, once on each database: to start one takes a second."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import Engine

from collector.store.engine import open_engine
from tests.conftest import DATABASES
from tests.receive_https.site import Site, serving
from tests.support import postgres


@pytest.fixture(scope="module", params=DATABASES)
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Without a limit on POSTs, and small ones on their size."""
    folder = tmp_path_factory.mktemp("site")
    with ExitStack() as ending:
        url = f"sqlite:///{folder / 'tlsrpt.db'}"
        if request.param == "postgresql":
            admin = request.getfixturevalue("postgres_admin_url")
            url = postgres.create_database(admin, request.getfixturevalue("postgres_template"))
            ending.callback(postgres.drop_database, admin, postgres.database_name(url))
        yield ending.enter_context(
            serving(folder, url, LIMITS_POSTS_PER_MINUTE="0", LIMITS_MESSAGE_BYTES="100kB", LIMITS_REPORT_BYTES="200kB")
        )


@pytest.fixture
def site_engine(site: Site) -> Iterator[Engine]:
    """The site's database."""
    engine = open_engine(site.url)
    yield engine
    engine.dispose()


@pytest.fixture
def spool_folder(tmp_path: Path) -> Path:
    return tmp_path / "tlsrpt-spool"
