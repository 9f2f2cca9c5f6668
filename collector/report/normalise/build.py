"""From a mended document to the frozen dataclasses. What is done for each failure detail is what costs."""

from dataclasses import dataclass
from typing import Any

from collector.report import policy_string
from collector.report.model import UNSPECIFIED, FailureDetail, Policy, PolicyResult, Report
from collector.report.normalise import times
from collector.report.normalise.names import Addresses, Hosts, name
from collector.report.notes import Notes


@dataclass(frozen=True, slots=True)
class Digests:
    """Of the document without its policies, of each policy result, and (as text) of all of it."""

    report: bytes
    policy_results: list[bytes]
    whole: str


def build_report(document: dict[str, Any], digests: Digests, notes: Notes) -> Report:
    """The report. Raises ReportRefused (`schema`) for times that cannot be read."""
    dates = document["date-range"]
    start = times.parse(dates["start-datetime"], "/date-range/start-datetime", notes)
    end = times.parse(dates["end-datetime"], "/date-range/end-datetime", notes)
    if start > end:
        notes.add("Q35", "/date-range: the start lies after the end")
    addresses, hosts = Addresses(notes), Hosts()
    policies = tuple(
        _policy_result(entry, content, _policy(entry.get("policy") or {}, position, notes), addresses, hosts)
        for position, (entry, content) in enumerate(zip(document["policies"], digests.policy_results, strict=True))
    )
    return Report(
        # Absent: a digest of the content stands in, so that the same report has the same id (QUIRKS A5).
        report_id=document.get("report-id") or digests.whole,
        start_datetime=start,
        end_datetime=end,
        policies=policies,
        organization_name=document.get("organization-name") or None,
        contact_info=document.get("contact-info") or None,
        findings=notes.findings(),
        content=digests.report,
    )


def _policy_result(
    entry: dict[str, Any], content: bytes, policy: Policy, addresses: Addresses, hosts: Hosts
) -> PolicyResult:
    summary = entry.get("summary") or {}
    details = entry.get("failure-details")
    return PolicyResult(
        policy=policy,
        # Absent is 0 (Q45): Google left zeros out in 2019.
        total_successful_session_count=summary.get("total-successful-session-count") or 0,
        total_failure_session_count=summary.get("total-failure-session-count") or 0,
        failure_details=_failure_details(details, addresses, hosts) if details else (),
        content=content,
    )


def _policy(policy: dict[str, Any], position: int, notes: Notes) -> Policy:
    where = f"/policies/{position}/policy"
    lines = policy_string.lines(policy.get("policy-string") or [], f"{where}/policy-string", notes)
    domain = _policy_domain(policy.get("policy-domain"), where, notes)
    return policy_of((policy.get("policy-type") or "").lower(), domain, lines, tuple(policy.get("mx-host") or ()))


def policy_of(policy_type: str, domain: str | None, lines: tuple[str, ...], mx_host: tuple[str, ...]) -> Policy:
    """The policy that these lines and patterns are, both as sent."""
    if policy_type != "sts":
        return Policy(policy_type, domain, lines, mx_host, "none" if policy_type == "no-policy-found" else "unknown")
    reported = policy_string.parse(lines)
    mx = reported.mx or policy_string.patterns(mx_host)  # Q3; for other types mx-host says nothing (Q6)
    return Policy(policy_type, domain, lines, mx_host, reported.mode, mx, reported.max_age)


def _policy_domain(value: str | None, where: str, notes: Notes) -> str | None:
    """Normal form (Q16, R26); what is no name is as good as absent (Q15)."""
    if value is None:
        return None
    domain = name(value)
    if domain is None:
        notes.add("Q15", f"{where}/policy-domain: {value[:100]!r} is no domain name")
    elif domain != value:
        notes.add("Q16", f"{where}/policy-domain: {value[:100]!r} is not in normal form")
    return domain


def _failure_details(details: list[dict[str, Any]], addresses: Addresses, hosts: Hosts) -> tuple[FailureDetail, ...]:
    built = []
    for detail in details:
        get = detail.get
        built.append(
            FailureDetail(
                get("result-type") or UNSPECIFIED,
                get("failed-session-count"),
                addresses[get("sending-mta-ip")],
                hosts[get("receiving-mx-hostname")],
                get("receiving-mx-helo") or None,
                addresses[get("receiving-ip")],
                get("additional-information") or None,
                get("failure-reason-code") or None,
            )
        )
    return tuple(built)
