"""One signed report in by SMTP, its figures out by HTTP: the shortest way through the whole program."""

import json
import smtplib
import urllib.request

from tests.support import reports
from tests.support.dns import DnsServer
from tests.support.mails import rsa_key, sign

DOMAIN = "example.com"
DAY = "2026-11-20"
REPORTER = "reporter.example"
SESSIONS = (90, 10)  # successful and failed, in the report that `send` sends


def dns() -> DnsServer:
    """A DNS that knows the reporter's key, and of nothing else."""
    return DnsServer({(f"s1._domainkey.{REPORTER}", "TXT"): [rsa_key().record()]})


def send(port: int) -> None:
    """Sends the report; returns when it has been acknowledged."""
    successful, failed = SESSIONS
    result = reports.policy_result(DOMAIN, successful=successful, details=[reports.detail(failed=failed)])
    mail = sign(reports.mail(reports.report([result], day=DAY)), REPORTER, "s1", rsa_key())
    with smtplib.SMTP("127.0.0.1", port, timeout=30) as client:
        client.sendmail(f"tls-reports@{REPORTER}", [f"tlsrpt@{DOMAIN}"], mail)


def sessions(port: int, token: str | None = None) -> tuple[int, int]:
    """(successful, failed) of that day, as the API tells it."""
    url = f"http://127.0.0.1:{port}/api/v1/domains/{DOMAIN}/daily?from={DAY}&to={DAY}"
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"} if token else {})
    with urllib.request.urlopen(request, timeout=10) as answer:
        (day,) = json.load(answer)["days"]
    return day["successful"], day["failed"]
