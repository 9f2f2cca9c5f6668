"""Short ways to make what the counting rules are about."""

from datetime import UTC, datetime
from uuid import UUID

from collector.counting.known import KnownDomains
from collector.report.model import FailureDetail, Policy, PolicyResult, Report

START = datetime(2026, 11, 20, tzinfo=UTC)
END = datetime(2026, 11, 20, 23, 59, 59, tzinfo=UTC)


def result(
    policy_domain: str | None,
    successful: int = 0,
    failed: int = 0,
    *details: FailureDetail,
    kind: str = "sts",
    mode: str | None = None,
    mx: tuple[str, ...] = (),
) -> PolicyResult:
    modes = {"sts": "enforce", "no-policy-found": "none"}
    policy = Policy(kind, policy_domain, mode=mode or modes.get(kind, "unknown"), mx=mx)
    return PolicyResult(policy, successful, failed, details, content=repr((policy, successful, failed)).encode()[:64])


def detail(result_type: str, failed: int | None, mx: str | None = None) -> FailureDetail:
    return FailureDetail(result_type, failed, receiving_mx_hostname=mx)


def report(*results: PolicyResult, report_id: str = "id-1") -> Report:
    content = report_id.encode()  # stands for the digest of the document, which holds the id
    return Report(report_id, START, END, results, organization_name="Reporter Example", content=content)


def known(*names: str, mx: dict[str, tuple[str, ...]] | None = None) -> KnownDomains:
    """Known domains; `mx` names the hosts of each."""
    hosts: dict[str, tuple[tuple[datetime, str], ...]] = {}
    for domain, its_hosts in (mx or {}).items():
        for host in its_hosts:
            hosts[host] = (*hosts.get(host, ()), (START, domain))
    return KnownDomains(
        ids={name: UUID(int=number) for number, name in enumerate(names, 1)},
        mx=hosts,
    )
