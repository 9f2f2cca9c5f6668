"""Made reports: as dicts, as JSON, packed, and as whole unsigned mails. Names and addresses are for examples only.

policy_result("example.com", successful=5)   one entry of `policies`
detail("certificate-expired", 3)              one entry of `failure-details`
report([policy_result(...)], day="2026-11-20")    a whole document, RFC 8460 to the letter
mail(report(...))                            the mail that carries it, CRLF, unsigned
google(), microsoft(), mail_ru(), stalwart()     documents in the shapes these senders use (QUIRKS B7)
"""

import base64
import gzip
import json
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

Json = dict[str, Any]
DAY = "2026-11-20"
BOUNDARY = "=-part-of-a-made-report"


def policy_string(mode: str = "enforce", mx: Sequence[str] = ("mx1.example.com",), max_age: int = 604800) -> list[str]:
    return ["version: STSv1", f"mode: {mode}", *(f"mx: {host}" for host in mx), f"max_age: {max_age}"]


def detail(result_type: str = "certificate-expired", failed: int = 1, **more: Any) -> Json:
    """One failure detail with everything a session leaves; keywords replace (`receiving_ip=...`), None leaves out."""
    value: Json = {
        "result-type": result_type,
        "sending-mta-ip": "192.0.2.25",
        "receiving-mx-hostname": "mx1.example.com",
        "receiving-ip": "198.51.100.25",
        "failed-session-count": failed,
        **{name.replace("_", "-"): entry for name, entry in more.items()},
    }
    return {name: entry for name, entry in value.items() if entry is not None}


def policy_result(
    domain: str = "example.com",
    *,
    policy_type: str = "sts",
    mode: str = "enforce",
    mx: Sequence[str] = ("mx1.example.com",),
    max_age: int = 604800,
    successful: int = 10,
    failed: int | None = None,
    details: Sequence[Json] = (),
) -> Json:
    """One entry of `policies`; `failed` is the sum of the details unless given."""
    policy: Json = {"policy-type": policy_type, "policy-domain": domain}
    if policy_type == "sts":
        policy |= {"policy-string": policy_string(mode, mx, max_age), "mx-host": list(mx)}
    elif policy_type == "tlsa":
        policy["policy-string"] = ["3 1 1 " + "0" * 63 + "1"]
    if failed is None:
        failed = sum(entry.get("failed-session-count", 0) for entry in details)
    value: Json = {
        "policy": policy,
        "summary": {"total-successful-session-count": successful, "total-failure-session-count": failed},
    }
    return value | ({"failure-details": list(details)} if details else {})


def report(
    policies: Sequence[Json] | None = None,
    *,
    day: str = DAY,
    report_id: str | None = None,
    organization: str = "Reporter Example",
    contact: str = "tls-reports@reporter.example",
) -> Json:
    """A whole document about one UTC day (`YYYY-MM-DD`); by default about ten good sessions of example.com."""
    return {
        "organization-name": organization,
        "date-range": {"start-datetime": f"{day}T00:00:00Z", "end-datetime": f"{day}T23:59:59Z"},
        "contact-info": contact,
        "report-id": report_id if report_id is not None else f"{day}T00:00:00Z_example.com",
        "policies": list(policies) if policies is not None else [policy_result()],
    }


def to_json(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def to_gzip(document: Any) -> bytes:
    """Packed JSON; `bytes` are packed as they are. Equal input gives equal bytes."""
    return gzip.compress(document if isinstance(document, bytes) else to_json(document), mtime=0)


def part(content: bytes, content_type: str = "application/tlsrpt+gzip", file_name: str | None = None) -> bytes:
    """A MIME part in base64, its header included."""
    disposition = f'Content-Disposition: attachment; filename="{file_name}"\r\n' if file_name else ""
    head = f"Content-Type: {content_type}\r\n{disposition}Content-Transfer-Encoding: base64\r\n\r\n"
    return head.encode() + base64.encodebytes(content).replace(b"\n", b"\r\n")


def text_part(text: str = "This is an aggregate TLS report.", content_type: str = "text/plain") -> bytes:
    return f"Content-Type: {content_type}; charset=us-ascii\r\n\r\n{text}\r\n".encode()


def multipart(
    parts: Sequence[bytes],
    headers: Sequence[tuple[str, str]],
    *,
    content_type: str = 'multipart/report; report-type="tlsrpt"',
    boundary: str = BOUNDARY,
) -> bytes:
    """A mail of these parts, with these headers above."""
    head = "".join(f"{name}: {value}\r\n" for name, value in headers)
    head += f'MIME-Version: 1.0\r\nContent-Type: {content_type}; boundary="{boundary}"\r\n\r\n'
    delimiter = f"--{boundary}".encode()
    body = b"".join(delimiter + b"\r\n" + entry + b"\r\n" for entry in parts)
    return head.encode() + body + delimiter + b"--\r\n"


def headers(
    domain: str = "example.com",
    *,
    submitter: str = "reporter.example",
    sender: str | None = None,
    recipient: str | None = None,
    report_id: str = "1234.5678",
) -> list[tuple[str, str]]:
    """The header fields of RFC 8460 section 5.3 and the usual others."""
    return [
        ("From", sender or f"tls-reports@{submitter}"),
        ("To", recipient or f"tlsrpt@{domain}"),
        ("Date", "Sat, 21 Nov 2026 04:00:00 +0000"),
        ("Message-ID", f"<{report_id}@{submitter}>"),
        ("Subject", f"Report Domain: {domain} Submitter: {submitter} Report-ID: <{report_id}@{submitter}>"),
        ("TLS-Report-Domain", domain),
        ("TLS-Report-Submitter", submitter),
    ]


def mail(document: Any, domain: str = "example.com", **more: Any) -> bytes:
    """The unsigned mail that carries a document (dict, or `bytes` as they are). Keywords are those of `headers`."""
    submitter = more.get("submitter", "reporter.example")
    content = document if isinstance(document, bytes) else to_gzip(document)
    first = date.fromisoformat(DAY)
    begin, end = (int((day - date(1970, 1, 1)).total_seconds()) for day in (first, first + timedelta(days=1)))
    name = f"{submitter}!{domain}!{begin}!{end - 1}!001.json.gz"
    return multipart([text_part(), part(content, file_name=name)], headers(domain, **more))


def google(domain: str = "example.com", *, day: str = DAY, successful: int = 10, failed: int = 0) -> Json:
    """As Google sends it: report-id without the reporter in it, no details where nothing failed, no reason code."""
    details = [detail("validation-failure", failed)] if failed else []
    return report(
        [policy_result(domain, successful=successful, details=details)],
        day=day,
        report_id=f"{day}T00:00:00Z_{domain}",
        organization="Big Mail Example Inc.",
        contact="smtp-tls-reporting@bigmail.example",
    )


def microsoft(domain: str = "example.com", *, day: str = DAY, successful: int = 10, failed: int = 0) -> Json:
    """As Microsoft sends it: the same sessions under sts and tlsa (Q20), no mx-host (Q3), JSON in a string (Q9),
    times without zone (Q30), details without addresses."""
    bare = {"sending_mta_ip": None, "receiving_mx_hostname": None, "receiving_ip": None}
    entries = []
    for policy_type in ("sts", "tlsa"):
        details = [detail("validation-failure", failed, **bare)] if failed else []
        entry = policy_result(domain, policy_type=policy_type, successful=successful, details=details)
        entry["policy"].pop("mx-host", None)
        entries.append(entry)
    entries[1]["policy"]["policy-string"] = [json.dumps(["3 1 1 " + digit * 64 for digit in "AB"])]
    document = report(
        entries,
        day=day,
        report_id=f"134000000000000000+{domain}",
        organization="Office Mail Example Corporation",
        contact="tlsrpt-noreply@office.example",
    )
    document["date-range"] = {"start-datetime": f"{day}T00:00:00", "end-datetime": f"{day}T23:59:59"}
    return document


def mail_ru(domain: str = "example.com", *, day: str = DAY, failed: int = 1) -> Json:
    """As Mail.ru sends it: next midnight as the end (Q33), fetch failures without a policy, sums that differ (Q51)."""
    reasons = ("bad https response code: 404", "bad https response code: 500")
    details = [
        {"result-type": "sts-policy-fetch-error", "failed-session-count": 1, "failure-reason-code": reason}
        for reason in reasons
    ]
    entry = policy_result(domain, successful=0, failed=failed, details=details)
    entry["policy"] = {"policy-type": "sts", "policy-domain": domain}
    document = report(
        [entry],
        day=day,
        report_id="b28254de-0000-4000-8000-94f7a8b25000@mail.example.net",
        organization="mail.example.net",
        contact="tls_support@corp.mail.example.net",
    )
    document["date-range"]["end-datetime"] = f"{_next(day)}T00:00:00Z"
    return document


def stalwart(domain: str = "example.com", *, day: str = DAY, successful: int = 1) -> Json:
    """As Stalwart sends it: contact-info null (Q25), empty arrays (Q48), epoch report-id, next midnight (Q33)."""
    entry = policy_result(domain, successful=successful) | {"failure-details": []}
    document = report([entry], day=day, report_id="1700000000_4711", organization="mx.sender.example")
    document["contact-info"] = None
    document["date-range"]["end-datetime"] = f"{_next(day)}T00:00:00Z"
    return document


def _next(day: str) -> str:
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat()
