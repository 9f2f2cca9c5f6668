"""A report to the letter in which nothing is to be noted: read straight into typed values. Almost all are like that.

`read` gives the very Report that the long way (`decode`, then `normalise`) gives, in a third of its time; or None where
there is anything to mend, to note or to refuse. Then the long way is gone, so that no rule lives here alone: what is
checked here may be stricter than the rules, never laxer. The tests hold the two against each other.
"""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from collector.report import policy_string
from collector.report.decode import count_names
from collector.report.digest import digest_of_text
from collector.report.limits import Limits, has_too_many_values
from collector.report.model import (
    LARGEST_COUNT,
    FailureDetail,
    KnownPolicyType,
    KnownResultType,
    Policy,
    PolicyResult,
    Report,
)
from collector.report.normalise import times
from collector.report.normalise.build import policy_of
from collector.report.normalise.names import Addresses, Hosts, mailto_address, name
from collector.report.notes import Notes

_Text = Annotated[str, Meta(min_length=1)]
_Count = Annotated[int, Meta(ge=0, le=LARGEST_COUNT)]


class _Doubt(Exception):
    """The long way has to be gone."""


class _Object(msgspec.Struct, rename="kebab", forbid_unknown_fields=True, omit_defaults=True):
    """RFC 8460 section 4.4 as types. Fields stand in the order of their JSON names, as `digest` wants them encoded."""


class _FailureDetail(_Object, kw_only=True, gc=False):
    # Absent texts are "", which none that is sent may be.
    additional_information: _Text = ""
    failed_session_count: _Count
    failure_reason_code: _Text = ""
    receiving_ip: _Text = ""
    receiving_mx_helo: _Text = ""
    receiving_mx_hostname: _Text = ""
    result_type: KnownResultType
    sending_mta_ip: _Text = ""


class _Summary(_Object, gc=False):
    total_failure_session_count: _Count
    total_successful_session_count: _Count


class _Policy(_Object, kw_only=True):
    mx_host: list[str] | UnsetType = UNSET
    policy_domain: str
    policy_string: list[str] | UnsetType = UNSET
    policy_type: KnownPolicyType


class _PolicyResult(_Object, kw_only=True):
    failure_details: list[_FailureDetail] | UnsetType = UNSET
    policy: _Policy
    summary: _Summary


class _DateRange(_Object, gc=False):
    end_datetime: str
    start_datetime: str


class _Metadata(_Object):
    contact_info: str
    date_range: _DateRange
    organization_name: _Text
    report_id: _Text


class _Document(_Metadata):
    policies: list[_PolicyResult]


_decode = msgspec.json.Decoder(_Document).decode
_encode = msgspec.json.Encoder().encode
# Failures of a connection, which has two ends: the `if` of a failure detail in the strict schema.
_OF_CONNECTIONS = frozenset(
    ("starttls-not-supported", "certificate-host-mismatch", "certificate-expired", "certificate-not-trusted")
)


def read(text: bytes, notes: Notes, limits: Limits) -> Report | None:
    """The report that a JSON text is, None if there is any doubt; `notes` are its findings so far. Raises nothing."""
    try:
        return _read(text, notes, limits)
    except (_Doubt, msgspec.DecodeError, UnicodeDecodeError):
        return None


def _read(text: bytes, notes: Notes, limits: Limits) -> Report:
    document = _decode(text)
    # What is likeliest to raise a doubt comes first, and costs least.
    start, end = _instants(document.date_range)
    _check_size(document, text, limits)
    _check_contact(document.contact_info)
    policies = [_policy(entry.policy) for entry in document.policies]
    pieces = _pieces(document, text)
    doubts = Notes()
    addresses, hosts = Addresses(doubts), Hosts()
    results = [
        _policy_result(entry, policy, piece, addresses, hosts)
        for entry, policy, piece in zip(document.policies, policies, pieces[1:], strict=True)
    ]
    if doubts:  # Q54
        raise _Doubt
    return Report(
        report_id=document.report_id,
        start_datetime=start,
        end_datetime=end,
        policies=tuple(results),
        organization_name=document.organization_name,
        contact_info=document.contact_info,
        findings=notes.findings(),
        content=digest_of_text(pieces[0]),
    )


def _instants(date_range: _DateRange) -> tuple[datetime, datetime]:
    start, end = times.plain(date_range.start_datetime), times.plain(date_range.end_datetime)
    if start is None or end is None or start > end:
        raise _Doubt
    return start, end


def _check_size(document: _Document, text: bytes, limits: Limits) -> None:
    details = sum([len(entry.failure_details) for entry in document.policies if entry.failure_details])
    if len(document.policies) > limits.policies or details > limits.failure_details:
        raise _Doubt
    if has_too_many_values(text, len(document.policies), details):
        raise _Doubt


def _check_contact(contact: str) -> None:
    local, _, domain = contact.partition("@")
    if not local or not domain or "@" in domain or mailto_address(contact) is not None:
        raise _Doubt


def _policy(policy: _Policy) -> Policy:
    lines, mx_host = tuple(policy.policy_string or ()), tuple(policy.mx_host or ())
    domain = name(policy.policy_domain)
    if domain != policy.policy_domain or not policy_string.are_regular(lines):
        raise _Doubt
    if mx_host and [policy_string.pattern(value) for value in mx_host] != [*mx_host]:
        raise _Doubt
    # An MTA-STS policy that has mx lines wants an mx-host beside it.
    if policy.policy_type == "sts" and not mx_host and any("mx" in line for line in lines):
        raise _Doubt
    return policy_of(policy.policy_type, domain, lines, mx_host)


def _pieces(document: _Document, text: bytes) -> list[bytes]:
    """The canonical text of the document without its policies, then of each policy result (see `digest`)."""
    rest = _Metadata(document.contact_info, document.date_range, document.organization_name, document.report_id)
    pieces = [_encode(rest), *map(_encode, document.policies)]
    has_escapes = b"\\" in text
    if has_escapes and b"\\u0000" in text:  # Q58
        raise _Doubt
    # As in `decode`: a name that is used twice is lost. That of `policies` is in none of the pieces.
    if count_names(text, has_escapes) != sum([count_names(piece, has_escapes) for piece in pieces]) + 1:
        raise _Doubt
    return pieces


def _policy_result(
    entry: _PolicyResult, policy: Policy, piece: bytes, addresses: Addresses, hosts: Hosts
) -> PolicyResult:
    return PolicyResult(
        policy=policy,
        total_successful_session_count=entry.summary.total_successful_session_count,
        total_failure_session_count=entry.summary.total_failure_session_count,
        failure_details=_failure_details(entry.failure_details or [], addresses, hosts),
        content=digest_of_text(piece),
    )


def _failure_details(details: list[_FailureDetail], addresses: Addresses, hosts: Hosts) -> tuple[FailureDetail, ...]:
    built: list[FailureDetail] = []
    for detail in details:
        sending, host, receiving = detail.sending_mta_ip, detail.receiving_mx_hostname, detail.receiving_ip
        if not (sending and host and receiving) and detail.result_type in _OF_CONNECTIONS:
            raise _Doubt
        built.append(
            FailureDetail(
                detail.result_type,
                detail.failed_session_count,
                addresses[sending],
                hosts[host],
                detail.receiving_mx_helo or None,
                addresses[receiving],
                detail.additional_information or None,
                detail.failure_reason_code or None,
            )
        )
    return tuple(built)
