"""Which mails are authenticated, as whom, and why not (rule 10)."""

from datetime import UTC, datetime

import pytest

from collector.auth.dkim import MAX_SIGNATURES, Authenticator
from collector.auth.keys import KeyCache
from collector.errors import KeyUnavailable, LookupFailed, NoSuchName
from collector.resolver import TxtAnswer
from tests.support import reports
from tests.support.mails import SIGNED_FIELDS, KeyPair, ed25519_key, rsa_key, sign

NOW = 1_800_000_000.0
KEY = rsa_key()
DOMAIN = "reporter.example"
MAIL = reports.mail(reports.google(), submitter=DOMAIN)
SIGNED = sign(MAIL, DOMAIN, "s1", KEY)


class FakeDns:
    """TXT records by name; None is a server that does not answer. Notes what it was asked."""

    def __init__(self, zone: dict[str, str | None]) -> None:
        self.zone = zone
        self.asked: list[str] = []

    def __call__(self, name: str) -> TxtAnswer:
        self.asked.append(name)
        if name not in self.zone:
            raise NoSuchName(f"{name} does not exist", 60)
        record = self.zone[name]
        if record is None:
            raise LookupFailed("no answer")
        return TxtAnswer((record.encode(),), 300)


def authenticator(zone: dict[str, str | None], dns: FakeDns | None = None) -> Authenticator:
    return Authenticator(KeyCache(dns or FakeDns(zone), lambda: 0.0), clock=lambda: NOW)


def _key(domain: str = DOMAIN, selector: str = "s1", key: KeyPair = KEY, **tags: str) -> dict[str, str | None]:
    return {f"{selector}._domainkey.{domain}": key.record(**tags)}


ZONE = _key()
IDENTITIES = frozenset({DOMAIN})


@pytest.mark.parametrize("form", ["simple/simple", "simple/relaxed", "relaxed/simple", "relaxed/relaxed", "relaxed"])
@pytest.mark.parametrize("key", [rsa_key(1024), KEY, ed25519_key()], ids=["RSA 1024 (Q62)", "RSA 2048", "Ed25519"])
def test_algorithms_and_canonical_forms(key: KeyPair, form: str) -> None:
    mail = sign(MAIL, DOMAIN, "s1", key, canonicalization=form)

    assert authenticator(_key(key=key))(mail, IDENTITIES).domain == DOMAIN


@pytest.mark.parametrize(
    "mail",
    [
        pytest.param(SIGNED.replace(b"\r\n", b"\n"), id="LF only, from a file (Q92)"),
        pytest.param(b"From x@example.com Fri Sep 16 12:10:00 2022\r\n" + SIGNED, id="mbox line (Q88)"),
        pytest.param(b"Received: from relay.example\r\n\tby mx.example.com\r\n" + SIGNED, id="a relay's Received"),
        pytest.param(b"Return-Path: <>\r\nReturn-Path: <>\r\n" + SIGNED, id="two Return-Path (Q88)"),
        pytest.param(
            b"X-Google-DKIM-Signature: v=1; d=1e100.example\r\n" + SIGNED, id="another kind of signature (Q65)"
        ),
        pytest.param(b"Authentication-Results: relay.example; dkim=none\r\n" + SIGNED, id="what others found (Q64)"),
        pytest.param(sign(MAIL, DOMAIN, "s1", KEY, headers=("from", "date", "subject")), id="few fields signed (Q62)"),
        pytest.param(sign(MAIL, DOMAIN, "s1", KEY, headers=SIGNED_FIELDS * 2), id="oversigned (Q110)"),
        pytest.param(
            sign(MAIL, DOMAIN, "s1", KEY, headers=("From", "CC", "Cc", "From"), canonicalization="simple/simple"),
            id="oversigned, absent fields, simple (Q110)",
        ),
        pytest.param(
            sign(b"X: 1\r\nX: 2\r\nX: 3\r\n" + MAIL, DOMAIN, "s1", KEY, headers=("x", "from", "x")),
            id="repeated fields from the bottom up",
        ),
        pytest.param(
            b"X: 0\r\n" + sign(b"X: 1\r\nX: 2\r\n" + MAIL, DOMAIN, "s1", KEY, headers=("x", "from", "x")),
            id="a field added on top of those that were signed",
        ),
        pytest.param(sign(SIGNED, DOMAIN, "s1", KEY, headers=("from", "dkim-signature")), id="signs a signature"),
        pytest.param(sign(MAIL, DOMAIN, "s1", KEY, tags={"i": f"tls@{DOMAIN}"}), id="i="),
        pytest.param(sign(MAIL, DOMAIN, "s1", KEY, tags={"x": str(int(NOW) + 1)}), id="not expired yet"),
    ],
)
def test_authenticated(mail: bytes) -> None:
    assert authenticator(ZONE)(mail, IDENTITIES).domain == DOMAIN


@pytest.mark.parametrize(
    ("identities", "domain", "authenticated"),
    [
        pytest.param({"reporter.example"}, "reporter.example", True, id="the same"),
        pytest.param({"reporter.example"}, "corp.reporter.example", True, id="below (Mail.ru, Q63)"),
        pytest.param({"mail.reporter.example"}, "reporter.example", True, id="above"),
        pytest.param({"mail.reporter.example"}, "corp.reporter.example", True, id="beside"),
        pytest.param({"bounces.example", "reporter.example"}, "reporter.example", True, id="submitter or contact"),
        pytest.param({"reporter.example"}, "relay.example", False, id="another organisation"),
        pytest.param({"reporter.co.uk"}, "co.uk", False, id="a public suffix"),
        pytest.param(set(), "reporter.example", False, id="claims nothing"),
    ],
)
def test_alignment(identities: set[str], domain: str, authenticated: bool) -> None:
    found = authenticator(_key(domain))(sign(MAIL, domain, "s1", KEY), frozenset(identities))

    if authenticated:
        assert (found.domain, found.reason) == (domain, None)
    else:
        assert found.domain is None
        assert found.reason is not None
        assert found.reason.code == "dkim_unaligned"
        assert domain in found.reason.message


def _with(**tags: str | None) -> bytes:
    return sign(MAIL, DOMAIN, "s1", KEY, tags=tags)


_FULL_LENGTH = str(len(MAIL.split(b"\r\n\r\n", 1)[1]))


@pytest.mark.parametrize(
    ("mail", "zone", "code", "message"),
    [
        pytest.param(MAIL, ZONE, "dkim_missing", "no DKIM signature", id="unsigned (Q66)"),
        pytest.param(b"", ZONE, "dkim_missing", "no DKIM signature", id="empty"),
        pytest.param(SIGNED + b"Footer\r\n", ZONE, "dkim_fail", "body was changed", id="a footer (Q60)"),
        pytest.param(
            SIGNED.replace(b"Subject: ", b"Subject: [External] "), ZONE, "dkim_fail", "does not match", id="Subject"
        ),
        pytest.param(SIGNED, _key(key=rsa_key(2048, 1)), "dkim_fail", "does not match", id="another key"),
        pytest.param(SIGNED, {}, "dkim_fail", f"key s1._domainkey.{DOMAIN} is not published", id="no key"),
        pytest.param(SIGNED, _key(p=""), "dkim_fail", "was revoked", id="revoked"),
        pytest.param(SIGNED, _key(key=ed25519_key()), "dkim_fail", "type ed25519", id="a key of another type"),
        pytest.param(
            b"From: x@other.example\r\n" + sign(MAIL, DOMAIN, "s1", KEY, headers=("from", "to")),
            ZONE, "dkim_fail", "From field was added", id="another From on top",
        ),
        pytest.param(b"From: x@other.example\r\n" + SIGNED, ZONE, "dkim_fail", "does not match", id="oversigned From"),
        pytest.param(b"no field\r\n" + SIGNED, ZONE, "dkim_fail", "header of the mail is broken", id="broken header"),
        pytest.param(_with(a="rsa-sha1"), ZONE, "dkim_fail", "rsa-sha1 is not accepted", id="SHA-1 (RFC 8301)"),
        pytest.param(_with(x=str(int(NOW) - 1)), ZONE, "dkim_fail", "expired", id="expired"),
        pytest.param(_with(v=None), ZONE, "dkim_fail", "v= is missing", id="no v="),
        pytest.param(_with(d="?"), ZONE, "dkim_fail", "an unknown domain", id="unreadable d="),
        pytest.param(b"DKIM-Signature: nonsense\r\n" + MAIL, ZONE, "dkim_fail", "no list of tags", id="no tags"),
        pytest.param(sign(MAIL, DOMAIN, "s1", KEY, headers=("to",)), ZONE, "dkim_fail", "not name From", id="no From"),
        # t=s: the key is for its own domain only.
        pytest.param(_with(i=f"@mail.{DOMAIN}"), _key(t="s"), "dkim_fail", f"such as mail.{DOMAIN}", id="t=s"),
        # R10, Q67: even though the hash fits.
        pytest.param(_with(l=_FULL_LENGTH), ZONE, "dkim_length_tag", "(l=)", id="l= of the whole body"),
        pytest.param(_with(l=_FULL_LENGTH) + b"Footer\r\n", ZONE, "dkim_length_tag", "(l=)", id="l= and a footer"),
        # R11, Q68
        pytest.param(SIGNED, _key(s="email"), "dkim_service", "not for reports", id="s=email"),
        pytest.param(SIGNED + b"x\r\n", _key(s="email"), "dkim_fail", "body was changed", id="s=email, changed body"),
        pytest.param(sign(MAIL, "relay.example", "s1", KEY), ZONE, "dkim_unaligned", DOMAIN, id="another's (Q65)"),
    ],
)  # fmt: skip
def test_refused(mail: bytes, zone: dict[str, str | None], code: str, message: str) -> None:
    found = authenticator(zone)(mail, IDENTITIES)

    assert found.domain is None
    assert found.reason is not None
    assert found.reason.code == code
    assert message in found.reason.message


@pytest.mark.parametrize("tags", [{"t": "y"}, {"t": "s"}, {"s": "*"}, {"s": "tlsrpt"}, {"s": "email:tlsrpt"}])
def test_keys_that_may_sign_reports(tags: dict[str, str]) -> None:
    assert authenticator(_key(DOMAIN, "s1", KEY, **tags))(SIGNED, IDENTITIES).domain == DOMAIN


RELAY = _key("relay.example")
BROKEN = sign(MAIL, DOMAIN, "s1", KEY, tags={"bh": "AAAA"})[: -len(MAIL)]  # one signature field that does not hold
DEAD: dict[str, str | None] = {f"dead._domainkey.{DOMAIN}": None}
BY_DEAD_KEY = sign(MAIL, DOMAIN, "dead", KEY)


@pytest.mark.parametrize(
    ("mail", "outcome"),
    [
        pytest.param(sign(SIGNED, "relay.example", "s1", KEY), DOMAIN, id="a relay's on top (Q65)"),
        pytest.param(BROKEN + SIGNED, DOMAIN, id="a broken one on top"),
        pytest.param(sign(SIGNED, DOMAIN, "gone", KEY), DOMAIN, id="one without key on top"),
        pytest.param(sign(BY_DEAD_KEY, DOMAIN, "s1", KEY), DOMAIN, id="one DNS does not answer for, below"),
        pytest.param(sign(SIGNED, DOMAIN, "dead", KEY), DOMAIN, id="one DNS does not answer for, on top"),
        pytest.param(BROKEN * (MAX_SIGNATURES - 1) + SIGNED, DOMAIN, id="the last that is looked at"),
        pytest.param(BROKEN * MAX_SIGNATURES + SIGNED, "dkim_fail", id="one too many"),
        pytest.param(sign(SIGNED + b"x\r\n", "relay.example", "s1", KEY), "dkim_fail", id="broken by the relay (Q60)"),
        pytest.param(BROKEN + _with(l=_FULL_LENGTH), "dkim_length_tag", id="the more telling reason"),
    ],
)
def test_several_signatures(mail: bytes, outcome: str) -> None:
    found = authenticator(ZONE | RELAY | DEAD)(mail, IDENTITIES)

    assert (found.domain or (found.reason and found.reason.code)) == outcome


@pytest.mark.parametrize(
    "below", [b"", SIGNED[: -len(MAIL)].replace(b"bh=", b"bh=A")], ids=["alone", "and one that fails"]
)
def test_a_key_that_dns_cannot_deliver_is_temporary(below: bytes) -> None:
    mail = BY_DEAD_KEY[: -len(MAIL)] + below + MAIL

    with pytest.raises(KeyUnavailable, match=f"dead._domainkey.{DOMAIN}"):
        authenticator(ZONE | DEAD)(mail, IDENTITIES)


@pytest.mark.parametrize(
    "mail",
    [
        pytest.param(MAIL, id="unsigned"),
        pytest.param(sign(MAIL, "relay.example", "s1", KEY), id="not aligned"),
        pytest.param(SIGNED + b"x\r\n", id="changed body"),
        pytest.param(_with(l=_FULL_LENGTH), id="l="),
        pytest.param(_with(x="1"), id="expired"),
    ],
)
def test_no_look_up_that_could_change_nothing(mail: bytes) -> None:
    dns = FakeDns({})

    assert authenticator({}, dns)(mail, IDENTITIES).domain is None
    assert dns.asked == []


_TWO = [("a.reporter.example", "reporter.example"), ("reporter.example", "a.reporter.example")]


@pytest.mark.parametrize(("upper", "lower"), _TWO)
@pytest.mark.parametrize(
    ("sender", "chosen"),
    [
        pytest.param("tls@reporter.example", "reporter.example", id="that of From"),
        pytest.param('"x@reporter.example" <tls@a.reporter.example>', "a.reporter.example", id="that of From, below"),
        pytest.param("tls@b.reporter.example", "reporter.example", id="the shorter"),
        pytest.param("tls@other.example", "reporter.example", id="the shorter, From elsewhere"),
        pytest.param("nobody", "reporter.example", id="the shorter, From without domain"),
    ],
)
def test_which_of_two_that_hold_is_the_reporter(upper: str, lower: str, sender: str, chosen: str) -> None:
    mail = reports.mail(reports.google(), submitter=DOMAIN, sender=sender)
    mail = sign(sign(mail, lower, "s1", KEY), upper, "s1", KEY)

    found = authenticator(_key(upper) | _key(lower))(mail, frozenset({DOMAIN}))

    assert found.domain == chosen


def test_a_kept_mail_is_judged_by_the_time_it_came() -> None:
    mail = _with(x=str(int(NOW) - 60))
    check = authenticator(ZONE)

    assert check(mail, IDENTITIES).domain is None
    assert check.at(datetime.fromtimestamp(NOW - 120, UTC))(mail, IDENTITIES).domain == DOMAIN
