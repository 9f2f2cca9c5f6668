"""The operator's own mail server may vouch for a mail (RFC 8601); nobody else's word counts (Q60, Q64)."""

from ipaddress import ip_network

import pytest

from collector.auth import Authentication
from collector.auth.results import TrustedResults, read
from collector.delivery import Delivery, Envelope, Reason
from collector.ingest import ingest
from collector.settings import Auth, Limits
from tests.support import reports
from tests.support.collector import NOW
from tests.support.mails import rsa_key, sign

PASS = "mx.example.com; dkim=pass header.d=reporter.example"
# value of the field -> authserv-id, domains that passed
FIELDS = [
    ("the plain form", PASS, ("mx.example.com", ("reporter.example",))),
    (
        "other methods around it",
        f"{PASS} header.s=s1; spf=pass smtp.mailfrom=x.example",
        ("mx.example.com", ("reporter.example",)),
    ),
    (
        "folded, with a version and upper case",
        "MX.Example.COM 1;\r\n\tDKIM=Pass header.d=Reporter.Example.",
        ("mx.example.com", ("reporter.example",)),
    ),
    (
        "two signatures",
        "mx.example.com; dkim=fail header.d=a.example; dkim=pass header.d=b.example",
        ("mx.example.com", ("b.example",)),
    ),
    ("none", "mx.example.com; none", ("mx.example.com", ())),
    ("no signature", "mx.example.com; dkim=none (message not signed)", ("mx.example.com", ())),
    (
        "pass in a comment",
        "mx.example.com; dkim=fail (was; dkim=pass header.d=a.example) header.d=b.example",
        ("mx.example.com", ()),
    ),
    ("nested comments", "mx.example.com; dkim=pass (a (b) c) header.d=a.example", ("mx.example.com", ("a.example",))),
    (
        "pass in a quoted reason",
        'mx.example.com; dkim=fail reason="; dkim=pass header.d=a.example"',
        ("mx.example.com", ()),
    ),
    (
        "two domains in one result",
        "mx.example.com; dkim=pass header.d=a.example header.d=b.example",
        ("mx.example.com", ()),
    ),
    ("only the identity is told", "mx.example.com; dkim=pass header.i=@a.example", ("mx.example.com", ())),
    ("method with a version", "mx.example.com; dkim/1=pass header.d=a.example", ("mx.example.com", ("a.example",))),
    ("another method of a like name", "mx.example.com; dkim-adsp=pass header.d=a.example", ("mx.example.com", ())),
    ("an open comment", "mx.example.com; dkim=pass (header.d=a.example", ("", ())),
    ("an open quote", 'mx.example.com; dkim=pass header.d=a.example reason="x', ("", ())),
    ("nothing", " ", ("", ())),
    ("a domain that is none", "mx.example.com; dkim=pass header.d=a..example", ("mx.example.com", ())),
]


@pytest.mark.parametrize(("value", "found"), [case[1:] for case in FIELDS], ids=[case[0] for case in FIELDS])
def test_what_a_field_says(value: str, found: tuple[str, tuple[str, ...]]) -> None:
    assert read(value) == found


@pytest.mark.timeout(60)  # a twentieth of it took 3 s when whole quotes and comments were searched for
@pytest.mark.parametrize(
    "unit", ["(", "()", '"', '\\"', "\\(", '"\\', "(\\", "x; dkim=pass header.d=", "dkim ", "header . d ", "; ", "\\"]
)
def test_hostile_fields_take_no_time(unit: str) -> None:
    read("mx.example.com; " + unit * (400_000 // len(unit)))


def test_comments_are_nested_to_a_limit() -> None:
    for depth, server in ((20, "mx.example.com"), (21, "")):
        assert read(f"mx.example.com {'(' * depth}{')' * depth}; dkim=pass header.d=a.example")[0] == server


TRUSTED = TrustedResults(frozenset({"mx.example.com"}), (ip_network("192.0.2.0/24"),))
RELAY = Envelope("smtp", peer="192.0.2.7")


def forwarded(mail: bytes, *fields: str) -> bytes:
    """As a server passes it on: its fields on top."""
    return "".join(f"Authentication-Results: {field}\r\n" for field in fields).encode() + mail


def report_mail(**tags: str | None) -> bytes:
    """A mail whose signature does not hold any more: a footer was added on the way (Q60)."""
    return sign(reports.mail(reports.report()), "reporter.example", "s1", rsa_key(), tags=tags) + b"-- footer\r\n"


def take(raw: bytes, envelope: Envelope, trusted: TrustedResults | None = TRUSTED) -> Delivery:
    refused = Authentication(None, Reason("dkim_fail", "the body was changed"))
    return ingest(raw, envelope, NOW, limits=Limits(), dkim="require", authenticate=lambda *_: refused, trusted=trusted)


CASES = [
    ("own server, own address", forwarded(report_mail(), PASS), RELAY, True),
    ("by LMTP over a unix socket", forwarded(report_mail(), PASS), Envelope("lmtp"), True),
    ("from the own mailbox", forwarded(report_mail(), PASS), Envelope("imap"), True),
    ("from anywhere else", forwarded(report_mail(), PASS), Envelope("smtp", peer="198.51.100.1"), False),
    ("by SMTP from nowhere", forwarded(report_mail(), PASS), Envelope("smtp"), False),
    ("another server's field", forwarded(report_mail(), PASS.replace("mx.", "mx9.")), RELAY, False),
    ("own field under another's", forwarded(report_mail(), PASS.replace("mx.", "mx9."), PASS), RELAY, True),
    (
        "a forged own field below the real one",
        forwarded(report_mail(), "mx.example.com; dkim=fail", PASS),
        RELAY,
        False,
    ),
    (
        "a domain that has nothing to do with it",
        forwarded(report_mail(), PASS.replace("reporter.", "other.")),
        RELAY,
        False,
    ),
    ("a signature that the mail does not have", forwarded(reports.mail(reports.report()), PASS), RELAY, False),
    ("Q67 a length tag", forwarded(report_mail(l="10"), PASS), RELAY, False),
    ("no field", report_mail(), RELAY, False),
]


@pytest.mark.parametrize(("raw", "envelope", "holds"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_whose_word_counts(raw: bytes, envelope: Envelope, holds: bool) -> None:
    delivery = take(raw, envelope)
    assert delivery.authenticated is holds
    assert (delivery.reason is None) is holds
    if holds:
        assert delivery.reporter == "reporter.example"


def test_nobody_is_believed_unless_it_is_set() -> None:
    assert TrustedResults.of(Auth()) is None
    assert not take(forwarded(report_mail(), PASS), RELAY, trusted=None).authenticated


def test_q86_a_field_inside_a_forwarded_mail_says_nothing() -> None:
    inner = forwarded(report_mail(), PASS)
    attached = b"Content-Type: message/rfc822\r\n\r\n" + inner
    outer = reports.multipart(
        [attached], [("From", "somebody@example.net")], content_type="multipart/mixed", boundary="outer"
    )
    assert [finding.code for finding in take(outer, RELAY).findings] == ["Q86"]
    assert not take(outer, RELAY).authenticated
