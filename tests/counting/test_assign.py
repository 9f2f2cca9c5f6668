"""Rule 9: whose result is it?"""

import pytest

from collector.counting.assign import split
from collector.counting.known import KnownDomains
from collector.delivery import Hints
from collector.report.model import PolicyResult
from tests.counting.made import END, known, report, result

KNOWN = known(
    "example.com",
    "example.net",
    "shared-one.example",
    "shared-two.example",
    mx={
        "example.com": ("mx1.example.com", "mx.provider.example"),
        "shared-one.example": ("mx.hoster.example",),
        "shared-two.example": ("mx.hoster.example",),
    },
)


def tlsa(host: str) -> PolicyResult:
    return result(host, 1, kind="tlsa")


@pytest.mark.parametrize(
    ("what", "results", "hints", "expected"),
    [
        ("the policy domain, if it is known", [result("example.com")], Hints(), {"example.com": (0,)}),
        ("not by the hints: the body decides (R39)", [result("example.com")], Hints("example.net"), {"example.com": (0,)}),
        ("a name that one known domain has as MX", [result("mx1.example.com")], Hints(), {"example.com": (0,)}),
        ("an MX elsewhere too", [tlsa("mx.provider.example")], Hints(), {"example.com": (0,)}),
        ("a subdomain of its own is foreign", [result("sub.example.com")], Hints("example.com"), {"sub.example.com": (0,)}),
        ("an MX of two domains: TLS-Report-Domain tells", [tlsa("mx.hoster.example")], Hints("shared-two.example"), {"shared-two.example": (0,)}),
        ("an MX of two domains, told nowhere, is foreign", [tlsa("mx.hoster.example")], Hints(), {"mx.hoster.example": (0,)}),
        ("TLS-Report-Domain that is unknown does not count", [tlsa("mx9.example.net")], Hints("foreign.example"), {"example.net": (0,)}),
        ("tlsa: the one known domain elsewhere in the report", [result("example.net"), tlsa("mx.else.example")], Hints(), {"example.net": (0, 1)}),
        ("tlsa: two known domains elsewhere tell nothing", [result("example.net"), result("example.com"), tlsa("mx.else.example")], Hints(), {"example.net": (0,), "example.com": (1,), "mx.else.example": (2,)}),
        ("tlsa: the known domain that the host lies under", [tlsa("mx7.example.com")], Hints(), {"example.com": (0,)}),
        ("sts: a host below a known domain is foreign", [result("mx7.example.com")], Hints("example.com"), {"mx7.example.com": (0,)}),
        ("about two domains: split", [result("example.com"), result("example.net"), result("example.com")], Hints(), {"example.com": (0, 2), "example.net": (1,)}),
        ("about a known and a foreign one", [result("example.com"), result("foreign.example")], Hints(), {"example.com": (0,), "foreign.example": (1,)}),
        ("no policies at all (Q22): TLS-Report-Domain", [], Hints("example.com"), {"example.com": ()}),
        ("no policies and no hint", [], Hints(), {"": ()}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_whose(what: str, results: list[PolicyResult], hints: Hints, expected: dict[str, tuple[int, ...]]) -> None:
    parts = split(report(*results), hints, KNOWN, END)
    assert {part.domain: part.positions for part in parts} == expected
    assert all(part.known == (part.domain in KNOWN) for part in parts)
    assert not any(part.findings for part in parts)


@pytest.mark.parametrize(
    ("source", "results", "hints", "report_id", "expected"),
    [
        ("TLS-Report-Domain", [result(None)], Hints("example.com", "example.net"), "1", "example.com"),
        ("the Subject", [result(None)], Hints(None, "example.net", "example.com"), "1", "example.net"),
        ("the file name", [result(None)], Hints(None, None, "example.net"), "1", "example.net"),
        ("the rest of the report", [result(None), result("example.net")], Hints(), "1", "example.net"),
        ("the report-id", [result(None)], Hints(), "2026-11-20T00:00:00Z_example.com", "example.com"),
        ("the report-id", [result(None)], Hints(), "133412345678901234+example.net", "example.net"),
        ("nowhere", [result(None)], Hints(), "133412345678901234+", ""),
        ("nowhere", [result(None)], Hints(), "2024-01-01-2024-01-02-example.com", ""),
        ("nowhere", [result(None)], Hints(), "example.com", ""),
    ],
)
def test_an_absent_policy_domain_is_inferred_and_that_is_a_finding(
    source: str, results: list[PolicyResult], hints: Hints, report_id: str, expected: str
) -> None:
    parts = split(report(*results, report_id=report_id), hints, KNOWN, END)
    owner = next(part for part in parts if 0 in part.positions)
    assert owner.domain == expected
    assert [finding.code for finding in owner.findings] == ["Q15"]
    assert owner.findings[0].message.endswith(f"taken from {source}")


@pytest.mark.parametrize(
    ("results", "policy_domain"),
    [
        ([result("example.com")], "example.com"),
        ([result("example.com"), tlsa("mx1.example.com")], "example.com"),
        ([tlsa("mx1.example.com")], "mx1.example.com"),
        ([tlsa("mx2.example.com"), tlsa("mx1.example.com")], "mx1.example.com mx2.example.com"),
        ([result(None)], "example.com"),
    ],
)
def test_reports_about_hosts_only_are_told_apart_from_those_about_the_domain(
    results: list[PolicyResult], policy_domain: str
) -> None:
    [part] = split(report(*results), Hints("example.com"), KNOWN, END)
    assert part.policy_domain == policy_domain


def test_without_known_domains_everything_is_foreign() -> None:
    parts = split(report(result("example.com"), tlsa("mx1.example.com")), Hints(), KnownDomains(), END)
    assert [(part.domain, part.known) for part in parts] == [("example.com", False), ("mx1.example.com", False)]
