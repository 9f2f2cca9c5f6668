"""A policy held against the live MX hosts and against time (RFC 8461 sections 4.1, 8 and 10.2)."""

import pytest

from collector.monitor import lint
from collector.monitor.model import StsPolicy

MX = ("mx1.example.com", "mx2.example.com")


def policy(mode: str = "enforce", max_age: int = 1_209_600, mx: tuple[str, ...] = MX) -> StsPolicy:
    return StsPolicy(mode, max_age, mx, "")


WARNINGS = [
    ("good in enforce", policy(), MX, []),
    ("good in testing", policy("testing", 86_400), MX, []),
    ("a week in enforce", policy(max_age=604_800), MX, []),
    ("days in enforce, M25", policy(max_age=86_400), MX, ["max_age_short"]),
    ("an hour in testing", policy("testing", 3_600), MX, ["max_age_short"]),
    ("nothing in enforce", policy(max_age=0), MX, ["max_age_short"]),
    ("a wildcard in use", policy(mx=("*.example.com",)), MX, []),
    ("a host of former times", policy(mx=(*MX, "old.example.com")), MX, ["mx_unused"]),
    ("wildcards out of use", policy(mx=(*MX, "*.example.net")), MX, ["mx_unused"]),
    ("nobody knows the MX hosts", policy(), None, ["mx_unknown"]),
    ("no mail", policy(), (), ["no_mx"]),
    ("none", policy("none", 86_400, ()), MX, []),
    ("none, kept for long, M24", policy("none", 604_800, ()), MX, ["none_max_age"]),
    ("none with leftovers", policy("none", 86_400), MX, ["none_mx"]),
    ("none without mail", policy("none", 86_400, ()), (), []),
]


@pytest.mark.parametrize(
    ("given", "hosts", "codes"), [case[1:] for case in WARNINGS], ids=[case[0] for case in WARNINGS]
)
def test_warnings(given: StsPolicy, hosts: tuple[str, ...] | None, codes: list[str]) -> None:
    found = lint.look_at(given, hosts)
    assert [problem.code for problem in found] == codes
    assert {problem.severity for problem in found} <= {"warning"}


MATCHES = [
    ("named", policy(), "mx1.example.com", True, None),
    ("omitted", policy(), "mx3.example.com", False, "mx_not_in_policy"),
    ("omitted in testing", policy("testing"), "mx3.example.com", False, "mx_not_in_policy"),
    ("wildcard", policy(mx=("*.example.com",)), "mx1.example.com", True, None),
    ("wildcard over two labels, M17", policy(mx=("*.example.com",)), "a.mx.example.com", False, "mx_wildcard_labels"),
    ("wildcard over no label, M17", policy(mx=("*.example.com",)), "example.com", False, "mx_wildcard_labels"),
    ("wildcard of another domain", policy(mx=("*.ample.com",)), "mx.example.com", False, "mx_not_in_policy"),
    ("a host below a named one", policy(mx=("example.com",)), "mx.example.com", False, "mx_not_in_policy"),
    ("mode none, M19", policy("none"), "mx3.example.com", None, None),
    ("no policy", None, "mx1.example.com", None, None),
]


@pytest.mark.parametrize(
    ("given", "host", "matches", "code"), [case[1:] for case in MATCHES], ids=[case[0] for case in MATCHES]
)
def test_match(given: StsPolicy | None, host: str, matches: bool | None, code: str | None) -> None:
    found, problems = lint.match(host, given)
    assert found is matches
    assert [(problem.code, problem.severity) for problem in problems] == ([(code, "error")] if code else [])
    assert all(problem.fix.endswith(f"mx: {host}") for problem in problems)


def test_what_it_means_depends_on_the_mode() -> None:
    """M19: enforce holds mail back, testing would."""
    [[enforced], [tested]] = (lint.match("mx3.example.com", policy(mode))[1] for mode in ("enforce", "testing"))
    assert "do not deliver" in enforced.text
    assert "would not deliver in enforce" in tested.text
