"""`tlsrpt schedule` as a process: polls, waits for its database, and ends with status 0."""

import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from collector.store.domains import add
from collector.store.engine import open_engine
from collector.store.queries import find_domain, policies
from tests.support import postgres
from tests.support.dns import DnsServer
from tests.support.policy_host import PolicyHost
from tests.support.processes import running, tlsrpt, until


@pytest.fixture(scope="module")
def host() -> Iterator[PolicyHost]:
    with PolicyHost() as server:
        yield server


@pytest.fixture
def variables(host: PolicyHost, tmp_path: Path) -> Iterator[dict[str, str]]:
    with DnsServer(host.zone()) as dns:
        yield {
            "TLSRPT_DATABASE_URL": f"sqlite:///{tmp_path / 'tlsrpt.db'}",
            "TLSRPT_DOMAINS": "good.example, expired.example",
            "TLSRPT_DNS_NAMESERVERS": str(dns.address),
            "TLSRPT_MONITOR_CA_FILE": str(host.ca_file),
            "TLSRPT_MONITOR_HTTPS_PORT": str(host.port),
        }


def test_published_policies_are_polled_at_the_start(variables: dict[str, str], tmp_path: Path) -> None:
    with running("schedule", cwd=tmp_path, variables=variables) as process:
        assert "good.example: mode testing, id 20260101; next look in 1" in process.says("good.example: ")
        assert "expired.example: tls: the certificate" in process.says("expired.example: ")
        assert process.stop() == 0
    engine = open_engine(variables["TLSRPT_DATABASE_URL"])
    domain_id = find_domain(engine, "good.example")
    assert domain_id is not None
    [interval] = policies(engine, domain_id, now=datetime.now(UTC)).published
    assert (interval.mode, interval.mx) == ("testing", ("mx1.example.com",))
    engine.dispose()


def test_a_domain_added_later_is_polled_without_a_restart(variables: dict[str, str], tmp_path: Path) -> None:
    with running("schedule", cwd=tmp_path, variables=variables) as process:
        process.says("good.example: ")
        assert tlsrpt("domain", "add", "wildcard.example", cwd=tmp_path, variables=variables).returncode == 0
        process.says("wildcard.example: mode testing", timeout=30)
        assert process.stop(signal.SIGINT) == 0


@pytest.mark.parametrize("domain", ["silent.example", "slow-body.example", "no-handshake.example"])
def test_a_stop_waits_for_no_policy_host(
    domain: str, variables: dict[str, str], tmp_path: Path, host: PolicyHost
) -> None:
    with running("schedule", cwd=tmp_path, variables=variables | {"TLSRPT_DOMAINS": domain}) as process:
        until(lambda: host.connections[domain], 30, f"a connection to {domain}")
        assert process.stop(timeout=20) == 0


def reachable(admin_url: str, name: str, allowed: bool) -> None:
    """Lets nobody into a PostgreSQL database, and throws out who is there; or ends that."""
    admin = create_engine(admin_url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS {str(allowed).lower()}'))
        if not allowed:
            ending = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
            connection.execute(text(ending), {"name": name})
    admin.dispose()


def test_a_database_that_is_away_is_waited_for(
    variables: dict[str, str], tmp_path: Path, migrated_postgresql_url: str, postgres_admin_url: str
) -> None:
    name = postgres.database_name(migrated_postgresql_url)
    changed = variables | {"TLSRPT_DATABASE_URL": migrated_postgresql_url}
    reachable(postgres_admin_url, name, False)
    with running("schedule", cwd=tmp_path, variables=changed) as process:
        process.says("database: the database does not answer")
        reachable(postgres_admin_url, name, True)
        process.says("good.example: mode testing")

        reachable(postgres_admin_url, name, False)
        process.says("published policies: the database does not answer")
        reachable(postgres_admin_url, name, True)
        engine = open_engine(migrated_postgresql_url)
        add(engine, ["wildcard.example"])
        engine.dispose()
        process.says("wildcard.example: mode testing")
        assert process.stop() == 0


def test_a_stop_does_not_wait_for_the_database(variables: dict[str, str], tmp_path: Path) -> None:
    away = variables | {"TLSRPT_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    with running("schedule", cwd=tmp_path, variables=away) as process:
        process.says("trying again")
        assert process.stop(timeout=20) == 0


WRONG = [
    ("TLSRPT_MONITOR_CA_FILE", "missing.pem", "monitor.ca_file"),
    ("TLSRPT_DNS_NAMESERVERS", "ns.invalid", "dns.nameservers"),
]


@pytest.mark.parametrize(("variable", "value", "key"), WRONG)
def test_a_wrong_setting_stops_the_start(
    variable: str, value: str, key: str, variables: dict[str, str], tmp_path: Path
) -> None:
    ended = tlsrpt("schedule", cwd=tmp_path, variables=variables | {variable: value})
    assert ended.returncode == 2
    assert key in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_an_old_schema_stops_the_start(variables: dict[str, str], tmp_path: Path, postgres_url: str) -> None:
    ended = tlsrpt("schedule", cwd=tmp_path, variables=variables | {"TLSRPT_DATABASE_URL": postgres_url})
    assert ended.returncode == 2
    assert "tlsrpt db upgrade" in ended.stderr
