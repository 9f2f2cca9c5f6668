"""The short way and the long one give the same report, wherever the short one gives any (`collector.report.strict`)."""

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import schemas
from collector.errors import ReportRefused
from collector.report import strict
from collector.report.decode import decode
from collector.report.model import Report
from collector.report.normalise import normalise
from collector.report.notes import Notes
from collector.settings import Limits
from tests.quirks.cases import DOCUMENTS
from tests.report.test_properties import anything, documents, paths
from tests.support import reports

LIMITS = Limits()
OFTEN = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
DETAILS = [
    reports.detail("certificate-expired", 2, receiving_mx_helo='mx1 "a"\r\n\té', failure_reason_code="x"),
    reports.detail("sts-policy-fetch-error", 1, sending_mta_ip=None, receiving_ip=None),
]
LETTER = reports.report(
    [
        reports.policy_result("example.com", mx=("mx1.example.com", "*.example.com"), details=DETAILS),
        reports.policy_result("mx1.example.com", policy_type="tlsa", successful=2**63 - 1),
        reports.policy_result("example.net", policy_type="no-policy-found") | {"failure-details": []},
    ]
)
TEXT = reports.to_json(LETTER)
# Put anywhere: some are known only elsewhere.
NAMES = [
    *("x", "policies", "mx-host", "receiving-ip", "email-address"),
    *("policy", "policy-domain", "summary", "total-failure-session-count"),
]


def short(text: bytes, limits: Limits = LIMITS) -> Report | None:
    return strict.read(text, Notes(), limits)


def long(text: bytes, limits: Limits = LIMITS) -> Report | None:
    """None if it is refused."""
    notes = Notes()
    try:
        return normalise(decode(text, notes), text, notes, limits)
    except ReportRefused:
        return None


def agree(text: bytes) -> bool:
    found = short(text)
    return found is None or found == long(text)


@pytest.mark.parametrize(
    "document",
    [LETTER, reports.report(), reports.report([]), reports.google(failed=3)],
    ids=["everything", "one policy", "no policy", "Google"],
)
def test_a_report_to_the_letter_goes_the_short_way(document: Any) -> None:
    text = reports.to_json(document)

    found = short(text)

    assert found is not None
    assert found == long(text)
    assert found.findings == ()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(TEXT.replace(b'"report-id"', b'"report-id": "x", "report-id"'), id="a name twice"),
        pytest.param(TEXT.replace(b'"report-id"', b'"report-i\\u0064": "x", "report-id"'), id="and escaped"),
        pytest.param(TEXT.replace(b'"policies"', b'"policies": [], "policies"'), id="policies twice"),
        pytest.param(TEXT.replace(b"mx1 ", b"mx1\\u0000 "), id="NUL (Q58)"),
        pytest.param(TEXT.replace(b"mx1 ", b"\\ud800 "), id="a lone surrogate (R15)"),
        pytest.param(TEXT.replace("é".encode(), b"\xe9"), id="no UTF-8 (R15)"),
        pytest.param(b"\xef\xbb\xbf" + TEXT, id="a byte order mark (Q84)"),
        pytest.param(TEXT.replace(b": 10,", b": 10.0,"), id="a float (Q47)"),
        pytest.param(TEXT.replace(b'"192.0.2.25"', b'"192.0.2.025"'), id="no address (Q54)"),
        pytest.param(TEXT.replace(b"starttls", b"STARTTLS").replace(b"23:59:59Z", b"23:59:60Z"), id="a leap second"),
        pytest.param(TEXT.replace(b'"tls-reports@', b'"MailTo:tls-reports@'), id="a mailto: URI (R21)"),
        pytest.param(
            TEXT.replace(b'"tls-reports@', b'"mailto:?to=tls-reports@'), id="a mailto: URI without an address"
        ),
        pytest.param(
            TEXT.replace(b'{"policy": {', b'{"mx-host": [], "policy": {', 1), id="a member one level up (R21)"
        ),
        pytest.param(TEXT.replace(b'"report-id"', b'"x": 1, "report-id"'), id="an unknown name"),
        pytest.param(TEXT + b" x", id="something behind"),
        pytest.param(b"[" * 100_000, id="deep"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_the_long_way_is_gone(text: bytes) -> None:
    assert short(text) is None


@pytest.mark.parametrize("document", [case[1] for case in DOCUMENTS], ids=[case[0] for case in DOCUMENTS])
def test_they_agree_about_every_quirk(document: Any) -> None:
    assert agree(reports.to_json(document))


@pytest.mark.parametrize("limits", [Limits(policies=2), Limits(failure_details=1)], ids=["policies", "details"])
def test_limits_are_for_the_long_way_to_name(limits: Limits) -> None:
    assert short(TEXT, limits) is None
    assert long(TEXT, limits) is None
    assert short(TEXT, Limits(policies=3, failure_details=2)) is not None


@OFTEN
@given(documents)
def test_they_agree_about_whatever_is_right(document: Any) -> None:
    assert agree(reports.to_json(document))


@OFTEN
@given(
    st.data(),
    anything
    | st.sampled_from(
        ["", "x", "A.example", "mx: a", "2026-11-20T00:00:00Z", "192.0.2.1", "::0", "mailto:a@b.example", 5, 5.0, []]
    ),
)
def test_they_agree_about_anything_in_the_place_of_anything(data: st.DataObject, value: Any) -> None:
    document: Any = {"": msgspec.json.decode(TEXT)}
    path = data.draw(st.sampled_from(paths(document[""])))
    place, last = document, path[-1] if path else ""
    for step in ("", *path)[:-1]:
        place = place[step]
    if data.draw(st.booleans()) and isinstance(place, dict) and last:
        place[data.draw(st.sampled_from(NAMES))] = value
    else:
        place[last] = value
    assert agree(reports.to_json(document[""]))


_BITS = [b"", b" ", b"\\", b'"', b"\\u0041", b"\\u0000", b"\\n", b"0", b".0", b"e1", b"-", b":", b",", b"{", b"}", b"\xff", b"\x00", b"\xc3\xa9", b"null"]  # fmt: skip


@OFTEN
@given(st.integers(0, len(TEXT)), st.integers(0, 3), st.sampled_from(_BITS))
def test_they_agree_about_a_damaged_text(at: int, cut: int, put: bytes) -> None:
    assert agree(TEXT[:at] + put + TEXT[at + cut :])


OBJECTS = [
    (strict._Document, ()),
    (strict._DateRange, ("properties", "date-range")),
    (strict._PolicyResult, ("$defs", "policy-result")),
    (strict._Policy, ("$defs", "policy")),
    (strict._Summary, ("$defs", "summary")),
    (strict._FailureDetail, ("$defs", "failure-detail")),
]


@pytest.mark.parametrize(("kind", "where"), OBJECTS, ids=[kind.__name__ for kind, _ in OBJECTS])
def test_the_types_have_the_names_of_the_schema_in_order(kind: type[msgspec.Struct], where: tuple[str, ...]) -> None:
    schema: Any = schemas.load("tlsrpt-report")
    for step in where:
        schema = schema[step]
    fields = msgspec.structs.fields(kind)

    names = [field.encode_name for field in fields if field.name != "policies"]
    assert names == sorted(names)
    misnamed = {name for name, rule in schema["properties"].items() if rule.get("not") == {}}
    assert {field.encode_name for field in fields} == schema["properties"].keys() - misnamed
    assert {field.encode_name for field in fields if field.required} == set(schema["required"])
