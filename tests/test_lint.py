"""The code's own rules: form, types, and which way imports point. `make lint` asks the same, without the other tests."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROGRAMS = Path(sys.executable).parent


@pytest.mark.timeout(400)  # mypy reads everything anew on a fresh checkout
@pytest.mark.parametrize(
    "line",
    ["ruff check .", "ruff format --check .", "mypy", "lint-imports"],
    ids=["check", "format", "types", "imports"],
)
def test_lint(line: str) -> None:
    program, *arguments = line.split()
    done = subprocess.run([PROGRAMS / program, *arguments], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
