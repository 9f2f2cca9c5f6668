"""One report of the made-up world: the mail that carries it, and what the product's reader makes of that.

Reading six million mails would take longer than all the rest. Here what a reporter says of a domain on an ordinary day
is worked out once, a `Form`, and a `Mail` adds the day; tests/bench holds that the product's own `ingest()` and
`commit()` come to the same rows.
"""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from collector.counting.assign import Part
from collector.counting.sessions import MxFigures, PartFigures, PolicyFigures, TypeFigures, count
from collector.delivery import Envelope
from collector.report.digest import digest
from collector.report.model import FailureDetail, Policy, PolicyResult, Report
from collector.report.normalise.build import policy_of
from collector.store.results import kept_result
from collector.store.types import to_json

_DAY = timedelta(hours=23, minutes=59, seconds=59)
_SENDERS = 4  # addresses that a reporter sends from
_END = b"}\r\n--=--\r\n"


class Reporter(NamedTuple):
    organization: str
    domain: str
    contact: str
    results: int  # 1: sts. 2: the same sessions under tlsa too (Q20). 3: and some that found no policy


@dataclass(frozen=True, slots=True)
class Burst:
    """From day `first` until before day `last` a share of the sessions with one MX fail."""

    first: int
    last: int
    result_type: str
    mx: str
    reason: str | None
    share: float


@dataclass(slots=True)
class Form:
    """What a report says whatever its day.

    `policies` is its JSON as the mail has it, `kept` its results as `report.policy_results` has them.
    """

    part: Part
    reporter: Reporter
    results: tuple[PolicyResult, ...]
    policies: bytes
    kept: str
    counted: PartFigures

    def figures(self) -> PartFigures:
        """Fresh ones: who adds them up takes them over, and to copy them is cheaper than to count again."""
        of = self.counted
        return PartFigures(
            of.successful,
            of.failed,
            {key: TypeFigures(each.results, each.successful, each.failed) for key, each in of.types.items()},
            {key: MxFigures(each.failed, each.successful, each.attributable) for key, each in of.mx.items()},
            of.causes,
            {key: PolicyFigures(each.results, each.sessions) for key, each in of.policies.items()},
        )


class Mail(NamedTuple):
    """A form's report `number` about one day; the mail arrives at `at`."""

    form: Form
    day: date
    number: int
    at: datetime

    def read(self) -> tuple[bytes, Report]:
        """The mail, and what is read from it."""
        part, of = self.form.part, self.form.reporter
        day, start = _day(self.day)
        report_id = f"{day}_{part.domain}_{self.number}"
        document = {
            "organization-name": of.organization,
            "date-range": {"start-datetime": f"{day}T00:00:00Z", "end-datetime": f"{day}T23:59:59Z"},
            "contact-info": of.contact,
            "report-id": report_id,
        }
        head = orjson.dumps(document)[:-1]
        raw = b"".join((_fields(part.domain, of), head, b',"policies":', self.form.policies, _END))
        content = digest(document, has_float=False)
        results = self.form.results
        return raw, Report(report_id, start, start + _DAY, results, of.organization, of.contact, (), content)


def form_of(
    domain: str, mx: tuple[str, ...], reporter: Reporter, sessions: int, bursts: Iterable[Burst], chance: random.Random
) -> Form:
    """What `reporter` says of `sessions` sessions while `bursts` last."""
    failing = [_detail(burst, sessions, chance) for burst in bursts for _ in range(chance.randint(1, _SENDERS))]
    entries, results = [], []
    for policy_type in ("sts", "tlsa", "no-policy-found")[: reporter.results]:
        policy, read = _policy(policy_type, domain, mx)
        details = [] if policy_type == "no-policy-found" else failing
        failed = sum(detail["failed-session-count"] for detail in details)
        entry = {
            "policy": policy,
            "summary": {"total-successful-session-count": sessions, "total-failure-session-count": failed},
        }
        if details:
            entry["failure-details"] = details
        entries.append(entry)
        results.append(PolicyResult(read, sessions, failed, tuple(_read(details)), digest(entry, has_float=False)))
    part = Part(domain, True, tuple(range(len(results))), domain)
    kept = to_json([kept_result(result) for result in results])
    return Form(part, reporter, tuple(results), orjson.dumps(entries), kept, count(domain, results))


@lru_cache(maxsize=1000)
def envelope_of(reporter: Reporter) -> Envelope:
    host = f"out.{reporter.domain}"
    return Envelope("smtp", "192.0.2.25", host, reporter.contact, ("tlsrpt@example.net",), "TLSv1.3")


@lru_cache(maxsize=20_000)
def _policy(policy_type: str, domain: str, mx: tuple[str, ...]) -> tuple[dict[str, Any], Policy]:
    """As the document has it, and as it is read."""
    lines: tuple[str, ...] = ()
    if policy_type == "sts":
        lines = ("version: STSv1", "mode: enforce", *(f"mx: {host}" for host in mx), "max_age: 604800")
    elif policy_type == "tlsa":
        lines = ("3 1 1 " + "0a" * 32,)
    document: dict[str, Any] = {"policy-type": policy_type, "policy-domain": domain}
    if lines:
        document["policy-string"] = lines
    patterns = mx if policy_type == "sts" else ()
    if patterns:
        document["mx-host"] = patterns
    return document, policy_of(policy_type, domain, lines, patterns)


def _detail(burst: Burst, sessions: int, chance: random.Random) -> dict[str, Any]:
    detail: dict[str, Any] = {
        "result-type": burst.result_type,
        "sending-mta-ip": f"192.0.2.{chance.randint(1, _SENDERS)}",
        "receiving-mx-hostname": burst.mx,
        "receiving-ip": "203.0.113.1",
        "failed-session-count": max(1, int(sessions * burst.share / _SENDERS)),
    }
    if burst.reason is not None:
        detail["failure-reason-code"] = burst.reason
    return detail


def _read(details: Iterable[dict[str, Any]]) -> Iterator[FailureDetail]:
    for detail in details:
        yield FailureDetail(
            detail["result-type"],
            detail["failed-session-count"],
            detail["sending-mta-ip"],
            detail["receiving-mx-hostname"],
            receiving_ip=detail["receiving-ip"],
            failure_reason_code=detail.get("failure-reason-code"),
        )


@lru_cache(maxsize=20_000)
def _fields(domain: str, reporter: Reporter) -> bytes:
    """The mail up to the document."""
    return (
        f"From: {reporter.contact}\r\nTo: tlsrpt@example.net\r\nTLS-Report-Domain: {domain}\r\n"
        f"TLS-Report-Submitter: {reporter.domain}\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type="tlsrpt"; boundary="="\r\n\r\n'
        "--=\r\nContent-Type: application/tlsrpt+json\r\n\r\n"
    ).encode()


@lru_cache(maxsize=4)
def _day(day: date) -> tuple[str, datetime]:
    return day.isoformat(), datetime.combine(day, time(), UTC)
