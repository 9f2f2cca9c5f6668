"""What a host shows after STARTTLS: good and bad certificates, old and weak TLS (RFC 8461 section 4.2, M18)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import trustme

from tests.probe.looking import ENFORCE, HOST, NONE, TESTING, codes, look_at, problem
from tests.support.mx_host import Authority, MxHost
from tests.support.weak import self_signed, short_diffie_hellman, tls_1_1_only, weak

Make = Callable[[Authority], trustme.LeafCert]

# what the host shows | is it trusted | what is said of it
CERTIFICATES: dict[str, tuple[Make, bool, list[str]]] = {
    "its own name": (lambda ca: ca.certificate(HOST), True, []),
    "among other names": (lambda ca: ca.certificate("example.com", HOST), True, []),
    "in upper case": (lambda ca: ca.certificate("MX.Example.Com"), True, []),
    "wildcard for its label": (lambda ca: ca.certificate("*.example.com"), True, []),
    "wildcard over two labels": (lambda ca: ca.certificate("*.com"), False, ["certificate_name!"]),
    "wildcard of itself": (lambda ca: ca.certificate("*.mx.example.com"), False, ["certificate_name!"]),
    "the domain's name": (lambda ca: ca.certificate("example.com"), False, ["certificate_name!"]),
    "the provider's name": (lambda ca: ca.certificate("mail.provider.example"), False, ["certificate_name!"]),
    "its name as common name only": (lambda ca: ca.common_name_only(HOST), False, ["certificate_name!"]),
    "expires in 20 days": (lambda ca: ca.certificate(HOST, days=20), True, []),
    "expires in 13 days": (lambda ca: ca.certificate(HOST, days=13), True, ["certificate_expires"]),
    "expires in an hour": (lambda ca: ca.certificate(HOST, days=1 / 24), True, ["certificate_expires"]),
    "expired": (lambda ca: ca.certificate(HOST, days=-1, since=-90), False, ["certificate_expired!"]),
    "not yet valid": (lambda ca: ca.certificate(HOST, since=2), False, ["certificate_not_yet_valid!"]),
    "of an unknown CA": (lambda ca: ca.certificate(HOST, trusted=False), False, ["certificate_untrusted!"]),
    "self-signed": (lambda _: self_signed(HOST), False, ["certificate_untrusted!"]),
    "a key of 1024 bits": (lambda ca: weak(ca.trusted, HOST), False, ["certificate_untrusted!"]),
    "expired, for another name, of an unknown CA": (
        lambda ca: ca.certificate("www.example.net", days=-1, since=-90, trusted=False),
        False,
        # OpenSSL looks for trust first: that it found none is known as well.
        ["certificate_expired!", "certificate_name!", "certificate_untrusted!"],
    ),
    "expired, for another name": (
        lambda ca: ca.certificate("www.example.net", days=-1, since=-90),
        False,
        ["certificate_expired!", "certificate_name!"],
    ),
}


@pytest.mark.parametrize("case", CERTIFICATES)
def test_certificate(authority: Authority, case: str) -> None:
    make, trusted, said = CERTIFICATES[case]
    with MxHost(make(authority)) as host:
        check = look_at(host.settings(authority))
    assert check.starttls is True
    assert check.certificate is not None
    assert check.certificate.trusted is trusted
    assert codes(check) == said
    # A good host is called once; every connection names the host, takes its leave where it can, and sends no mail.
    assert host.seen.connections == (
        2 if any("untrusted" in code or "expired" in code or "yet" in code for code in said) else 1
    )
    assert set(host.seen.server_names) == {HOST}
    assert host.seen.quits == 1
    assert {command.split()[0] for command in host.seen.commands} == {"EHLO", "STARTTLS", "QUIT"}


def test_what_the_certificate_says(authority: Authority) -> None:
    with MxHost(authority.certificate(HOST, "smtp.example.com", days=60)) as host:
        check = look_at(host.settings(authority))
    assert check.certificate is not None
    assert check.certificate.names == (HOST, "smtp.example.com")
    assert abs(check.certificate.not_after - datetime.now(UTC) - timedelta(days=60)) < timedelta(minutes=1)


WORDS = [
    (lambda ca: ca.common_name_only(HOST), "certificate_name", f"its common name '{HOST}' does not count"),
    (
        lambda ca: ca.certificate("a.example", "b.example"),
        "certificate_name",
        f"is for a.example, b.example, not for {HOST}",
    ),
    (lambda ca: ca.certificate(*(f"{i}.example" for i in range(9))), "certificate_name", "3.example and 5 more"),
    (lambda ca: ca.certificate(HOST, days=5.5), "certificate_expires", "expires in 5 days, on 20"),
    (lambda ca: ca.certificate(HOST, days=1.5), "certificate_expires", "expires in 1 day, on 20"),
    (lambda _: self_signed(HOST), "certificate_untrusted", "not trusted: self-signed certificate"),
    (lambda ca: weak(ca.trusted, HOST), "certificate_untrusted", "key too weak"),
]


@pytest.mark.parametrize(("make", "code", "words"), WORDS)
def test_words(authority: Authority, make: Make, code: str, words: str) -> None:
    with MxHost(make(authority)) as host:
        assert words in problem(look_at(host.settings(authority)), code).text


def test_a_chain_that_was_not_sent_is_named(authority: Authority) -> None:
    below = authority.trusted.create_child_ca()
    leaf = below.issue_cert(HOST)
    with MxHost(leaf) as host:
        assert codes(look_at(host.settings(authority))) == []
    alone = trustme.LeafCert(leaf.private_key_pem.bytes(), leaf.cert_chain_pems[0].bytes(), [])
    with MxHost(alone) as host:
        check = look_at(host.settings(authority))
    assert codes(check) == ["certificate_untrusted!"]
    assert "intermediate" in check.problems[0].fix


EFFECTS = [
    (ENFORCE, "Under your policy senders hold back the mail for it."),
    (TESTING, "Senders report it, and under enforce they would hold back the mail for it."),
    (NONE, "Under mode enforce senders would hold back the mail for it."),
    (None, "Under mode enforce senders would hold back the mail for it."),
]


@pytest.mark.parametrize(("policy", "words"), EFFECTS)
def test_why_it_matters_depends_on_the_mode(authority: Authority, policy: object, words: str) -> None:
    with MxHost(authority.certificate("www.example.com")) as host:
        check = look_at(host.settings(authority), policy=policy)  # type: ignore[arg-type]
    assert check.problems[0].text.endswith(words)


def test_tls_below_1_2(authority: Authority) -> None:
    with MxHost(authority.certificate(HOST), prepare=tls_1_1_only) as host:
        check = look_at(host.settings(authority))
    assert codes(check) == ["tls_version"]
    assert "TLSv1.1 at most" in check.problems[0].text
    assert check.certificate is not None
    assert check.certificate.trusted


def test_old_tls_hides_no_bad_certificate(authority: Authority) -> None:
    with MxHost(authority.certificate(HOST, trusted=False), prepare=tls_1_1_only) as host:
        assert codes(look_at(host.settings(authority))) == ["certificate_untrusted!", "tls_version"]
    assert host.seen.connections == 3


def test_a_key_exchange_that_is_too_short(authority: Authority) -> None:
    certificate = authority.trusted.issue_cert(HOST, key_type=trustme.KeyType.RSA)
    with MxHost(certificate, prepare=short_diffie_hellman) as host:
        check = look_at(host.settings(authority))
    assert codes(check) == ["tls_weak"]
    assert "dh key too small" in check.problems[0].text
    assert check.certificate is not None
    assert check.certificate.trusted
