"""From the results about one domain to its figures (rules 4 to 7)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from collector import domains
from collector.report.model import UNSPECIFIED, FailureDetail, PolicyResult

# Failures without an MX stand under this key.
NO_MX = ""
# What identifies a row of figures is cut here, so that hostile text cannot grow an index. Details keep theirs whole.
KEY_CHARACTERS = 255


@dataclass(slots=True)
class MxFigures:
    """`successful` counts attributed sessions only; `attributable` the policy results they come from (rule 6)."""

    failed: int = 0
    successful: int = 0
    attributable: int = 0


@dataclass(frozen=True, slots=True)
class Cause:
    """What failures have in common; `mode` is that of the policy result they stand in (rule 7)."""

    result_type: str
    mx: str | None
    sending_mta_ip: str | None
    receiving_ip: str | None
    reason: str | None
    mode: str


@dataclass(slots=True)
class TypeFigures:
    results: int = 0
    successful: int = 0
    failed: int = 0


@dataclass(slots=True)
class PolicyFigures:
    results: int = 0
    sessions: int = 0


@dataclass(slots=True)
class PartFigures:
    """The figures of one report about one domain.

    `types` by (policy type, mode), exact; `causes` exact; `policies` the sts policies applied, by (mode, mx patterns).
    """

    successful: int
    failed: int
    types: dict[tuple[str, str], TypeFigures] = field(default_factory=dict)
    mx: dict[str, MxFigures] = field(default_factory=dict)
    causes: dict[Cause, int] = field(default_factory=dict)
    policies: dict[tuple[str, tuple[str, ...]], PolicyFigures] = field(default_factory=dict)


def count(domain: str, results: Sequence[PolicyResult]) -> PartFigures:
    """The figures of `results`, all of them about `domain`.

    Reporters may tell the same sessions twice, once per policy and once per MX host (Q20, Q109): group B are the
    tlsa results and those whose policy domain is a host, group A the others, and the larger group counts.
    """
    groups: tuple[list[PolicyResult], list[PolicyResult]] = ([], [])
    for result in results:
        groups[_is_group_b(domain, result)].append(result)
    failed = max(_failed(group) for group in groups)
    sessions = max(_failed(group) + _successful(group) for group in groups)
    figures = PartFigures(successful=sessions - failed, failed=failed)
    for result in results:
        _count_type(figures, result)
        _count_policy(figures, result)
        _count_causes(figures, result)
    _merge_mx(figures, [_group_mx(domain, group) for group in groups])
    return figures


def attributed_mx(domain: str, result: PolicyResult) -> str | None:
    """The MX that every success of this result must have gone to, None if it may mean another (rule 6)."""
    policy = result.policy
    if policy.policy_type == "tlsa":
        # R27: the policy domain of a tlsa result is the host; with Microsoft it is the recipient domain (Q18).
        return policy.policy_domain if policy.policy_domain not in (None, domain) else None
    if policy.policy_type == "sts" and len(policy.mx) == 1 and not policy.mx[0].startswith("*"):
        return policy.mx[0]
    return None


def _is_group_b(domain: str, result: PolicyResult) -> bool:
    policy = result.policy
    return policy.policy_type == "tlsa" or policy.policy_domain not in (None, domain)


def _failed(results: Iterable[PolicyResult]) -> int:
    return sum(result.total_failure_session_count for result in results)


def _successful(results: Iterable[PolicyResult]) -> int:
    return sum(result.total_successful_session_count for result in results)


def _count_type(figures: PartFigures, result: PolicyResult) -> None:
    key = (_key(result.policy.policy_type), result.policy.mode)
    figure = figures.types.setdefault(key, TypeFigures())
    figure.results += 1
    figure.successful += result.total_successful_session_count
    figure.failed += result.total_failure_session_count


def _count_policy(figures: PartFigures, result: PolicyResult) -> None:
    policy = result.policy
    if policy.policy_type != "sts" or not (policy.mx or policy.mode != "unknown"):
        return  # a result without a policy-string tells nothing about the policy (Q7)
    figure = figures.policies.setdefault((policy.mode, policy.mx), PolicyFigures())
    figure.results += 1
    figure.sessions += result.total_successful_session_count + result.total_failure_session_count


def _count_causes(figures: PartFigures, result: PolicyResult) -> None:
    for detail in result.failure_details:
        cause = Cause(
            result_type=_key(detail.result_type),
            mx=_mx_of(detail) or None,
            sending_mta_ip=detail.sending_mta_ip,
            receiving_ip=detail.receiving_ip,
            reason=detail.failure_reason_code,
            mode=result.policy.mode,
        )
        figures.causes[cause] = figures.causes.get(cause, 0) + (detail.failed_session_count or 0)
    shortfall = _shortfall(result)
    if shortfall:
        cause = Cause(UNSPECIFIED, None, None, None, None, result.policy.mode)
        figures.causes[cause] = figures.causes.get(cause, 0) + shortfall


def _shortfall(result: PolicyResult) -> int:
    """Failures of the summary that no detail explains (rule 5)."""
    told = sum(detail.failed_session_count or 0 for detail in result.failure_details)
    return max(0, result.total_failure_session_count - told)


def _group_mx(domain: str, group: Iterable[PolicyResult]) -> dict[str, MxFigures]:
    """One group's figures by MX."""
    by_mx: dict[str, MxFigures] = {}
    for result in group:
        for detail in result.failure_details:
            by_mx.setdefault(_mx_of(detail), MxFigures()).failed += detail.failed_session_count or 0
        shortfall = _shortfall(result)
        if shortfall:
            by_mx.setdefault(NO_MX, MxFigures()).failed += shortfall
        mx = attributed_mx(domain, result)
        if mx is not None:
            figure = by_mx.setdefault(mx, MxFigures())
            figure.successful += result.total_successful_session_count
            figure.attributable += 1
    return by_mx


def _merge_mx(figures: PartFigures, groups: Iterable[dict[str, MxFigures]]) -> None:
    """Per MX the larger of the two groups' figures (rule 4)."""
    for group in groups:
        for mx, figure in group.items():
            merged = figures.mx.setdefault(mx, MxFigures())
            merged.failed = max(merged.failed, figure.failed)
            merged.successful = max(merged.successful, figure.successful)
            merged.attributable += figure.attributable


def _mx_of(detail: FailureDetail) -> str:
    """The MX of a failure detail in normal form, or as sent where it is no name; NO_MX if there is none."""
    name = detail.receiving_mx_hostname
    return NO_MX if name is None else domains.normalise(name) or _key(name)


def _key(text: str) -> str:
    return text[:KEY_CHARACTERS]
