"""What a policy-string means, however it is written (Q9 to Q13)."""

import pytest

from collector.report import policy_string
from collector.report.notes import Notes

# as sent, lines, mode, mx, max_age, findings
CASES = [
    (
        "to the letter",
        ["version: STSv1", "mode: enforce", "mx: mx1.example.com", "mx: *.example.com", "max_age: 86400"],
        None,
        ("enforce", ("*.example.com", "mx1.example.com"), 86400),
        [],
    ),
    (
        "Q12 another order",
        ["max_age: 86400", "mx: mx1.example.com", "version: STSv1", "mode: testing"],
        None,
        ("testing", ("mx1.example.com",), 86400),
        [],
    ),
    (
        "Q11 without blanks, and with blanks behind",
        ["version:STSv1", "mode:testing ", "mx: mx1.example.com  ", "max_age:5"],
        None,
        ("testing", ("mx1.example.com",), 5),
        [],
    ),
    (
        "Q10 lines in one string",
        ["version: STSv1\r\nmode: enforce\r\nmx: mx1.example.com\r\nmax_age: 60\r\n"],
        ("version: STSv1", "mode: enforce", "mx: mx1.example.com", "max_age: 60"),
        ("enforce", ("mx1.example.com",), 60),
        ["Q10"],
    ),
    (
        "Q10 joined by semicolons",
        ["version: STSv1; mode: none; max_age: 60;"],
        ("version: STSv1", "mode: none", "max_age: 60"),
        ("none", (), 60),
        ["Q10"],
    ),
    (
        "Q10 joined by blanks",
        ["version: STSv1 mode: enforce mx: a.example.com mx: b.example.com max_age: 60"],
        ("version: STSv1", "mode: enforce", "mx: a.example.com", "mx: b.example.com", "max_age: 60"),
        ("enforce", ("a.example.com", "b.example.com"), 60),
        ["Q10"],
    ),
    (
        "Q10 longer than any policy",
        ["mode: testing", "mode: enforce\n" * 10_000],
        None,
        ("testing", (), None),
        ["Q10"],
    ),
    ("Q10 an empty string", [""], (), ("unknown", (), None), ["Q10"]),
    ("Q8 nothing", [], (), ("unknown", (), None), []),
    (
        "Q13 a broken policy",
        ["version: STSv2", "mode: sometimes", "mx: http://mx1.example.com/", "max_age: -1", "nonsense", ": x"],
        None,
        ("unknown", (), None),
        [],
    ),
    (
        "M10 a field twice: the first counts",
        ["mode: testing", "mode: enforce", "max_age: 1", "max_age: 2"],
        None,
        ("testing", (), 1),
        [],
    ),
    (
        "Q16 patterns in normal form, each once",
        ["mode: enforce", "mx: MX1.Example.COM.", "mx: mx1.example.com", "mx: *.bücher.example"],
        None,
        ("enforce", ("*.xn--bcher-kva.example", "mx1.example.com"), None),
        [],
    ),
    ("max_age of 400 digits", ["mode: enforce", "max_age: " + "9" * 400], None, ("enforce", (), None), []),
    (
        "Q9 TLSA records as JSON in a string",
        ['["3 1 1 00AB","2 1 1 00CD"]'],
        ("3 1 1 00AB", "2 1 1 00CD"),
        ("unknown", (), None),
        ["Q9"],
    ),
    ("Q9 no JSON after all", ["[3 1 1 00AB"], ("[3 1 1 00AB",), ("unknown", (), None), []),
    ("Q10 TLSA records joined", ["3 1 1 00AB;2 1 1 00CD"], ("3 1 1 00AB", "2 1 1 00CD"), None, ["Q10"]),
    ("TLSA records", ["3 1 1 00AB", "2 1 1 00CD"], None, None, []),
]


@pytest.mark.parametrize(
    ("sent", "lines", "meaning", "codes"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_policy_string(
    sent: list[str],
    lines: tuple[str, ...] | None,
    meaning: tuple[str, tuple[str, ...], int | None] | None,
    codes: list[str],
) -> None:
    notes = Notes()
    found = policy_string.lines(sent, "/policy-string", notes)
    assert found == (tuple(sent) if lines is None else lines)
    assert [finding.code for finding in notes.findings()] == codes
    if meaning is not None:
        policy = policy_string.parse(found)
        assert (policy.mode, policy.mx, policy.max_age) == meaning


def test_a_policy_of_megabytes_is_read_and_not_remembered() -> None:
    lines = tuple(f"mx: mx{number}.example.com" for number in range(2000))
    assert len(policy_string.parse(lines).mx) == 2000


@pytest.mark.timeout(20)  # when each blank was tried it took 46 s; now it takes 3 ms
@pytest.mark.parametrize("blank", [" ", "\t", "\u2003", " \t", "\x0b"])
@pytest.mark.parametrize("before", ["a;", "mode", "mx: a", "version : "])
def test_runs_of_blanks_take_no_time(before: str, blank: str) -> None:
    entry = f"{before}{blank * (60_000 // len(blank))}x"
    assert len(policy_string.lines([entry], "policy-string", Notes())) <= 2
