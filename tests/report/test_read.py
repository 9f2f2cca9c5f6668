"""Reading a report: what holds beside the deviations, which tests/quirks has one by one."""

import copy
from typing import Any

import pytest

from collector.errors import ReportRefused
from collector.report.model import Report
from collector.report.reader import read
from collector.settings import Limits
from tests.quirks import DROP, GOOD, base, policy, summary, top
from tests.support import reports

LIMITS = Limits()


def read_document(document: Any) -> Report:
    return read(reports.to_json(document), limits=LIMITS)


def test_a_finding_that_repeats_is_noted_once_with_its_number() -> None:
    details = [reports.detail(receiving_ip=None) for _ in range(2000)]
    report = read_document(reports.report([reports.policy_result(details=details)]))
    (finding,) = report.findings
    assert finding.code == "Q52"
    assert finding.message.startswith('/policies/0/failure-details/0: "receiving-ip"')
    assert finding.message.endswith("(and 1999 more)")


def test_a_rare_deviation_is_not_drowned_by_a_frequent_one() -> None:
    details = [reports.detail(receiving_ip=None) for _ in range(3000)] + [reports.detail("new-result")]
    report = read_document(reports.report([reports.policy_result(details=details)]))
    assert [finding.code for finding in report.findings] == ["Q52", "Q55"]


def test_report_id_absent_is_a_digest_of_the_content() -> None:
    document = top("report-id", DROP)
    first, again = read_document(document), read_document(dict(reversed(document.items())))
    other = read_document({**document, "contact-info": "other@reporter.example"})
    assert first.report_id == again.report_id != other.report_id
    assert len(first.report_id) == 32
    assert [finding.code for finding in first.findings] == ["R21"]


class TestLimits:
    def test_policies(self) -> None:
        document = reports.to_json(reports.report([reports.policy_result()] * 4))
        assert len(read(document, limits=Limits(policies=4)).policies) == 4
        with pytest.raises(ReportRefused) as caught:
            read(document, limits=Limits(policies=3))
        assert caught.value.code == "limit"

    def test_failure_details_of_all_policies_together(self) -> None:
        document = reports.to_json(reports.report([reports.policy_result(details=[reports.detail()] * 2)] * 2))
        assert read(document, limits=Limits(failure_details=4))
        with pytest.raises(ReportRefused) as caught:
            read(document, limits=Limits(failure_details=3))
        assert caught.value.code == "limit"


class TestContent:
    """Digests: equal JSON values, equal digests, whatever the bytes (rule 3)."""

    def test_equal_values_in_other_bytes(self) -> None:
        document = base()
        other = copy.deepcopy(document)
        other["policies"][0] = dict(reversed(other["policies"][0].items()))
        other["policies"][0]["summary"][GOOD] = 10.0
        text = reports.to_json(dict(reversed(other.items()))).replace(b"example.com", b"\\u0065xample.com")
        one, two = read_document(document), read(text, limits=LIMITS)
        assert one.content == two.content
        assert one.policies[0].content == two.policies[0].content
        assert len(one.content) == len(one.policies[0].content) == 16

    def test_as_sent_and_not_as_normalised(self) -> None:
        one = read_document(policy("policy-domain", "EXAMPLE.com"))
        assert one.policies[0].policy == read_document(base()).policies[0].policy
        assert one.policies[0].content != read_document(base()).policies[0].content

    def test_metadata_and_policies_apart(self) -> None:
        one, two = read_document(base()), read_document(summary(GOOD, 11))
        assert one.content == two.content
        assert one.policies[0].content != two.policies[0].content
        three = read_document(top("report-id", "other"))
        assert one.content != three.content
        assert one.policies[0].content == three.policies[0].content

    def test_numbers_of_unknown_members(self) -> None:
        digests = [read_document({**base(), "x": value}).content for value in (1, 1.0, 1.5, 10**16, 1e16, 0, -0.0)]
        assert digests[0] == digests[1] != digests[2]
        assert digests[3] == digests[4]
        assert digests[5] == digests[6]
