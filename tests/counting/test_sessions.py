"""Rules 4 to 6: one report's results about example.com, and its figures."""

import pytest

from collector.counting.sessions import NO_MX, PartFigures, count
from collector.report.model import PolicyResult
from tests.counting.made import detail, result

MX1, MX2 = "mx1.example.com", "mx2.example.com"


def figures(*results: PolicyResult) -> PartFigures:
    return count("example.com", results)


@pytest.mark.parametrize(
    ("what", "results", "successful", "failed"),
    [
        ("one policy", [result("example.com", 10, 2)], 10, 2),
        ("no policy at all", [], 0, 0),
        ("Microsoft tells each session under sts and tlsa (Q20)", [result("example.com", 7, 3), result("example.com", 7, 3, kind="tlsa")], 7, 3),
        ("the larger group counts, sessions and failures apart", [result("example.com", 10, 0), result("example.com", 5, 4, kind="tlsa")], 6, 4),
        ("Postfix: sts of the domain and tlsa of its hosts (Q109)", [result("example.com", 12, 0), result(MX1, 8, 0, kind="tlsa"), result(MX2, 4, 0, kind="tlsa")], 12, 0),
        ("an sts result about a host is group B too", [result("example.com", 12, 0), result(MX1, 12, 0)], 12, 0),
        ("two sts versions of one day add up (Q19)", [result("example.com", 4, 1), result("example.com", 6, 0)], 10, 1),
        ("sts and no-policy-found are both group A", [result("example.com", 4, 1), result("example.com", 6, 0, kind="no-policy-found")], 10, 1),
        ("an absent policy domain is group A", [result(None, 4, 1), result("example.com", 5, 1, kind="tlsa")], 5, 1),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_rule_4_the_same_sessions_are_not_counted_twice(
    what: str, results: list[PolicyResult], successful: int, failed: int
) -> None:
    found = figures(*results)
    assert (found.successful, found.failed) == (successful, failed)


def test_rule_4_figures_per_type_stay_exact() -> None:
    found = figures(result("example.com", 7, 3), result("example.com", 7, 2, kind="tlsa"))
    assert {kind: (f.results, f.successful, f.failed) for kind, f in found.types.items()} == {
        ("sts", "enforce"): (1, 7, 3),
        ("tlsa", "unknown"): (1, 7, 2),
    }


def test_rule_4_per_mx_the_larger_group_and_causes_exact() -> None:
    found = figures(
        result("example.com", 0, 3, detail("certificate-expired", 3, MX1)),
        result("example.com", 0, 5, detail("tlsa-invalid", 5, MX1), kind="tlsa"),
    )
    assert found.mx[MX1].failed == 5
    assert {cause.result_type: failed for cause, failed in found.causes.items()} == {
        "certificate-expired": 3,
        "tlsa-invalid": 5,
    }


@pytest.mark.parametrize(
    ("what", "results", "failed", "no_mx", "unspecified"),
    [
        ("failures without details", [result("example.com", 1, 9)], 9, 9, 9),
        ("details fall short", [result("example.com", 1, 9, detail("certificate-expired", 4, MX1))], 9, 5, 5),
        ("details beyond the total (Q51): the summary stands", [result("example.com", 1, 1, detail("sts-policy-fetch-error", 2))], 1, 2, 0),
        ("a detail without a count tells nothing (Q59)", [result("example.com", 1, 3, detail("certificate-expired", None, MX1))], 3, 3, 3),
        ("the shortfall twice, under sts and tlsa, is one", [result("example.com", 1, 9), result("example.com", 1, 9, kind="tlsa")], 9, 9, 18),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_rule_5_totals_come_from_the_summary(
    what: str, results: list[PolicyResult], failed: int, no_mx: int, unspecified: int
) -> None:
    found = figures(*results)
    assert found.failed == failed
    assert found.mx[NO_MX].failed == no_mx
    assert sum(n for cause, n in found.causes.items() if cause.result_type == "unspecified") == unspecified


@pytest.mark.parametrize(
    ("what", "results", "attributed"),
    [
        ("tlsa about a host", [result(MX1, 8, kind="tlsa")], {MX1: 8}),
        ("tlsa about the domain (Q18) may mean any MX", [result("example.com", 8, kind="tlsa")], {}),
        ("sts with exactly one MX", [result("example.com", 8, mx=(MX1,))], {MX1: 8}),
        ("sts with two MX", [result("example.com", 8, mx=(MX1, MX2))], {}),
        ("sts with a wildcard", [result("example.com", 8, mx=("*.example.com",))], {}),
        ("sts without a policy", [result("example.com", 8)], {}),
        ("no-policy-found", [result("example.com", 8, kind="no-policy-found", mx=(MX1,))], {}),
        ("no successes are a figure too", [result(MX1, 0, 2, kind="tlsa")], {MX1: 0}),
        ("both groups: the larger", [result("example.com", 20, mx=(MX1,)), result(MX1, 12, kind="tlsa"), result(MX2, 8, kind="tlsa")], {MX1: 20, MX2: 8}),
        ("within a group they add up", [result(MX1, 3, kind="tlsa"), result(MX1, 4, kind="tlsa")], {MX1: 7}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_rule_6_successes_belong_to_an_mx_only_if_they_can_mean_no_other(
    what: str, results: list[PolicyResult], attributed: dict[str, int]
) -> None:
    found = figures(*results)
    assert {mx: f.successful for mx, f in found.mx.items() if f.attributable} == attributed
    assert all(f.successful == 0 for f in found.mx.values() if not f.attributable)


def test_an_mx_is_the_same_in_any_spelling() -> None:
    found = figures(
        result("example.com", 0, 5, detail("certificate-expired", 2, "MX1.Example.com."), detail("certificate-expired", 3, MX1))
    )  # fmt: skip
    assert set(found.mx) == {MX1}
    assert list(found.causes.values()) == [5]


def test_rule_7_a_failure_keeps_the_mode_of_its_own_result() -> None:
    found = figures(
        result("example.com", 0, 1, detail("certificate-expired", 1, MX1), mode="testing"),
        result("example.com", 0, 2, detail("certificate-expired", 2, MX1), mode="enforce"),
    )
    assert {cause.mode: failed for cause, failed in found.causes.items()} == {"testing": 1, "enforce": 2}


def test_hostile_names_do_not_grow_an_index() -> None:
    found = figures(
        result("example.com", 0, 1, detail("x" * 5000, 1, "not a name " * 500), kind="sts" * 500),
    )
    assert all(len(kind) <= 255 for kind, _ in found.types)
    assert all(len(mx) <= 255 for mx in found.mx)
    assert all(len(cause.result_type) <= 255 for cause in found.causes)
