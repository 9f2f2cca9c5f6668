"""From the results about one domain to its figures (rules 4 to 7)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from collector import domains
from collector.report.model import UNSPECIFIED, PolicyResult

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

    def add(self, more: "MxFigures") -> None:
        self.failed += more.failed
        self.successful += more.successful
        self.attributable += more.attributable


class Cause(NamedTuple):
    """What failures have in common; "" where the report does not say. A tuple: each report makes and hashes several.

    `mode` is that of the policy result they stand in (rule 7).
    """

    result_type: str
    mx: str = NO_MX
    sending_mta_ip: str = ""
    receiving_ip: str = ""
    reason: str = ""
    mode: str = "unknown"


@dataclass(slots=True)
class TypeFigures:
    results: int = 0
    successful: int = 0
    failed: int = 0

    def add(self, more: "TypeFigures") -> None:
        self.results += more.results
        self.successful += more.successful
        self.failed += more.failed


@dataclass(slots=True)
class PolicyFigures:
    results: int = 0
    sessions: int = 0

    def add(self, more: "PolicyFigures") -> None:
        self.results += more.results
        self.sessions += more.sessions


@dataclass(slots=True)
class PartFigures:
    """The figures of one report about one domain.

    `types` by (policy type, mode), exact; `causes` exact; `policies` the sts policies applied, by (mode, mx patterns).
    """

    successful: int = 0
    failed: int = 0
    types: dict[tuple[str, str], TypeFigures] = field(default_factory=dict)
    mx: dict[str, MxFigures] = field(default_factory=dict)
    causes: dict[Cause, int] = field(default_factory=dict)
    policies: dict[tuple[str, tuple[str, ...]], PolicyFigures] = field(default_factory=dict)


@dataclass(slots=True)
class _Group:
    """Results of which no two tell the same sessions (rule 4)."""

    successful: int = 0
    failed: int = 0
    mx: dict[str, MxFigures] = field(default_factory=dict)

    def of(self, mx: str) -> MxFigures:
        figures = self.mx.get(mx)
        if figures is None:
            figures = self.mx[mx] = MxFigures()
        return figures


def count(domain: str, results: Sequence[PolicyResult]) -> PartFigures:
    """The figures of `results`, all of them about `domain`.

    Reporters may tell the same sessions twice, once per policy and once per MX host (Q20, Q109): group B are the
    tlsa results and those whose policy domain is a host, group A the others, and the larger group counts.
    """
    figures = PartFigures()
    groups = (_Group(), _Group())
    for result in results:
        group = groups[_is_group_b(domain, result)]
        group.successful += result.total_successful_session_count
        group.failed += result.total_failure_session_count
        _count_type(figures, result)
        _count_policy(figures, result)
        _count_failures(figures.causes, group, result)
        _count_attributed(domain, group, result)
    figures.failed = max(group.failed for group in groups)
    figures.successful = max(group.failed + group.successful for group in groups) - figures.failed
    figures.mx = _larger(*groups)
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


def _count_type(figures: PartFigures, result: PolicyResult) -> None:
    key = (_key(result.policy.policy_type), result.policy.mode)
    figure = figures.types.get(key)
    if figure is None:
        figure = figures.types[key] = TypeFigures()
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


def _count_failures(causes: dict[Cause, int], group: _Group, result: PolicyResult) -> None:
    """The failure details, and what the summary counts beyond them: a shortfall (rule 5)."""
    mode = result.policy.mode
    told = 0
    for detail in result.failure_details:
        failed = detail.failed_session_count or 0
        told += failed
        mx = _mx(detail.receiving_mx_hostname)
        cause = Cause(
            _key(detail.result_type),
            mx,
            detail.sending_mta_ip or "",
            detail.receiving_ip or "",
            detail.failure_reason_code or "",
            mode,
        )
        causes[cause] = causes.get(cause, 0) + failed
        group.of(mx).failed += failed
    shortfall = result.total_failure_session_count - told
    if shortfall > 0:
        cause = Cause(UNSPECIFIED, mode=mode)
        causes[cause] = causes.get(cause, 0) + shortfall
        group.of(NO_MX).failed += shortfall


def _count_attributed(domain: str, group: _Group, result: PolicyResult) -> None:
    mx = attributed_mx(domain, result)
    if mx is not None:
        figure = group.of(mx)
        figure.successful += result.total_successful_session_count
        figure.attributable += 1


def _larger(one: _Group, other: _Group) -> dict[str, MxFigures]:
    """Per MX the larger of the two groups' figures (rule 4)."""
    merged = one.mx
    for mx, figure in other.mx.items():
        same = merged.get(mx)
        if same is None:
            merged[mx] = figure
        else:
            same.failed = max(same.failed, figure.failed)
            same.successful = max(same.successful, figure.successful)
            same.attributable += figure.attributable
    return merged


def _mx(name: str | None) -> str:
    """The MX of a failure detail in normal form, or as sent where it is no name; NO_MX if there is none."""
    return NO_MX if name is None else domains.normalise(name) or _key(name)


def _key(text: str) -> str:
    return text[:KEY_CHARACTERS]
