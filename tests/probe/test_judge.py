"""The judgement alone: what was met in, problems out."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import trustme

from collector.monitor.model import StsPolicy
from collector.monitor.probe.facts import Circumstances, Distrust, Fault, Look, Session, TlsSeen
from collector.monitor.probe.judge import judge
from collector.resolver import AddressAnswer, Tlsa, TlsaAnswer
from tests.probe.looking import ENFORCE, HOST, NONE, TESTING, codes
from tests.probe.zones import chain, tlsa

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
CA = trustme.CA()
(LEAF,) = chain(CA.issue_cert(HOST, not_before=NOW - timedelta(days=30), not_after=NOW + timedelta(days=60)))
USAGE, SELECTOR, MATCHING, DATA = tlsa(LEAF).split()
GOOD = Tlsa(int(USAGE), int(SELECTOR), int(MATCHING), bytes.fromhex(DATA))
BAD = replace(GOOD, data=bytes(32))
SEEN = TlsSeen("TLSv1.3", (LEAF,))
LOOK = Look(HOST, AddressAnswer(("192.0.2.1",), HOST, True), TlsaAnswer((), True), Session(True, SEEN))
UNDER = Circumstances(ENFORCE, True, NOW)


def with_tlsa(*records: Tlsa, secure: bool | None = True) -> Look:
    return replace(LOOK, tlsa=TlsaAnswer(records, secure))


def with_session(look: Look = LOOK, **session: object) -> Look:
    return replace(look, session=Session(**session))  # type: ignore[arg-type]


DATES = [
    (timedelta(days=0), []),
    (timedelta(days=46), []),  # fourteen days left
    (timedelta(days=46, seconds=1), ["certificate_expires"]),
    (timedelta(days=60), ["certificate_expires"]),  # the last second
    (timedelta(days=60, seconds=1), ["certificate_expired!"]),
    (timedelta(days=-30), []),
    (timedelta(days=-30, seconds=-1), ["certificate_not_yet_valid!"]),
]


@pytest.mark.parametrize(("later", "said"), DATES)
def test_dates(later: timedelta, said: list[str]) -> None:
    check = judge(LOOK, replace(UNDER, now=NOW + later))
    assert codes(check) == said
    assert check.certificate is not None
    assert check.certificate.trusted is not any(code.endswith("!") for code in said)


# MX record | addresses | TLSA | all of it
PROOFS = [
    (True, True, True, True),
    (False, True, True, False),
    (True, False, True, False),
    (True, True, False, False),
    (None, None, None, None),
    (None, True, True, None),
    (None, True, False, False),
]


@pytest.mark.parametrize(("mx", "addresses", "records", "together"), PROOFS)
def test_dnssec(mx: bool | None, addresses: bool | None, records: bool | None, together: bool | None) -> None:
    look = replace(with_tlsa(GOOD, secure=records), addresses=replace(LOOK.addresses, secure=addresses))  # type: ignore[type-var]
    check = judge(look, replace(UNDER, mx_secure=mx))
    assert check.dnssec is together
    assert check.tlsa == (tlsa(LEAF),)
    assert codes(check) == {True: [], False: ["tlsa_without_dnssec"], None: ["dnssec_unknown"]}[together]


# A mismatch holds mail back only where the records are proven.
MISMATCH = [
    (True, ["tlsa_mismatch!"]),
    (False, ["tlsa_without_dnssec", "tlsa_mismatch"]),
    (None, ["dnssec_unknown", "tlsa_mismatch!"]),
]


@pytest.mark.parametrize(("secure", "said"), MISMATCH)
def test_mismatch(secure: bool | None, said: list[str]) -> None:
    assert codes(judge(with_tlsa(BAD, secure=secure), UNDER)) == said


@pytest.mark.parametrize("policy", [ENFORCE, TESTING, NONE, None])
def test_mta_sts_never_overrides_dane(policy: StsPolicy | None) -> None:
    """M1: a certificate that suits the policy does not save a host whose TLSA records do not match."""
    check = judge(with_tlsa(BAD), replace(UNDER, policy=policy))
    assert check.certificate is not None
    assert check.certificate.trusted
    assert codes(check) == ["tlsa_mismatch!"]


UNTRUSTED = replace(SEEN, distrust=Distrust("self-signed certificate", False))
# What DANE excuses, senders that know MTA-STS only do not, once there is a policy.
EXCUSES = [
    (ENFORCE, GOOD, True, "error"),
    (TESTING, GOOD, True, "error"),
    (NONE, GOOD, True, "warning"),
    (None, GOOD, True, "warning"),
    (None, GOOD, False, "error"),
    (None, BAD, True, "error"),
]


@pytest.mark.parametrize(("policy", "record", "secure", "severity"), EXCUSES)
def test_what_dane_excuses(policy: StsPolicy | None, record: Tlsa, secure: bool, severity: str) -> None:
    look = replace(with_tlsa(record, secure=secure), session=Session(True, UNTRUSTED))
    check = judge(look, replace(UNDER, policy=policy))
    assert [problem.severity for problem in check.problems if problem.code == "certificate_untrusted"] == [severity]
    assert check.certificate is not None
    assert not check.certificate.trusted


def test_dates_above_it() -> None:
    look = with_session(starttls=True, tls=replace(SEEN, distrust=Distrust("certificate has expired", True)))
    assert codes(judge(look, UNDER)) == ["certificate_untrusted!"]
    # Where it is out of date itself, that is all there is to say.
    assert codes(judge(look, replace(UNDER, now=NOW + timedelta(days=90)))) == ["certificate_expired!"]


def test_a_certificate_that_cannot_be_read() -> None:
    check = judge(with_session(starttls=True, tls=replace(SEEN, chain=(b"nothing",))), UNDER)
    assert codes(check) == ["certificate_unreadable!"]
    assert check.certificate is None


def test_without_tls_dane_senders_wait_already() -> None:
    look = with_session(with_tlsa(GOOD), starttls=False)
    assert "Senders that use DANE hold back the mail for it already." in judge(look, UNDER).problems[0].text
    look = with_session(with_tlsa(GOOD, secure=False), starttls=False)
    assert "DANE" not in judge(look, UNDER).problems[0].text


def test_what_was_not_reached_is_not_compared() -> None:
    fault = Fault("unreachable", "192.0.2.1 port 25 gives no connection", reached=False)
    check = judge(with_session(with_tlsa(BAD), fault=fault), UNDER)
    assert codes(check) == ["unreachable"]
    assert (check.starttls, check.certificate, check.dnssec) == (None, None, True)


# addresses proven | MX record proven | what a failed look-up means
LOOKUPS = [(True, True, "!"), (True, None, "!"), (True, False, ""), (False, True, ""), (None, None, "")]


@pytest.mark.parametrize(("addresses", "mx", "error"), LOOKUPS)
def test_records_that_could_not_be_looked_up(addresses: bool | None, mx: bool | None, error: str) -> None:
    """RFC 7672 section 2.1.2: no answer is no delivery, for those who ask; and they ask only where the rest is proven."""
    look = replace(LOOK, tlsa=Fault("tlsa_lookup", "SERVFAIL"), addresses=replace(LOOK.addresses, secure=addresses))  # type: ignore[type-var]
    check = judge(look, replace(UNDER, mx_secure=mx))
    assert codes(check) == ["tlsa_lookup" + error]
    assert (check.tlsa, check.dnssec) == ((), None)
