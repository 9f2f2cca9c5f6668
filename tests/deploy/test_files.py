"""The deployment files, checked without an engine."""

import fnmatch
import re
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

from collector.settings import rows
from tests.deploy.conftest import BIN, ROOT, Compose

OURS = ["migrate", "collector", "dashboard", "scheduler"]


@pytest.mark.parametrize(
    "command",
    [
        ["check-jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"],
        ["hadolint", "Dockerfile"],
    ],
    ids=lambda command: command[0],
)
def test_a_checker_has_nothing_to_say(command: list[str]) -> None:
    done = subprocess.run([BIN / command[0], *command[1:]], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_services(compose: Compose) -> None:
    assert sorted(compose.services) == sorted([*OURS, "postgres"])


@pytest.mark.parametrize("name", OURS)
def test_a_service_of_ours_has_no_more_rights_than_it_needs(compose: Compose, name: str) -> None:
    service = compose.services[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not any("PASSWORD" in key and not key.endswith("_FILE") for key in service["environment"])


@pytest.mark.parametrize("name", OURS)
def test_a_service_sets_only_settings_that_exist(compose: Compose, name: str) -> None:
    known = {row.variable for row in rows()}
    assert {key.removesuffix("_FILE") for key in compose.services[name]["environment"]} <= known


def test_the_schema_is_brought_up_to_date_first(compose: Compose) -> None:
    assert compose.services["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert compose.services["migrate"]["restart"] == "no"
    for name in ("collector", "dashboard", "scheduler"):
        assert compose.services[name]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}
        assert "healthcheck" in compose.services[name]


def test_every_variable_is_explained_in_the_example() -> None:
    used = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))
    lines = (ROOT / ".env.example").read_text().splitlines()
    explained = set()
    for above, line in pairwise(lines):
        name, equals, _ = line.partition("=")
        if equals and not line.startswith("#"):
            assert above.startswith("#") or above.partition("=")[0] in explained, f"{name} has no word said about it"
            explained.add(name)
    assert explained == used


def test_the_image_is_built_from_what_the_package_needs_and_nothing_else() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    allowed = {line[1:] for line in lines if line.startswith("!")}
    refused = [line for line in lines if line and not line.startswith(("#", "!"))]
    copied = set(re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE))
    assert {name.strip("./") for line in copied for name in line.split()} == {name.strip("./") for name in allowed}
    assert refused[0] == "*"
    for secret in (".env", "secrets/postgres_password", ".git/config", "tlsrpt.db", ".venv/pyvenv.cfg"):
        assert fnmatch.fnmatch(secret, refused[0])
        assert Path(secret).parts[0] not in allowed


def test_the_image_does_not_run_as_root() -> None:
    text = (ROOT / "Dockerfile").read_text()
    assert re.findall(r"^USER (.+)$", text, re.MULTILINE) == ["10001:10001"]
    assert text.count("--require-hashes") == 1
