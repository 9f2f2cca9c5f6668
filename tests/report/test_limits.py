"""What a report within the limits may hold is read; what would take many times its bytes of memory is not parsed."""

import tracemalloc

import pytest

from collector.errors import ReportRefused
from collector.report.reader import read
from collector.report.search import search
from collector.settings import Limits
from tests.support import reports

LIMITS = Limits()
MIB = 1024 * 1024

# Each of these would take twenty to thirty times its size once parsed, and hold the interpreter for seconds.
WIDE = [b"[]", b"{}", b'{"":0}', b'""', b"1.5", b"null", b'{"policy":{}}', b'{"failure-details":[{}]}']


@pytest.mark.parametrize("value", WIDE, ids=[value.decode() for value in WIDE])
def test_a_text_of_millions_of_values_is_not_parsed(value: bytes) -> None:
    text = b'{"date-range":{},"policies":[' + b",".join([value] * (19 * MIB // (len(value) + 1))) + b"]}"
    tracemalloc.start()
    try:
        with pytest.raises(ReportRefused, match="more values than a report of 10000 policies") as caught:
            read(text, limits=LIMITS)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert caught.value.code == "limit"
    assert peak < MIB


POLICY = {"policy-type": "sts", "policy-domain": "example.com"}
# Each passes for a large report until it is parsed.
FILLED: list[tuple[str, reports.Json]] = [
    ("hosts", reports.report([{"policy": {**POLICY, "mx-host": ["mx.example.com"] * 50_000}, "summary": {}}])),
    ("lines", reports.report([{"policy": {**POLICY, "policy-string": [""] * 50_000}, "summary": {}}])),
    ("members", reports.report() | {str(number): 1 for number in range(50_000)}),
    ("one policy result instead of a list", reports.report() | {"policies": {str(number): 1 for number in range(50_000)}}),
]  # fmt: skip


@pytest.mark.parametrize(("what", "document"), FILLED, ids=[case[0] for case in FILLED])
def test_a_report_filled_with_something_else_is_refused(what: str, document: reports.Json) -> None:
    with pytest.raises(ReportRefused, match="more values than a report of 1 policies") as caught:
        read(reports.to_json(document), limits=LIMITS)
    assert caught.value.code == "limit"


def full_detail(number: int) -> reports.Json:
    """With every field there is, and what looks like more values within a text."""
    more = {"additional_information": "x, [y]", "receiving_mx_helo": "mx1.example.com", "failure_reason_code": "7"}
    return reports.detail("certificate-expired", number + 1, **more)


@pytest.mark.parametrize(
    ("what", "policies", "details"),
    [("policies and details at their limits", 100, 1000), ("one policy", 1, 1000), ("policies only", 100, 0)],
)
def test_what_the_limits_allow_is_read(what: str, policies: int, details: int) -> None:
    limits = Limits(policies=policies, failure_details=max(details, 1))
    hosts = [f"mx{number}.example.com" for number in range(5)]
    entries = [reports.policy_result(f"d{number}.example", mx=hosts) for number in range(policies - 1)]
    entries.append(reports.policy_result(mx=hosts, details=[full_detail(number) for number in range(details)]))
    found = read(reports.to_json(reports.report(entries)), limits=limits)
    assert len(found.policies) == policies
    assert sum(len(entry.failure_details) for entry in found.policies) == details


def test_many_hosts_are_no_reason_to_refuse() -> None:
    hosts = [f"mx{number}.example.com" for number in range(4000)]
    text = reports.to_json(reports.report([reports.policy_result(mx=hosts)]))
    assert read(text, limits=Limits(policies=1, failure_details=1)).policies[0].policy.mx_host[-1] == hosts[-1]


@pytest.mark.parametrize("content", [b"[" * 300_000, b"{", reports.to_gzip(b"[" * 100_000)[:-20]])
def test_a_refusal_holds_nothing_of_the_mail(content: bytes) -> None:
    """An exception holds the frames that it came through, and they hold it: until the garbage collector comes round."""
    refusal = search(reports.mail(content), "smtp", limits=LIMITS).refusal
    assert refusal is not None
    assert (refusal.__traceback__, refusal.__context__) == (None, None)
