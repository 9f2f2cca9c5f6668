"""The application over the small world of tests/web, its domains in a DNS of their own."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine

from collector import settings
from collector.store.engine import open_engine
from dashboard.web import create_app
from tests.support.dns import DnsServer
from tests.support.policy_host import PolicyHost
from tests.web import world

MakeApp = Callable[..., Flask]


@pytest.fixture(scope="module")
def world_file(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("world") / "world.db"
    shutil.copyfile(sqlite_template, path)
    engine = open_engine(f"sqlite:///{path}")
    world.fill(engine)
    engine.dispose()
    return path


@pytest.fixture
def filled(world_file: Path, tmp_path: Path) -> Iterator[Engine]:
    shutil.copyfile(world_file, tmp_path / "tlsrpt.db")
    engine = open_engine(f"sqlite:///{tmp_path / 'tlsrpt.db'}")
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def policy_host() -> Iterator[PolicyHost]:
    with PolicyHost() as host:
        yield host


@pytest.fixture
def dns() -> Iterator[DnsServer]:
    zone = {
        ("example.com", "MX"): ["10 mx1.example.com.", "20 mx2.example.com."],
        ("_smtp._tls.example.com", "TXT"): ["v=TLSRPTv1; rua=mailto:tlsrpt@reports.example.com"],
        ("mx1.example.com", "A"): ["127.0.0.1"],
    }
    with DnsServer(zone) as server:
        yield server


@pytest.fixture
def clock() -> world.Clock:
    return world.Clock()


@pytest.fixture
def make_app(filled: Engine, dns: DnsServer, policy_host: PolicyHost, clock: world.Clock) -> MakeApp:

    def make(**overrides: str) -> Flask:
        usual = {
            "dns.nameservers": str(dns.address),
            "dns.timeout": "2",
            "monitor.ca_file": str(policy_host.ca_file),
            "monitor.https_port": str(policy_host.port),
            "monitor.smtp_port": "1",
        }
        return create_app(settings.load(environ={}, overrides=usual | overrides), filled, now=clock)

    return make
