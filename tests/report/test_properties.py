"""What holds for all reports and all bytes."""

import string
from datetime import date
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.channels import CHANNELS
from collector.errors import ReportRefused
from collector.report.model import POLICY_TYPES, RESULT_TYPES, Report
from collector.report.reader import read
from collector.report.schema import is_strict
from collector.report.search import search
from collector.settings import Limits
from tests.support import reports

LIMITS = Limits(report_bytes=1_000_000)
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])

counts = st.integers(0, 2**63 - 1)
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20)
labels = st.text(string.ascii_lowercase, min_size=1, max_size=10)
names = st.lists(labels, min_size=2, max_size=4).map(".".join)
addresses = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).map(str)


def made(required: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(required, optional=optional)


details = made(
    {
        "result-type": st.sampled_from(RESULT_TYPES),
        "failed-session-count": counts,
        "sending-mta-ip": addresses,
        "receiving-mx-hostname": names,
        "receiving-ip": addresses,
    },
    {"receiving-mx-helo": texts, "additional-information": texts, "failure-reason-code": texts},
)
policies = made(
    {
        "policy-type": st.sampled_from(POLICY_TYPES),
        "policy-domain": names,
        "mx-host": st.lists(names, min_size=1, max_size=3),
    },
    {"policy-string": st.lists(names.map("mx: {}".format), max_size=3)},
)
documents = made(
    {
        "organization-name": texts,
        "contact-info": st.builds("{}@{}".format, labels, names),
        "report-id": texts,
        "date-range": st.dates(min_value=date(1970, 1, 1), max_value=date(8999, 1, 1)).map(
            lambda day: {"start-datetime": f"{day}T00:00:00Z", "end-datetime": f"{day}T23:59:59Z"}
        ),
        "policies": st.lists(
            made(
                {
                    "policy": policies,
                    "summary": made({"total-successful-session-count": counts, "total-failure-session-count": counts}, {}),
                },
                {"failure-details": st.lists(details, max_size=3)},
            ),
            max_size=3,
        ),
    },
    {"x-" : st.one_of(st.none(), texts, st.integers(-5, 5))},
)  # fmt: skip


def figures(document: dict[str, Any]) -> list[Any]:
    return [
        (
            entry["policy"]["policy-type"],
            entry["policy"]["policy-domain"],
            entry["summary"]["total-successful-session-count"],
            entry["summary"]["total-failure-session-count"],
            [
                (
                    detail["result-type"],
                    detail["failed-session-count"],
                    detail["receiving-mx-hostname"],
                    detail.get("receiving-mx-helo"),
                    detail.get("failure-reason-code"),
                )
                for detail in entry.get("failure-details", [])
            ],
        )
        for entry in document["policies"]
    ]


def read_figures(report: Report) -> list[Any]:
    return [
        (
            result.policy.policy_type,
            result.policy.policy_domain,
            result.total_successful_session_count,
            result.total_failure_session_count,
            [
                (
                    detail.result_type,
                    detail.failed_session_count,
                    detail.receiving_mx_hostname,
                    detail.receiving_mx_helo,
                    detail.failure_reason_code,
                )
                for detail in result.failure_details
            ],
        )
        for result in report.policies
    ]


@QUICK
@given(documents)
def test_a_strict_report_is_read_with_exactly_its_figures_and_no_finding(document: dict[str, Any]) -> None:
    assert is_strict(document)
    report = read(reports.to_json(document), limits=LIMITS)
    assert read_figures(report) == figures(document)
    assert (report.report_id, report.contact_info) == (document["report-id"], document["contact-info"])
    assert report.findings == ()


@QUICK
@given(st.binary(max_size=200))
def test_any_bytes_give_a_report_or_a_refusal(data: bytes) -> None:
    code = None
    try:
        read(data, limits=LIMITS)
    except ReportRefused as refused:
        code = refused.code
    assert code in {None, "unpack", "json", "schema", "limit"}


anything = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(path for key, child in inner for path in paths(child, (*at, key)))]


@QUICK
@given(st.data(), anything)
def test_anything_in_the_place_of_anything_gives_a_report_or_a_refusal(data: st.DataObject, value: Any) -> None:
    document: Any = {"": reports.microsoft(failed=1)}
    path = data.draw(st.sampled_from(paths(document[""])))
    place = document
    for step in ("", *path)[:-1]:
        place = place[step]
    place[("", *path)[-1]] = value
    try:
        report = read(reports.to_json(document[""]), limits=LIMITS)
    except ReportRefused:
        return
    for result in report.policies:
        for count in (result.total_successful_session_count, result.total_failure_session_count):
            assert type(count) is int
            assert 0 <= count < 2**63
        for detail in result.failure_details:
            assert detail.failed_session_count is None or 0 <= detail.failed_session_count < 2**63


@QUICK
@given(st.data(), st.sampled_from(CHANNELS))
def test_a_damaged_delivery_raises_nothing(data: st.DataObject, channel: str) -> None:
    raw = bytearray(data.draw(st.sampled_from([reports.mail(reports.report()), reports.to_gzip(reports.report())])))
    for _ in range(data.draw(st.integers(0, 5))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    result = search(bytes(raw), channel, limits=LIMITS)
    assert bool(result.hits) != (result.refusal is not None)
