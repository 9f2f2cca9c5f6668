"""QUIRKS B4, who says so: DKIM as RFC 8460 section 3 wants it. Every rule of it has its own tests in tests/auth."""

from collections.abc import Callable
from typing import Any

from tests.quirks import Case, Refused
from tests.quirks.keys import signed
from tests.quirks.mail_cases import GOOD_ONES, WHOLE, forwarded
from tests.support.reports import headers

# Microsoft signs these; the TLS-Report-* fields are not among them.
WEAK = ("From", "Date", "Subject", "Message-ID", "Content-Type", "MIME-Version")
# mox lists every field twice, and some that are not there.
OVER = ("From", "From", "To", "To", "Cc", "Cc", "Subject", "Subject", "TLS-Report-Domain", "TLS-Report-Domain")
ITS_OWN = b"ARC-Authentication-Results: i=1; mx.office.example 1; spf=none; dkim=none (message not signed)\r\n"


def counts(name: str, raw: bytes, *codes: str, reporter: str = "reporter.example") -> Case:
    return Case(name, raw, [*codes], {"delivery.reporter": reporter}, GOOD_ONES, signer=None)


def refused(name: str, raw: bytes, code: str, words: str, *codes: str) -> Case:
    return Refused(
        name, raw, code, words, [*codes], signer=None, shown={"report.report_id": "2026-11-20T00:00:00Z_example.com"}
    )


def with_headers(**other: str) -> Callable[..., bytes]:
    """Signs WHOLE with other values of these headers."""
    raw = WHOLE
    for name, value in headers():
        replaced = other.get(name.replace("-", "_").lower(), value)
        raw = raw.replace(f"{name}: {value}\r\n".encode(), f"{name}: {replaced}\r\n".encode())

    def sign(*args: Any, **how: Any) -> bytes:
        return signed(raw, *args, **how)

    return sign


CASES: list[Case] = [
    refused("Q60 a banner for external mail", signed(WHOLE).replace(b"This is", b"External! This is"), "dkim_fail", "body was changed"),
    refused("Q60 a footer", signed(WHOLE) + b"\r\nscanned by example\r\n", "dkim_fail", "body was changed"),
    refused(
        "Q61 another body under a signature and a claim that it passed",
        b"Authentication-Results: mx.example.com; dkim=pass header.d=reporter.example\r\n"
        + signed(WHOLE).replace(b"aggregate", b"anonymised"),
        "dkim_fail",
        "body was changed",
    ),
    counts("Q62 few fields signed, by a small key", signed(WHOLE, headers=WEAK)),
    counts("Q62 what is not signed is a hint and no more", signed(WHOLE, headers=WEAK).replace(b"TLS-Report-Domain: example.com", b"TLS-Report-Domain: example.net"), "Q40"),
    counts("Q63 signed by a host of the organisation", signed(WHOLE, "corp.reporter.example"), reporter="corp.reporter.example"),
    counts("Q64 the sender's own relay says: not signed", signed(ITS_OWN + WHOLE)),
    counts("Q64 on top of the signature", ITS_OWN + signed(WHOLE)),
    counts("Q65 another kind of signature", b"X-Google-DKIM-Signature: v=1; a=rsa-sha256; d=1e100.example; s=x; b=AAAA\r\n" + signed(WHOLE)),
    counts("Q65 a forwarder's on top", signed(signed(WHOLE), "relay.example")),
    refused("Q65 a forwarder's alone", signed(WHOLE, "relay.example"), "dkim_unaligned", "does not belong to reporter.example"),
    refused("Q66 not signed", WHOLE, "dkim_missing", "no DKIM signature"),
    refused("Q66 the header of the signature stripped of all but its name", b"DKIM-Signature:\r\n" + WHOLE, "dkim_fail", "not valid"),
    refused("Q67 l= over the whole body", signed(WHOLE, tags={"l": str(len(WHOLE.split(b"\r\n\r\n", 1)[1]))}), "dkim_length_tag", "length tag"),
    counts("Q68 a key for tlsrpt", signed(WHOLE, selector="reports")),
    counts("Q68 a key for email and tlsrpt", signed(WHOLE, selector="list")),
    refused("Q68 a key for email", signed(WHOLE, selector="mail"), "dkim_service", "does not name tlsrpt"),
    counts("Q69 aligned with the contact alone", with_headers(tls_report_submitter="Reporter Inc.", **{"from": "x@relay.example"})(), "Q69"),
    counts("Q86 forwarded whole: the inner signature counts", forwarded(signed(WHOLE)), "Q86"),
    Case("Q92 LF only, from a file", signed(WHOLE).replace(b"\r\n", b"\n"), [], figures=GOOD_ONES, channel="import", is_authenticated=True),
    counts("Q110 oversigned, simple", signed(WHOLE, headers=OVER, canonicalization="simple/simple")),
    refused("Q110 a field added to those that were signed twice", b"TLS-Report-Domain: example.net\r\n" + signed(WHOLE, headers=OVER), "dkim_fail", "does not match", "Q40"),
]  # fmt: skip
