"""A check as text for a terminal: a line for each part, then each problem with what to publish instead. Pure."""

import textwrap
from collections.abc import Iterator
from datetime import datetime, timedelta

import click

from collector import domains, log
from collector.monitor.checked import Check, MxCheck, StsCheck
from collector.monitor.model import Problem

_WIDTHS = (40, 110)  # least and most columns of running text
_COLOURS = {"ok": "green", "warning": "yellow", "error": "red"}
_DAY = 86_400


def text(check: Check, columns: int) -> str:
    """All of it, with colours. `columns` is how wide the terminal is; records are never broken."""
    width = min(max(columns, _WIDTHS[0]), _WIDTHS[1])
    parts = [("TLSRPT", check.tlsrpt.problems), ("MTA-STS", check.mta_sts.problems)]
    parts += [(host.host, host.problems) for host in check.mx]
    lines = [_headline(check), "", *_table(check)]
    for name, problems in parts:
        for problem in sorted(problems, key=lambda each: each.severity):
            lines += ["", *_problem(name, problem, width)]
    return "\n".join(lines)


def _headline(check: Check) -> str:
    shown = domains.display(check.domain)
    name = check.domain if shown == check.domain else f"{check.domain} ({log.escape(shown)})"
    errors = sum(problem.severity == "error" for problem in check.problems)
    warnings = len(check.problems) - errors
    counted = [
        f"{number} {word}{'s' if number != 1 else ''}"
        for number, word in ((errors, "error"), (warnings, "warning"))
        if number
    ]
    state = _state(check.problems)
    return f"{click.style(name, bold=True)}: {click.style(', '.join(counted) or 'all is well', fg=_COLOURS[state])}"


def _table(check: Check) -> Iterator[str]:
    rows: list[tuple[str, tuple[Problem, ...] | None, str]] = [
        ("TLSRPT", check.tlsrpt.problems, check.tlsrpt.record or "no valid record"),
        ("MTA-STS", check.mta_sts.problems, check.mta_sts.record or "no valid record"),
        ("policy", None, _policy(check.mta_sts)),
    ]
    rows += [(f"MX {host.host}", host.problems, _host(host, check.at)) for host in check.mx]
    if not check.mx:
        rows += [("MX", None, "none found")]
    width = max(len(name) for name, _, _ in rows)
    for name, problems, words in rows:
        state = "" if problems is None else _state(problems)
        mark = click.style(f"{state:7}", fg=_COLOURS.get(state))
        yield f"{name:{width}}  {mark}  {log.escape(words)}".rstrip()


def _policy(found: StsCheck) -> str:
    policy = found.policy
    if policy is None:
        return f"none ({found.error})"
    hosts = ", ".join(policy.mx) or "no mx"
    return f"mode {policy.mode}, max_age {policy.max_age} ({_span(policy.max_age)}), {hosts}"


def _host(found: MxCheck, now: datetime) -> str:
    said = []
    if found.matches_policy is not None:
        said.append("in the policy" if found.matches_policy else "not in the policy")
    if found.starttls is not None:
        said.append("STARTTLS" if found.starttls else "no STARTTLS")
    if found.certificate is not None:
        days = (found.certificate.not_after - now) // timedelta(days=1)
        trust = "trusted" if found.certificate.trusted else "not trusted"
        said.append(f"certificate {trust}, {days} days left" if days >= 0 else f"certificate {trust}, expired")
    if found.tlsa:
        said.append(f"{len(found.tlsa)} TLSA")
    if found.dnssec is not None:
        said.append("DNSSEC" if found.dnssec else "no DNSSEC")
    return ", ".join(said) or "not reached"


def _problem(name: str, problem: Problem, width: int) -> Iterator[str]:
    mark = click.style(problem.severity, fg=_COLOURS[problem.severity])
    yield f"{mark} {log.escape(name)}: {problem.code}"
    yield from textwrap.wrap(log.escape(problem.text), width, initial_indent="  ", subsequent_indent="  ")
    if problem.fix:
        yield f"  -> {log.escape(problem.fix)}"


def _state(problems: tuple[Problem, ...]) -> str:
    return min((problem.severity for problem in problems), default="ok")


def _span(seconds: int) -> str:
    return _counted(seconds // _DAY, "day")[0] if seconds >= _DAY else "less than a day"


def _counted(number: int, word: str) -> list[str]:
    """`2 errors`; nothing for 0."""
    return [f"{number} {word}{'s' if number != 1 else ''}"] if number else []
