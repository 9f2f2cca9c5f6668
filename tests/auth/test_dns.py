"""From the DNS server to the authenticated mail: real look-ups over loopback."""

import time
from collections.abc import Iterator

import pytest

from collector.auth import Authentication
from collector.auth.dkim import Authenticator
from collector.auth.keys import KeyCache
from collector.errors import KeyUnavailable
from collector.resolver import Resolver
from tests.support import reports
from tests.support.dns import SERVFAIL, SILENCE, DnsServer, Fault
from tests.support.mails import ed25519_key, rsa_key, sign

DOMAIN = "reporter.example"
NAME = f"s1._domainkey.{DOMAIN}"
KEY = rsa_key()
IDENTITIES = frozenset({DOMAIN})
MAIL = sign(reports.mail(reports.google(), submitter=DOMAIN), DOMAIN, "s1", KEY)


@pytest.fixture
def dns() -> Iterator[DnsServer]:
    with DnsServer() as server:
        yield server


def _authenticate(dns: DnsServer) -> Authenticator:
    return Authenticator(KeyCache(Resolver(dns.settings(timeout=0.5)).txt, time.monotonic))


def test_a_key_of_several_strings_is_looked_up_once(dns: DnsServer) -> None:
    # A key of 2048 bits does not fit into one character-string of 255 bytes.
    record = KEY.record()
    dns.zone[NAME, "TXT"] = [(record[:200], record[200:])]
    authenticate = _authenticate(dns)

    for _ in range(2):
        assert authenticate(MAIL, IDENTITIES) == Authentication(DOMAIN)
    assert dns.queries[NAME, "TXT"] == 1


def test_a_key_behind_a_cname(dns: DnsServer) -> None:
    dns.zone[NAME, "CNAME"] = ["s1.keys.provider.example"]
    dns.zone["s1.keys.provider.example", "TXT"] = [ed25519_key().record()]
    mail = sign(reports.mail(reports.google(), submitter=DOMAIN), DOMAIN, "s1", ed25519_key())

    assert _authenticate(dns)(mail, IDENTITIES) == Authentication(DOMAIN)


def test_no_key(dns: DnsServer) -> None:
    found = _authenticate(dns)(MAIL, IDENTITIES)

    assert found.reason is not None
    assert found.reason.code == "dkim_fail"
    assert f"the key {NAME} is not published" in found.reason.message


@pytest.mark.parametrize("fault", [SERVFAIL, SILENCE], ids=["SERVFAIL", "no answer"])
def test_no_answer_is_temporary(dns: DnsServer, fault: Fault) -> None:
    dns.zone[NAME, "TXT"] = fault
    authenticate = _authenticate(dns)

    with pytest.raises(KeyUnavailable, match=NAME):
        authenticate(MAIL, IDENTITIES)

    dns.zone[NAME, "TXT"] = [(KEY.record()[:200], KEY.record()[200:])]
    assert authenticate(MAIL, IDENTITIES) == Authentication(DOMAIN)
