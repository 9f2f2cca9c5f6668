"""The compose file as compose itself reads it: merged and with the variables filled in."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.processes import environment

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent

# podman-compose asks for podman's version before it does anything, and for `config` nothing more: no engine is needed.
PODMAN = """#!/bin/sh
test "$1" = --version || { echo "unexpected: podman $*" >&2; exit 1; }
echo podman version 5.0.0
"""


@dataclass(frozen=True)
class Compose:
    document: dict[str, Any]

    @property
    def services(self) -> dict[str, dict[str, Any]]:
        services: dict[str, dict[str, Any]] = self.document["services"]
        return services


@pytest.fixture(scope="session")
def compose(tmp_path_factory: pytest.TempPathFactory) -> Compose:
    """What `podman-compose config` makes of docker-compose.yml with the values of .env.example."""
    folder = tmp_path_factory.mktemp("podman")
    podman = folder / "podman"
    podman.write_text(PODMAN)
    podman.chmod(0o755)
    command = [BIN / "podman-compose", "--podman-path", podman, "--env-file", ROOT / ".env.example"]
    done = subprocess.run(
        [*command, "-f", ROOT / "docker-compose.yml", "config"],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return Compose(yaml.safe_load(done.stdout))
