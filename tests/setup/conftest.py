"""The application over the small world of tests/web, its domains in a DNS of their own."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import Engine

from collector import settings
from dashboard.web import create_app
from tests.support.dns import DnsServer
from tests.support.policy_host import PolicyHost
from tests.web import world

MakeApp = Callable[..., Flask]


@pytest.fixture
def filled(sqlite_engine: Engine) -> Engine:
    world.fill(sqlite_engine)
    return sqlite_engine


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
