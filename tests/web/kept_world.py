"""A living installation that holds what is kept as text: checks with problems, findings, refusals, a self-test, a log.

ada is an admin, grace a viewer of example.org only; `ci` is a token. Each text is made by the code that makes it.
"""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from collector.auth import Authentication
from collector.delivery import Delivery, Envelope, Reason
from collector.ids import new_id
from collector.ingest import ingest
from collector.monitor import policy, tlsrpt_record
from collector.monitor.checked import Certificate, Check, MxCheck, StsCheck
from collector.monitor.model import Problem
from collector.report.model import RESULT_TYPES
from collector.settings import Limits
from collector.setup.steps import Way
from collector.store import accounts, alerts, audit, checks, hosted, queries, self_tests, tokens
from collector.store.engine import Engine, open_engine, writing
from collector.store.hosted import HostedRow
from collector.store.writer import Writer
from tests.support import alerting, living, reports

NOW = living.NOW
_POLICY = b"version: STSv1\r\nmode: enforce\r\nmx: mail.other.example\r\n\r\nMAX_AGE: 1\r\nmax_age: soon\r\n"
_RECORDS = (b"v=TLSRPTv1 ;rua=tlsrpt@reports.example.com,ftp://reports.example.com",)


def database(filled: Path, path: Path) -> Engine:
    """A copy of the living installation in the file `filled`, furnished and open."""
    with closing(sqlite3.connect(filled)) as source, closing(sqlite3.connect(path)) as copy:
        source.backup(copy)  # the file alone lacks what is in the log beside it
    engine = open_engine(f"sqlite:///{path}")
    domain_id = queries.find_domain(engine, "example.com")
    assert domain_id is not None
    accounts.add_user(engine, "grace", role="viewer", password_hash="x", domains=("example.org",), now=NOW)
    tokens.add(engine, "ci", scope="write", token_hash=b"x" * 32, expires_at=NOW + timedelta(days=9), now=NOW)
    for action in audit.ACTIONS:
        by = audit.By("ada", audit.WAYS[len(action) % len(audit.WAYS)], "127.0.0.1")
        audit.record(engine, by, action, "example.com", now=NOW, details={"role": "viewer", "sessions": "all"})
    with writing(engine) as connection:
        checks.record(connection, domain_id, _check(), hosts_known=True)
    for mode, day in (("testing", 2), ("none", 1)):
        row = HostedRow(NOW - timedelta(days=day), "ada", mode, 604800, living.MX["example.com"], f"2026112{day}")
        hosted.put(engine, domain_id, row)
    _self_test(engine, domain_id)
    opened = alerting.open_all(engine, NOW)
    alerting.arrived(engine, opened["held_back"], NOW)
    alerting.close(engine, opened["certificate"], NOW)
    alerts.acknowledge(engine, opened["quarantine"], by="ada", now=NOW)
    alerts.mute(engine, opened["no_reports"], NOW + timedelta(days=3), by="ada")
    alerting.mails(engine, NOW)
    _submit(engine)
    return engine


def _check() -> Check:
    """All that the monitor can say of a host is said in tests/test_recall.py; here are texts within texts."""
    reading = policy.read(_POLICY)
    first, second = living.MX["example.com"]
    until = Certificate(NOW + timedelta(days=3), (first,), trusted=False)
    problems = (
        Problem("certificate_expires", "warning", "the certificate expires in 3 days, on 2026-11-26"),
        Problem(
            "certificate_untrusted",
            "error",
            "the certificate is not trusted: unable to get local issuer certificate. "
            "Under your policy senders hold back the mail for it.",
            "Send the CA's intermediate certificates with it (often a file named fullchain).",
        ),
    )
    lost = Problem(
        "tls_failed", "error", "192.0.2.7 port 25 gives no answer to EHLO within 30 s. Nobody can deliver to it."
    )
    return Check(
        "example.com",
        NOW - timedelta(hours=1),
        tlsrpt_record.read(_RECORDS, "example.com"),
        StsCheck("v=STSv1; id=enforce", "enforce", None, "syntax", reading.problems),
        (
            MxCheck(first, True, True, until, ("3 1 1 00ff",), dnssec=True, problems=problems),
            MxCheck(second, None, None, None, (), dnssec=None, problems=(lost,)),
        ),
    )


def _self_test(engine: Engine, domain_id: UUID) -> None:
    self_tests.begin(engine, domain_id, "selftest1", "v=DKIM1; p=", NOW - timedelta(minutes=5))
    way = Way("mailto:tlsrpt@reports.example.com")
    way.note("dns", True, "the record names tlsrpt@reports.example.com")
    way.note("mx", True, "the MX of reports.example.com: mx.reports.example.com")
    way.note("accepted", False, "mx.reports.example.com [192.0.2.1]:25: no answer in time")
    self_tests.note(engine, domain_id, "selftest1", [way.as_json()], NOW - timedelta(minutes=4))


def _submit(engine: Engine) -> None:
    writer = Writer(engine)
    writer.start()
    made = [_posted(_messy()), *(_posted(_plain("example.com", count)) for count in (4, 5)), *_refused()]
    made.append(_posted(_plain("new.example", 6)))
    try:
        for delivery in made:
            writer.submit(delivery).result(timeout=30)
    finally:
        writer.close()


def _messy() -> bytes:
    """A report with many findings."""
    details = [
        {"result-type": kind, "failed-session-count": "2", "sending-mta-ip": "here", "receiving-ip": 7}
        for kind in (*RESULT_TYPES, "Certificate_Expired")
    ]
    result = reports.policy_result("EXAMPLE.com.", failed=9, details=details)
    result["policy"] |= {
        "policy-type": "STS",
        "mx-host": "mx1.example.com",
        "policy-string": ["version: STSv1, mode: x"],
    }
    document = reports.report([result], day="2026-11-19", report_id="messy")
    document["date-range"]["start-datetime"] = "2026-11-19T00:00:00"
    return reports.to_json({**document, "contact_info": document.pop("contact-info"), "extra": None})


def _plain(name: str, successful: int) -> bytes:
    result = reports.policy_result(name, successful=successful)
    return reports.to_json(reports.report([result], day="2026-11-18", report_id=f"{name} 2026-11-18"))


def _posted(raw: bytes) -> Delivery:
    return ingest(
        raw, Envelope("https"), NOW, limits=Limits(), dkim="off", authenticate=lambda *_: Authentication(None)
    )


def _refused() -> list[Delivery]:
    """One for each reason; what is refused for its content says so itself."""
    fault = "the key s1._domainkey.reporter.example was revoked (p= is empty)"
    reasons = (
        Reason(
            "dkim_fail", f"The DKIM signature of reporter.example (d=reporter.example s=s1) does not count: {fault}."
        ),
        Reason("dkim_missing", "The mail has no DKIM signature."),
        Reason("dkim_unaligned", "The mail is signed by a.example, which does not belong to b.example."),
    )
    mails = [_kept(reason, minutes) for minutes, reason in enumerate(reasons)]
    bodies = (b"{", b"\x1f\x8b broken", reports.to_json({"report-id": 1}), b"Hello", b'{"a": 1, "a": 2}')
    return [*mails, *(_posted(body) for body in bodies)]


def _kept(reason: Reason, minutes: int) -> Delivery:
    at = NOW - timedelta(minutes=minutes + 1)
    raw = reports.mail(reports.report(day="2026-11-20"))
    return Delivery(new_id(int(at.timestamp() * 1000)), at, Envelope("smtp", "192.0.2.25"), raw, (), reason)
