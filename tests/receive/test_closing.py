"""The line that a command ends with."""

import pytest

from collector.receive.closing import closing_line

NOTHING = "stored 0 · conflict 0 · duplicate 0 · unassigned 0 · quarantined"


@pytest.mark.parametrize(
    ("outcomes", "reasons", "more", "line"),
    [
        ({}, {}, {}, f"{NOTHING} 0"),
        ({"quarantined": 3}, {"json": 1, "dkim_fail": 2}, {}, f"{NOTHING} 3 (dkim_fail 2, json 1)"),
        ({}, {}, {"put_off": 2, "moved": 0}, f"{NOTHING} 0 · put off 2"),
    ],
)
def test_closing_line(outcomes: dict[str, int], reasons: dict[str, int], more: dict[str, int], line: str) -> None:
    assert closing_line(outcomes, reasons, **more) == line
