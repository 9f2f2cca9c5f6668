"""The living installation with everything in it that a page can show: users, a token, a check, a conflict, a quarantine.

ada         admin, `PASSWORD`
grace       viewer, limited to example.org, `PASSWORD`
grafana     a token that reads
new.example nobody added it; a report about it waits, as one about foreign.example does
Besides: a delivery in quarantine whose key is there by now, and two reports that contradict each other.
"""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from collector.auth import Authentication
from collector.delivery import Delivery, Envelope, Reason
from collector.ids import new_id
from collector.ingest import ingest
from collector.monitor.checked import Certificate, Check, MxCheck, StsCheck, TlsrptCheck
from collector.monitor.model import Problem, StsPolicy
from collector.settings import Limits
from collector.store import accounts, alerts, audit, checks, hosted, queries, tokens
from collector.store.engine import Engine, open_engine, writing
from collector.store.hosted import HostedRow
from collector.store.queries import alerts as alert_queries
from collector.store.writer import Writer
from dashboard.mail.unsubscribing import Tokens
from dashboard.passwords import hash_password, hash_token
from tests.support import alerting, living, reports
from tests.support.mails import rsa_key, sign

PASSWORD = "correct horse battery staple"
KEY = rsa_key()
TOKEN = "tlsrpt_made-for-a-test"
# What DNS says of example.com: its records, and the key of the mail in quarantine.
ZONE = {
    ("s1._domainkey.reporter.example", "TXT"): [KEY.record()],
    ("_smtp._tls.example.com", "TXT"): ["v=TLSRPTv1; rua=mailto:tlsrpt@reports.example.com"],
    ("_mta-sts.example.com", "TXT"): ["v=STSv1; id=enforce"],
    ("example.com", "MX"): [f"{10 * rank} {host}." for rank, host in enumerate(living.MX["example.com"], 1)],
}
_EXPIRED = Problem("certificate_expired", "error", "The certificate of mx2.example.com is over since 19 November.")
_SHORT = Problem("max_age_short", "warning", "A max_age of less than two weeks.", "max_age: 1209600")


def database(filled: Path, path: Path) -> Engine:
    """A copy of the living installation of the file `filled` in `path`, furnished and open."""
    shutil.copyfile(filled, path)
    engine = open_engine(f"sqlite:///{path}")
    for name, role, limits in (("ada", "admin", ()), ("grace", "viewer", ("example.org",))):
        accounts.add_user(
            engine, name, role=role, password_hash=hash_password(PASSWORD), domains=limits, now=living.NOW
        )
    tokens.add(engine, "grafana", scope="read", token_hash=hash_token(TOKEN), now=living.NOW)
    audit.record(engine, audit.By("ada", "password", "127.0.0.1"), "token_added", "grafana", now=living.NOW)
    domain_id = _id(engine, "example.com")
    with writing(engine) as connection:
        checks.record(connection, domain_id, _check(), hosts_known=True)
    served = HostedRow(living.NOW - timedelta(days=1), "ada", "testing", 604800, living.MX["example.com"], "20261122")
    hosted.put(engine, domain_id, served)
    opened = alerting.open_all(engine, living.NOW)
    alerting.arrived(engine, opened["held_back"], living.NOW)
    alerting.close(engine, opened["certificate"], living.NOW)
    alerts.acknowledge(engine, opened["quarantine"], by="ada", now=living.NOW)
    alerting.mails(engine, living.NOW)
    _submit(engine)
    return engine


def _submit(engine: Engine) -> None:
    writer = Writer(engine)
    writer.start()
    contradicting = (_document("example.com", "2026-11-18", count) for count in (4, 5))
    made = (*contradicting, _document("new.example", "2026-11-19", 6), _quarantined())
    try:
        for delivery in made:
            writer.submit(delivery).result(timeout=30)
    finally:
        writer.close()


def _document(name: str, day: str, successful: int) -> Delivery:
    raw = reports.to_json(reports.report([reports.policy_result(name, successful=successful)], day=day))
    return ingest(
        raw, Envelope("https"), living.NOW, limits=Limits(), dkim="off", authenticate=lambda *_: Authentication(None)
    )


def _quarantined() -> Delivery:
    raw = sign(reports.mail(reports.report(day="2026-11-20")), "reporter.example", "s1", KEY)
    at = living.NOW - timedelta(hours=1)
    identity = new_id(int(at.timestamp() * 1000))
    return Delivery(identity, at, Envelope("smtp", "192.0.2.25"), raw, (), Reason("dkim_missing", "no signature"))


def _check() -> Check:
    until = datetime(2027, 1, 31, tzinfo=UTC)
    shown = Certificate(until, ("mx1.example.com",), trusted=True)
    over = Certificate(living.NOW - timedelta(days=4), ("mx2.example.com",), trusted=False)
    first, second = living.MX["example.com"]
    return Check(
        "example.com",
        living.NOW - timedelta(hours=1),
        TlsrptCheck("v=TLSRPTv1; rua=mailto:tlsrpt@reports.example.com", ("mailto:tlsrpt@reports.example.com",)),
        StsCheck("v=STSv1; id=enforce", "enforce", StsPolicy("enforce", 604800, (first, second), ""), None, (_SHORT,)),
        (
            MxCheck(first, True, True, shown, ("3 1 1 00ff",), dnssec=True),
            MxCheck(second, True, True, over, (), dnssec=False, problems=(_EXPIRED,)),
        ),
    )


def names(engine: Engine) -> dict[str, str]:
    """What stands in the addresses of pages: ids that are made anew each time."""
    [report, *_] = queries.reports(engine, domain="example.com", reporter=living.SCRIPT).items
    [conflict] = queries.deliveries(engine, outcome="conflict").items
    [quarantined] = queries.deliveries(engine, outcome="quarantined", reason="dkim_fail").items
    ada = accounts.user_named(engine, "ada")
    assert ada is not None
    [token] = tokens.tokens(engine)
    [alert] = alert_queries.alerts(engine, rule="held_back").items
    return {
        "report": str(report.id),
        "delivery": str(quarantined.id),
        "conflict": str(conflict.id),
        "user": str(ada.id),
        "token": str(token.id),
        "alert": str(alert.id),
        "unsubscribe": Tokens(engine, living.NOW).token("summary", "ops@example.net"),
    }


def _id(engine: Engine, name: str) -> UUID:
    found = queries.find_domain(engine, name)
    assert found is not None
    return found
