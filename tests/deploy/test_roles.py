"""What the containers would run, run here: each service's command with its environment, against a real PostgreSQL."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import make_url

from tests.deploy.conftest import Compose
from tests.support.exchange import SESSIONS, dns, send, sessions
from tests.support.processes import TLSRPT, Running, environment, free_port, until

URL = "postgresql://tlsrpt@postgres:5432/tlsrpt"


@dataclass(frozen=True)
class Installation:
    """The services with what only this machine is different in: folders, ports, the database, DNS."""

    services: dict[str, dict[str, Any]]
    replaced: dict[str, str]  # environment
    ports: dict[str, str]  # the container's -> ours
    folder: Path

    def environment(self, service: str) -> dict[str, str]:
        given: dict[str, str] = self.services[service]["environment"]
        assert set(self.replaced) <= set(given)
        return environment(**(given | self.replaced))

    def run(self, service: str, *arguments: str, text: str = "") -> "subprocess.CompletedProcess[str]":
        """`docker compose run --rm SERVICE ARGUMENTS`, or the service's own command, to its end."""
        command = [*TLSRPT, *(arguments or self.services[service]["command"])]
        env = self.environment(service)
        return subprocess.run(command, cwd=self.folder, env=env, input=text, capture_output=True, text=True, timeout=60)

    def start(self, service: str) -> Running:
        command = [*TLSRPT, *self.services[service]["command"]]
        return Running(command, self.folder, self.environment(service))

    def healthy(self, service: str) -> bool:
        """The service's health check, once."""
        kind, *check = self.services[service]["healthcheck"]["test"]
        assert kind == "CMD"
        for inside, ours in self.ports.items():
            check = [part.replace(inside, ours) for part in check]
        command = {"python": [sys.executable], "tlsrpt": TLSRPT}[check[0]] + check[1:]
        env = self.environment(service)
        return subprocess.run(command, cwd=self.folder, env=env, capture_output=True, timeout=30).returncode == 0


@pytest.fixture
def installation(compose: Compose, postgres_url: str, tmp_path: Path) -> Iterator[Installation]:
    database = make_url(postgres_url)
    postgres_password = tmp_path / "postgres_password"
    postgres_password.write_text(f"{database.password or 'trusted here'}\n")
    ports = {"2525": str(free_port()), "8080": str(free_port())}
    replaced = {
        "TLSRPT_DATABASE_URL": database.set(password=None).render_as_string(),
        "TLSRPT_DATABASE_PASSWORD_FILE": str(postgres_password),
        "TLSRPT_SMTP_LISTEN": f"0.0.0.0:{ports['2525']}",
        "TLSRPT_WEB_LISTEN": f"0.0.0.0:{ports['8080']}",
    }
    with dns() as server:
        replaced["TLSRPT_DNS_NAMESERVERS"] = str(server.address)
        yield Installation(compose.services, replaced, ports, tmp_path)


def test_the_database_is_named_as_the_postgres_service_makes_it(compose: Compose) -> None:
    made = compose.services["postgres"]["environment"]
    url = make_url(URL)
    assert (url.username, url.database, url.host) == (made["POSTGRES_USER"], made["POSTGRES_DB"], "postgres")
    for name in ("migrate", "collector", "dashboard", "scheduler"):
        assert compose.services[name]["environment"]["TLSRPT_DATABASE_URL"] == URL


def test_nothing_starts_on_a_database_that_was_not_migrated(installation: Installation) -> None:
    for service in ("collector", "dashboard", "scheduler"):
        done = installation.run(service)
        assert done.returncode == 2
        assert done.stderr == "the database is empty: run `tlsrpt db upgrade`\n"


def test_from_an_empty_database_to_figures(installation: Installation) -> None:
    migrated = installation.run("migrate")
    assert migrated.returncode == 0, migrated.stderr

    refused = installation.run("dashboard")
    assert refused.returncode == 2
    assert "no user is defined: run `tlsrpt user add NAME --role admin` first" in refused.stderr.splitlines()[-1]
    added = installation.run(
        "dashboard", "user", "add", "admin", "--role", "admin", "--password-stdin", text="pass phrase\n"
    )
    assert added.returncode == 0, added.stderr
    token = installation.run("dashboard", "token", "add", "test").stdout.split()[-1]

    with ExitStack() as stack:
        started = [stack.enter_context(installation.start(name)) for name in ("collector", "dashboard", "scheduler")]
        for name in ("collector", "dashboard", "scheduler"):
            until(partial(installation.healthy, name), 60, f"{name} to be healthy")
        send(int(installation.ports["2525"]))
        assert sessions(int(installation.ports["8080"]), token) == SESSIONS
        assert [service.stop() for service in started] == [0, 0, 0]
