"""The reports of the made-up world as JSON documents and mails, in the shapes that real senders give them."""

import gzip
import random
from base64 import encodebytes
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import orjson

from collector.demo.story import Domain, PolicySpan, Reporter, Trouble

_BOUNDARY = "part-of-a-made-report"


def span_of(domain: Domain, back: int) -> PolicySpan | None:
    """The policy that senders hold on a day: a failed fetch leaves them the one before."""
    held = [span for span in domain.policies if span.since >= back and span.error is None]
    return held[-1] if held else None


def document(domain: Domain, reporter: Reporter, day: date, back: int, chance: random.Random) -> dict[str, Any] | None:
    """One reporter's report about one day; None if it had no mail for the domain."""
    weekday = 0.35 if day.weekday() >= 5 else 1.0
    sessions = round(domain.sessions * reporter.share * weekday * chance.uniform(0.8, 1.2))
    if sessions == 0:
        return None
    details = list(_details(domain, reporter, back, sessions, chance))
    failed = sum(detail["failed-session-count"] for detail in details)
    summary = {"total-successful-session-count": sessions - failed, "total-failure-session-count": failed}
    policies = [{"policy": _policy(domain, back), "summary": summary, "failure-details": details}]
    if reporter.tlsa_too:
        tlsa = {"policy-type": "tlsa", "policy-domain": domain.name, "policy-string": ["3 1 1 " + "0a" * 32]}
        policies.append({"policy": tlsa, "summary": summary, "failure-details": details})
    return {
        "organization-name": reporter.organization,
        "date-range": {"start-datetime": f"{day}T00:00:00Z", "end-datetime": f"{day}T23:59:59Z"},
        "contact-info": f"tls-reports@{reporter.domain}",
        "report-id": f"{day}T00:00:00Z_{domain.name}",
        "policies": policies,
    }


def policy_lines(span: PolicySpan) -> list[str]:
    """The lines of the policy file."""
    return ["version: STSv1", f"mode: {span.mode}", *(f"mx: {host}" for host in span.mx), f"max_age: {span.max_age}"]


def _policy(domain: Domain, back: int) -> dict[str, Any]:
    span = span_of(domain, back)
    if span is None:
        return {"policy-type": "no-policy-found", "policy-domain": domain.name}
    return {
        "policy-type": "sts",
        "policy-domain": domain.name,
        "policy-string": policy_lines(span),
        "mx-host": list(span.mx),
    }


def _details(
    domain: Domain, reporter: Reporter, back: int, sessions: int, chance: random.Random
) -> Iterable[dict[str, Any]]:
    for trouble in domain.troubles:
        if trouble.first >= back >= trouble.last and (not trouble.reporters or reporter.domain in trouble.reporters):
            failed = round(sessions * trouble.share * chance.uniform(0.7, 1.3))
            if failed:
                yield _detail(domain, trouble, failed, chance)


def _detail(domain: Domain, trouble: Trouble, failed: int, chance: random.Random) -> dict[str, Any]:
    detail: dict[str, Any] = {
        "result-type": trouble.result_type,
        "sending-mta-ip": f"192.0.2.{chance.randint(10, 13)}",
        "failed-session-count": failed,
    }
    if trouble.mx is not None:
        number = domain.mx.index(trouble.mx) + 1
        detail |= {"receiving-mx-hostname": trouble.mx, "receiving-ip": f"203.0.113.{number}"}
    if trouble.reason is not None:
        detail["failure-reason-code"] = trouble.reason
    return detail


def mail(content: dict[str, Any], domain: Domain, reporter: Reporter, day: date) -> bytes:
    """The mail that carries a document, as RFC 8460 section 5.3 wants it."""
    begin = int(datetime.combine(day, time(), UTC).timestamp())
    subject = f"Report Domain: {domain.name} Submitter: {reporter.domain} Report-ID: <{begin}@{reporter.domain}>"
    name = f"{reporter.domain}!{domain.name}!{begin}!{begin + 86399}!001.json.gz"
    packed = encodebytes(gzip.compress(orjson.dumps(content), compresslevel=1, mtime=0)).replace(b"\n", b"\r\n")
    headers = (
        ("From", f"tls-reports@{reporter.domain}"),
        ("To", f"tlsrpt@{domain.name}"),
        ("Date", (datetime.combine(day, time(4), UTC) + timedelta(days=1)).strftime("%a, %d %b %Y %H:%M:%S +0000")),
        ("Message-ID", f"<{begin}.{domain.name}@{reporter.domain}>"),
        ("Subject", subject),
        ("TLS-Report-Domain", domain.name),
        ("TLS-Report-Submitter", reporter.domain),
        ("MIME-Version", "1.0"),
        ("Content-Type", f'multipart/report; report-type="tlsrpt"; boundary="{_BOUNDARY}"'),
    )
    text = b"Content-Type: text/plain; charset=us-ascii\r\n\r\nThis is an aggregate TLS report.\r\n"
    attached = (
        "Content-Type: application/tlsrpt+gzip\r\n"
        f'Content-Disposition: attachment; filename="{name}"\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\n"
    ).encode() + packed
    return _join(headers, [text, attached])


def _join(headers: Sequence[tuple[str, str]], parts: Iterable[bytes]) -> bytes:
    head = "".join(f"{name}: {value}\r\n" for name, value in headers).encode()
    delimiter = f"--{_BOUNDARY}".encode()
    return head + b"\r\n" + b"".join(delimiter + b"\r\n" + part + b"\r\n" for part in parts) + delimiter + b"--\r\n"
