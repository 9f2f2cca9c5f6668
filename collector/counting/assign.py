"""Whose result is it? (rule 9). A report is split by domain; what is left is foreign."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from collector import domains
from collector.counting.known import KnownDomains
from collector.delivery import Hints
from collector.report.model import Finding, PolicyResult, Report


@dataclass(frozen=True, slots=True)
class Part:
    """A report as far as it is about one domain.

    `domain`: a known domain, or a foreign policy domain ("" if even that is not told).
    `positions` index `Report.policies`; empty for a report without policies (Q22).
    `policy_domain` is what identifies it among the reporter's reports with the same id: the domain itself, or, if
    the part is only about MX hosts of it (R27), these.
    """

    domain: str
    known: bool
    positions: tuple[int, ...]
    policy_domain: str
    findings: tuple[Finding, ...] = ()
    is_plain: bool = False  # the whole report is about this known domain and names nothing else


def split(report: Report, hints: Hints, known: KnownDomains, at: datetime) -> tuple[Part, ...]:
    """The parts of a report that arrived at this time, in the order their domains first occur. Never empty.

    A function of what is known, whatever came first: who adds a domain later gets the parts of one who knew it before.
    """
    names = {result.policy.policy_domain for result in report.policies}
    if len(names) == 1 and (name := next(iter(names))) is not None and name in known:
        # Nearly every report.
        return (Part(name, True, tuple(range(len(report.policies))), name, is_plain=True),)
    owners = [_by_name(result, known, at) for result in report.policies]
    elsewhere = {owner for owner in owners if owner is not None}
    one_known = next(iter(elsewhere)) if len(elsewhere) == 1 else None
    findings: dict[str, list[Finding]] = {}
    positions: dict[str, list[int]] = {}
    for position, result in enumerate(report.policies):
        owner = owners[position] or _by_circumstance(result, hints, known, one_known)
        if owner is None and result.policy.policy_domain is None:
            owner, source = _inferred(report, hints)
            message = f"policies[{position}]: no policy-domain; taken from {source}"
            findings.setdefault(owner, []).append(Finding("Q15", message))
        positions.setdefault(owner or result.policy.policy_domain or "", []).append(position)
    if not report.policies:
        positions[_inferred(report, hints)[0]] = []
    return tuple(
        Part(
            domain=name,
            known=name in known,
            positions=tuple(indices),
            policy_domain=_policy_domain(name, [report.policies[index] for index in indices]),
            findings=tuple(findings.get(name, ())),
        )
        for name, indices in positions.items()
    )


def names(report: Report, hints: Hints, parts: Iterable[Part], known: KnownDomains) -> frozenset[str]:
    """What is not known and would change the parts once it is: as a domain, as the MX of one, or as a name under one.

    Results whose policy domain is known need nothing more; of most reports that is all.
    """
    found = {part.domain for part in parts if not part.known}
    for result in report.policies:
        name = result.policy.policy_domain
        if name is not None and name not in known:
            found.add(name)
            if result.policy.policy_type == "tlsa" and hints.report_domain is not None:
                found.add(hints.report_domain)
    return frozenset(name for name in found if name and name not in known)


def _by_name(result: PolicyResult, known: KnownDomains, at: datetime) -> str | None:
    """The policy domain if it is known, else the one known domain that had this name as MX."""
    name = result.policy.policy_domain
    if name is None:
        return None
    return name if name in known else known.owner_of_host(name, at)


def _by_circumstance(result: PolicyResult, hints: Hints, known: KnownDomains, one_known: str | None) -> str | None:
    """For a tlsa result only: there the policy domain is a host (R27), and the report around it says whose."""
    host = result.policy.policy_domain
    if host is None or result.policy.policy_type != "tlsa":
        return None
    if hints.report_domain is not None and hints.report_domain in known:
        return hints.report_domain
    return one_known or known.above(host)


def _inferred(report: Report, hints: Hints) -> tuple[str, str]:
    """(domain, where it was read) for a result without a policy domain (Q15); ("", "nowhere") if nothing tells."""
    named = {result.policy.policy_domain for result in report.policies if result.policy.policy_domain is not None}
    candidates = (
        (hints.report_domain, "TLS-Report-Domain"),
        (hints.subject_domain, "the Subject"),
        (hints.file_name_domain, "the file name"),
        (next(iter(named)) if len(named) == 1 else None, "the rest of the report"),
        (next(_domains_in_id(report.report_id), None), "the report-id"),
    )
    return next(((name, source) for name, source in candidates if name), ("", "nowhere"))


def _domains_in_id(report_id: str) -> Iterator[str]:
    """Ids end in the policy domain with several senders: `..._example.com`, `...+example.com` (Q37).

    Without a separator nothing tells where a domain would begin: `2024-01-01-2024-01-02-example.com` is a name too.
    """
    first, *pieces = re.split(r"[_+@!\s<>]", report_id)
    if pieces:
        pieces.insert(0, first)
    for piece in reversed(pieces):
        name = domains.normalise(piece) if "." in piece else None
        if name is not None:
            yield name


def _policy_domain(domain: str, results: list[PolicyResult]) -> str:
    names = {result.policy.policy_domain or domain for result in results}
    return domain if domain in names or not names else " ".join(sorted(names))
