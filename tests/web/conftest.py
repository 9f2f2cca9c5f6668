"""The application over a real database, asked through Flask's test client."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from collector import settings
from collector.delivery import Envelope, Reason
from collector.store import accounts, sessions, startup, tokens
from collector.store.engine import Engine, open_engine
from collector.store.replica import Replica
from dashboard.passwords import hash_password, hash_token
from dashboard.web import create_app
from dashboard.web.access.session import LASTS, Sessions
from tests.support import alerting, living, postgres, replication, reports
from tests.support.dns import DnsServer
from tests.support.mails import rsa_key, sign
from tests.web import world
from tests.web.replicated import MOST_BEHIND, Seconds, Site

PASSWORD = "correct horse battery staple"
_HASH = hash_password(PASSWORD)  # once: it takes a while, as it should
TOKEN = "tlsrpt_made-for-a-test"
KEY_NAME = "s1._domainkey.reporter.example"
_KEY = rsa_key()

MakeApp = Callable[..., Flask]


@pytest.fixture
def clock() -> world.Clock:
    return world.Clock()


@pytest.fixture
def make_app(filled: Engine, clock: world.Clock) -> MakeApp:
    """The application under some settings: `make_app(**{"web.public_url": "https://tls.example.net"})`."""

    def make(**overrides: str) -> Flask:
        given = settings.gather(environ={}, overrides=overrides)
        return create_app(settings.build(given), filled, now=clock, given=given)

    return make


@pytest.fixture(scope="session")
def living_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A living installation, which the pages are read over. One worker fills it (`xdist_group("pages")`)."""
    filled = living.database(tmp_path_factory.mktemp("living") / "tlsrpt.db")
    yield filled
    filled.dispose()


@pytest.fixture(scope="session")
def living_app(living_engine: Engine) -> Flask:
    return create_app(settings.load(environ={}), living_engine, now=lambda: living.NOW)


@pytest.fixture
def reader(living_app: Flask) -> FlaskClient:
    """Somebody who reads these pages, with cookies of his own: they keep the language."""
    return living_app.test_client()


@pytest.fixture(scope="session")
def world_file(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("world") / "world.db"
    shutil.copyfile(sqlite_template, path)
    engine = open_engine(f"sqlite:///{path}")
    world.fill(engine)
    engine.dispose()
    return path


@pytest.fixture
def filled(world_file: Path, tmp_path: Path) -> Iterator[Engine]:
    """A database with the world in it."""
    shutil.copyfile(world_file, tmp_path / "tlsrpt.db")
    engine = open_engine(f"sqlite:///{tmp_path / 'tlsrpt.db'}")
    yield engine
    engine.dispose()


@pytest.fixture
def client(make_app: MakeApp) -> FlaskClient:
    """A local caller while no user is defined."""
    return make_app().test_client()


@pytest.fixture
def dns() -> Iterator[DnsServer]:
    """It has the key of reporter.example."""
    with DnsServer({(KEY_NAME, "TXT"): [_KEY.record()]}) as server:
        yield server


@pytest.fixture
def signed(filled: Engine) -> UUID:
    """A delivery by reporter.example, quarantined because its key was not there when it came."""
    document = reports.report(day="2026-11-18")
    return keep(filled, sign(reports.mail(document), "reporter.example", "s1", _KEY), Reason("dkim_fail", "no key"))


@pytest.fixture
def foreign(filled: Engine) -> None:
    """Two reports about new.example, beside the one about foreign.example."""
    for day in ("2026-11-18", "2026-11-19"):
        result = reports.policy_result("new.example", successful=4)
        world.submit(filled, world.unassigned(reports.report([result], day=day)))


def keep(engine: Engine, raw: bytes, reason: Reason | None, channel: str = "smtp") -> UUID:
    """Stores bytes as they would have been stored if nothing had been found in them."""
    delivery = world.bare(raw, Envelope(channel), reason)
    world.submit(engine, delivery)
    return delivery.id


@pytest.fixture(scope="session")
def pair() -> Iterator[replication.Pair]:
    made = replication.pair()
    yield made
    made.remove()


@pytest.fixture(scope="session")
def replicated_url(pair: replication.Pair) -> str:
    """The world, and an open alert. Tests add to it what no other test asks for: to copy it for each of them takes a second."""
    url = postgres.create_database(pair.primary.admin_url)
    engine = open_engine(url)
    startup.upgrade(engine)
    world.fill(engine)
    alerting.open_one(engine, "held_back", world.NOW)
    engine.dispose()
    return url


@pytest.fixture
def site(pair: replication.Pair, replicated_url: str) -> Iterator[Site]:
    pair.catch_up()
    engine, clock = open_engine(replicated_url), Seconds()
    replica = Replica(engine, pair.read_url(replicated_url), most_behind=MOST_BEHIND, clock=clock)
    made = Site(pair, replicated_url, engine, replica, clock)
    made.watch()
    replica.look()
    yield made
    replica.close()
    engine.dispose()


def add_user(engine: Engine, name: str = "ada", role: str = "admin", *limited_to: str) -> accounts.User:
    return accounts.add_user(engine, name, role=role, password_hash=_HASH, domains=limited_to, now=world.NOW)


def enter(client: FlaskClient, engine: Engine, user: accounts.User) -> None:
    """Lets `user` in without the form, whose check of a password takes its time."""
    keys = Sessions(accounts.secret(engine, "session", now=world.NOW))
    fresh = keys.begin(world.NOW)
    sessions.begin(
        engine,
        fresh.secret_hash,
        user_id=user.id,
        name=user.name,
        now=world.NOW,
        ends_at=world.NOW + LASTS,
        address="127.0.0.1",
        browser="a test",
    )
    client.set_cookie("tlsrpt", keys.seal(fresh))


def add_token(engine: Engine, scope: str = "read", *limited_to: str) -> dict[str, str]:
    """A token, as the header that shows it."""
    tokens.add(engine, "grafana", scope=scope, token_hash=hash_token(TOKEN), domains=limited_to, now=world.NOW)
    return {"Authorization": f"Bearer {TOKEN}"}
