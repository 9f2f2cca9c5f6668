"""The mails of the benches: typical signed reports (2 policies, 8 details), each with an id and a day of its own."""

import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import date, timedelta
from functools import partial

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.support import reports
from tests.support.dns import DnsServer
from tests.support.mails import KeyPair, sign

DOMAINS = [f"d{number}.example.com" for number in range(20)]
REPORTERS = [f"reporter{number}.example" for number in range(5)]
FIRST_DAY = date(2026, 1, 1)


def report_mail(number: int, key: KeyPair) -> bytes:
    """Mail `number`, signed by one of REPORTERS about one of DOMAINS."""
    domain, reporter = DOMAINS[number % len(DOMAINS)], REPORTERS[number // len(DOMAINS) % len(REPORTERS)]
    details = [
        reports.detail("certificate-expired", 1 + detail, sending_mta_ip=f"192.0.2.{number % 200 + detail}")
        for detail in range(4)
    ]
    policies = [
        reports.policy_result(domain, policy_type=policy_type, successful=100 + number % 900, details=details)
        for policy_type in ("sts", "tlsa")
    ]
    day = (FIRST_DAY + timedelta(days=number // 100 % 300)).isoformat()
    contact = f"tls-reports@{reporter}"
    document = reports.report(policies, day=day, report_id=f"{day}_{number}", organization=reporter, contact=contact)
    mail = reports.mail(document, domain, submitter=reporter, report_id=f"{number}.1")
    return sign(mail, reporter, "s1", key)


def batches(rounds: int, mails: int, key: KeyPair) -> list[list[bytes]]:
    """`rounds` batches of so many mails. Signing takes 1 ms each, so two processes share it."""
    ranges = [range(start, start + mails // 2) for start in range(0, rounds * mails, mails // 2)]
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        halves: Sequence[list[bytes]] = list(pool.map(partial(_mails, key_pem=key.pem), ranges))
    return [halves[at] + halves[at + 1] for at in range(0, len(halves), 2)]


def dns(key: KeyPair) -> DnsServer:
    """A DNS that publishes the key for every reporter."""
    return DnsServer({(f"s1._domainkey.{reporter}", "TXT"): [key.record()] for reporter in REPORTERS})


def _mails(numbers: range, key_pem: bytes) -> list[bytes]:
    private = load_pem_private_key(key_pem, None)
    assert isinstance(private, rsa.RSAPrivateKey)
    key = KeyPair(private)
    return [report_mail(number, key) for number in numbers]
