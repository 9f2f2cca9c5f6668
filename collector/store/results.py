"""A policy result as it stands in the row of its report: written, and read again to be counted again."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from collector.report.model import FailureDetail, Policy, PolicyResult
from collector.report.normalise.build import policy_of


def kept_result(result: PolicyResult) -> dict[str, object]:
    """The comment of `report.policy_results` says what is what."""
    policy = result.policy
    return {
        "policy_type": policy.policy_type,
        "policy_domain": policy.policy_domain,
        "mode": policy.mode,
        "policy_string": policy.policy_string,
        "mx_host": policy.mx_host,
        "successful": result.total_successful_session_count,
        "failed": result.total_failure_session_count,
        "failure_details": [
            (
                detail.result_type,
                detail.sending_mta_ip,
                detail.receiving_mx_hostname,
                detail.receiving_mx_helo,
                detail.receiving_ip,
                detail.failed_session_count,
                detail.additional_information,
                detail.failure_reason_code,
            )
            for detail in result.failure_details
        ],
    }


def read_result(entry: Mapping[str, Any]) -> PolicyResult:
    """And back."""
    policy = _policy(
        entry["policy_type"], entry["policy_domain"], tuple(entry["policy_string"]), tuple(entry["mx_host"])
    )
    details = tuple(
        FailureDetail(kind, failed, sender, mx, helo, receiver, more, reason)
        for kind, sender, mx, helo, receiver, failed, more, reason in entry["failure_details"]
    )
    return PolicyResult(policy, entry["successful"], entry["failed"], details)


@lru_cache(maxsize=1024)  # the same policies stand in report after report
def _policy(policy_type: str, policy_domain: str | None, lines: tuple[str, ...], mx_host: tuple[str, ...]) -> Policy:
    return policy_of(policy_type, policy_domain, lines, mx_host)


def read_back(result: PolicyResult) -> PolicyResult:
    """As it would come back from the row: what is left out there is left out here."""
    return read_result(kept_result(result))
