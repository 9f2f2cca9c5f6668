"""One report of the made-up world: the mail that carried it, and what the product's reader makes of that.

Reading four million mails would take longer than all the rest, so the `Report` is put together beside its document;
tests/bench holds that the product's own `ingest()` makes the same of the mail.
"""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

import orjson

from collector.delivery import Delivery, Envelope, Found, Hints
from collector.ids import new_id
from collector.report.digest import digest
from collector.report.model import FailureDetail, Policy, PolicyResult, Report
from collector.report.normalise.build import policy_of

_DAY = timedelta(hours=23, minutes=59, seconds=59)
_SENDERS = 4  # addresses that a reporter sends from


@dataclass(frozen=True, slots=True)
class Reporter:
    domain: str
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


@lru_cache(maxsize=1000)
def _envelope(reporter: str) -> Envelope:
    return Envelope("smtp", "192.0.2.25", f"out.{reporter}", f"tls@{reporter}", ("tlsrpt@example.net",), "TLSv1.3")


def deliver(
    domain: str,
    mx: tuple[str, ...],
    reporter: Reporter,
    day: date,
    number: int,
    at: datetime,
    bursts: Iterable[Burst],
    chance: random.Random,
) -> Delivery:
    """The delivery of one reporter's report `number` about one day, authenticated, that arrives at `at`."""
    sessions = chance.randint(20, 400)
    details = [_detail(burst, sessions, chance) for burst in bursts for _ in range(chance.randint(1, _SENDERS))]
    entries, results = [], []
    for policy_type in ("sts", "tlsa", "no-policy-found")[: reporter.results]:
        policy, read = _policy(policy_type, domain, mx)
        told = [] if policy_type == "no-policy-found" else details
        failed = sum(detail["failed-session-count"] for detail in told)
        entry = {
            "policy": policy,
            "summary": {"total-successful-session-count": sessions, "total-failure-session-count": failed},
        }
        if told:
            entry["failure-details"] = told
        entries.append(entry)
        read_details = tuple(_read(detail) for detail in told)
        results.append(PolicyResult(read, sessions, failed, read_details, digest(entry, has_float=False)))
    return _delivery(domain, reporter.domain, day, number, at, entries, tuple(results))


def _delivery(
    domain: str,
    reporter: str,
    day: date,
    number: int,
    at: datetime,
    entries: list[dict[str, Any]],
    results: tuple[PolicyResult, ...],
) -> Delivery:
    start = datetime.combine(day, time(), UTC)
    report_id, organization, contact = f"{day}_{domain}_{number}", reporter.partition(".")[0], f"tls@{reporter}"
    document = {
        "organization-name": organization,
        "date-range": {"start-datetime": f"{day}T00:00:00Z", "end-datetime": f"{day}T23:59:59Z"},
        "contact-info": contact,
        "report-id": report_id,
    }
    content = digest(document, has_float=False)
    report = Report(report_id, start, start + _DAY, results, organization, contact, (), content)
    found = Found(report, reporter, Hints(report_domain=domain, submitter=reporter))
    head = (
        f"From: {contact}\r\nTo: tlsrpt@example.net\r\nTLS-Report-Domain: {domain}\r\n"
        f"TLS-Report-Submitter: {reporter}\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type="tlsrpt"; boundary="="\r\n\r\n'
        "--=\r\nContent-Type: application/tlsrpt+json\r\n\r\n"
    )
    raw = head.encode() + orjson.dumps(document | {"policies": entries}) + b"\r\n--=--\r\n"
    return Delivery(new_id(int(at.timestamp() * 1000)), at, _envelope(reporter), raw, (found,), authenticated=True)


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


def _read(detail: dict[str, Any]) -> FailureDetail:
    return FailureDetail(
        detail["result-type"],
        detail["failed-session-count"],
        detail["sending-mta-ip"],
        detail["receiving-mx-hostname"],
        receiving_ip=detail["receiving-ip"],
        failure_reason_code=detail.get("failure-reason-code"),
    )
