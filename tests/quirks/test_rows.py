"""No row without a case, no finding without one, and docs/senders.md says what the cases say."""

import ast
import re
from pathlib import Path

import pytest

from tests.quirks import Case
from tests.quirks.cases import CASES

ROOT = Path(__file__).parents[2]
# All rows of QUIRKS that concern a receiver.
_SPANS = [(1, 22), (25, 42), (45, 92), (95, 112)]
ROWS = [f"Q{number}" for first, last in _SPANS for number in range(first, last + 1) if number not in (93, 94)]
# What happens between two machines is tested between two machines.
BETWEEN_MACHINES = {
    "Q97": "tests/receive_https/test_requests.py",
    "Q104": "tests/receive_https/test_outage.py",
    "Q105": "tests/receive/test_deliveries.py",
    "Q112": "tests/receive/test_dialogue.py",
}
SENDERS = (ROOT / "docs" / "senders.md").read_text()
TOLD = re.findall(r"^\| (Q\d+) \|.*\| ([^|]*) \|$", SENDERS, re.MULTILINE)


def emitted() -> set[str]:
    """Every code that stands in the collector's sources as a string of its own."""
    files = (ROOT / "collector").rglob("*.py")
    nodes = [node for file in files for node in ast.walk(ast.parse(file.read_text()))]
    texts = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return {text for text in texts if re.fullmatch(r"[QR]\d+", text)}


def of_row(row: str) -> list[Case]:
    return [case for case in CASES if case.row == row]


@pytest.mark.parametrize("row", ROWS)
def test_every_row_has_a_case(row: str) -> None:
    if row in BETWEEN_MACHINES:
        assert re.search(rf"\b{row}\b", (ROOT / BETWEEN_MACHINES[row]).read_text())
    else:
        assert of_row(row)


def test_every_case_is_about_a_row_or_a_requirement() -> None:
    assert [case.name for case in CASES if case.row not in ROWS and not re.fullmatch(r"[RA]\d+", case.row)] == []
    names = [case.name for case in CASES]
    assert sorted(set(names)) == sorted(names)


def test_every_finding_has_a_case() -> None:
    assert emitted() - {code for case in CASES for code in case.codes} == set()


def test_every_row_is_told() -> None:
    assert {row for row, _ in TOLD} == set(ROWS)


@pytest.mark.parametrize("row", [row for row in ROWS if row not in BETWEEN_MACHINES])
def test_the_findings_are_told(row: str) -> None:
    told = {code for about, codes in TOLD if about == row for code in codes.split(", ")}
    cases = of_row(row)
    found = {code for case in cases for code in case.codes}
    assert told - {"–"} <= found
    assert (row in found) == (row in told)
    assert "–" not in told or any(row not in case.codes for case in cases)


@pytest.mark.parametrize("code", sorted(emitted()))
def test_every_finding_is_told(code: str) -> None:
    assert re.search(rf"\b{code}\b", SENDERS)


@pytest.mark.parametrize("row", [row for row in ROWS if any(case.reason for case in of_row(row))])
def test_the_reasons_are_told(row: str) -> None:
    told = " ".join(re.findall(rf"^\| {row} \|.*$", SENDERS, re.MULTILINE))
    reasons = {case.reason[0] for case in of_row(row) if case.reason}
    assert [reason for reason in reasons if f"`{reason}`" not in told] == []
