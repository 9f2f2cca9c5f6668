"""The documentation says what the program does: what is made from the code is current, and no link leads nowhere."""

import re
import tomllib
from datetime import UTC, datetime, timedelta
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from collector.cli import GROUP
from collector.counting.sessions import count
from collector.monitor.model import Observation, StsPolicy
from collector.monitor.poller import next_look
from collector.report.model import FailureDetail, Policy, PolicyResult
from collector.settings import load
from docs.make import PARTS, renew

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
NOW = datetime(2026, 11, 24, tzinfo=UTC)
NAMES = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"]
PAGES = [*sorted(DOCS.glob("*.md")), *(ROOT / name for name in NAMES)]


def anchors(page: Path) -> set[str]:
    """The fragments that a page's headings give, the way GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.name)
def test_what_is_made_from_the_code_is_current(page: Path) -> None:
    text = page.read_text()
    assert renew(text) == text, f"{page.name} is stale: make docs"


def test_every_part_stands_on_a_page() -> None:
    text = "".join(page.read_text() for page in PAGES)
    assert set(re.findall(r"<!-- made: (\w+) -->", text)) == set(PARTS)


def test_every_command_is_documented() -> None:
    text = (DOCS / "commands.md").read_text()
    installed = {point.name for point in entry_points(group=GROUP)}
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"][GROUP]
    assert installed == set(declared), "the entry points have changed: install the project again"
    assert [name for name in sorted(installed) if f"\n### tlsrpt {name}\n" not in text] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_within_the_project_lead_somewhere(page: Path) -> None:
    broken = []
    for target in re.findall(r"\]\((?!https?:|mailto:)([^)]+)\)", page.read_text()):
        path, _, fragment = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (fragment and fragment not in anchors(file)):
            broken.append(target)
    assert broken == []


def test_every_page_can_be_found_from_the_readme() -> None:
    text = (ROOT / "README.md").read_text()
    assert [page.name for page in sorted(DOCS.glob("*.md")) if f"docs/{page.name}" not in text] == []


def toml_blocks() -> list[tuple[str, str]]:
    return [
        (page.name, block)
        for page in PAGES
        for block in re.findall(r"```toml\n(.*?)```", page.read_text(), flags=re.DOTALL)
    ]


@pytest.mark.parametrize(("page", "block"), toml_blocks())
def test_an_example_of_a_settings_file_can_be_loaded(page: str, block: str, tmp_path: Path) -> None:
    file = tmp_path / page
    file.write_text(block)
    load(file, {})


# The worked numbers of docs/counting.md.
def result(
    kind: str, successful: int, failed: int, *, mx: tuple[str, ...] = (), details: tuple[FailureDetail, ...] = ()
) -> PolicyResult:
    return PolicyResult(Policy(kind, "example.com", mode="testing", mx=mx), successful, failed, details)


def test_the_worked_numbers_about_sessions_told_twice() -> None:
    figures = count("example.com", [result("sts", 90, 10), result("tlsa", 92, 8)])
    assert (figures.successful, figures.failed) == (90, 10)


def test_the_worked_numbers_about_unspecified_failures() -> None:
    details = (FailureDetail("certificate-expired", 4), FailureDetail("validation-failure", 3))
    figures = count("example.com", [result("sts", 0, 10, details=details)])
    assert figures.failed == 10
    assert {cause.result_type: failed for cause, failed in figures.causes.items()} == {
        "certificate-expired": 4,
        "validation-failure": 3,
        "unspecified": 3,
    }


def test_the_worked_numbers_about_hosts() -> None:
    both = ("mx1.example.com", "mx2.example.com")
    details = (FailureDetail("certificate-expired", 10, receiving_mx_hostname="mx1.example.com"),)
    figures = count("example.com", [result("sts", 990, 10, mx=both, details=details)])
    assert {mx: (figure.failed, figure.attributable) for mx, figure in figures.mx.items()} == {
        "mx1.example.com": (10, 0)
    }


# The waits of docs/published-policy.md.
def test_the_told_waits_between_two_looks() -> None:
    good = Observation(NOW, "1", StsPolicy("enforce", 86400, ("mx1.example.com",), ""))
    failed = Observation(NOW, None, None, "dns", "no answer")
    text = (DOCS / "published-policy.md").read_text()
    shortest, longest = (next_look(good, 0, chance) / timedelta(hours=1) for chance in (0, 1))
    assert f"| {shortest:.1f} to {longest:.1f} hours later |" in text
    waits = [next_look(failed, failures, 0) for failures in range(12)]
    minutes = [f"{wait / timedelta(minutes=1):g}" for wait in waits if wait < timedelta(hours=shortest)]
    assert f"| {', '.join(minutes)} minutes later, then every {shortest:.1f} hours |" in text
    assert waits[-1] == timedelta(hours=shortest)
