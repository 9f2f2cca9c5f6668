"""DKIM-Signature fields (RFC 6376 section 3.5): what is read, and what cannot hold whatever the key."""

import pytest

from collector.auth.canonical import Field
from collector.auth.signature import BadSignature, Signature, read

_TAGS = {
    "v": "1", "a": "rsa-sha256", "c": "relaxed/simple", "d": "reporter.example", "s": "s1", "h": "From : To",
    "bh": "YQ==", "b": "Yg==",
}  # fmt: skip


def _read(**tags: str | None) -> Signature | BadSignature:
    """Read a signature with these tags changed, added or (None) left out."""
    values = "; ".join(f"{name}={value}" for name, value in (_TAGS | tags).items() if value is not None)
    return read(Field(b"dkim-signature", b"DKIM-Signature: " + values.encode()))


def test_read() -> None:
    found = _read(
        d="Reporter.Example", s="20261120", i="tls@Mail.Reporter.Example", x="1800000000", t="1700000000",
        bh="Y\r\n\tQ==",
    )  # fmt: skip

    assert isinstance(found, Signature)
    assert found.domain == "reporter.example"
    assert found.key_name == "20261120._domainkey.reporter.example"
    assert found.identity == "mail.reporter.example"
    assert found.headers == (b"from", b"to")
    assert (found.relaxed_header, found.relaxed_body) == (True, False)
    assert (found.body_hash, found.value) == (b"a", b"b")
    assert found.expires == 1_800_000_000
    assert not found.has_length


@pytest.mark.parametrize(
    ("form", "relaxed"),
    [
        (None, (False, False)),
        ("simple", (False, False)),
        ("relaxed", (True, False)),
        ("simple/relaxed", (False, True)),
        ("relaxed/relaxed", (True, True)),
    ],
)
def test_canonical_forms(form: str | None, relaxed: tuple[bool, bool]) -> None:
    found = _read(c=form)

    assert isinstance(found, Signature)
    assert (found.relaxed_header, found.relaxed_body) == relaxed


@pytest.mark.parametrize(
    "tags",
    [
        pytest.param({"a": "ed25519-sha256"}, id="Ed25519"),
        pytest.param({"d": "xn--bcher-kva.example"}, id="A-label"),
        pytest.param({"d": "bücher.example"}, id="U-label (RFC 8616)"),
        pytest.param({"s": "2026.q4"}, id="selector of two labels"),
        pytest.param({"i": "@reporter.example"}, id="i= as d="),
        pytest.param({"q": "dns/txt"}, id="q="),
        pytest.param({"q": "http:dns/txt"}, id="q= with another method"),
        pytest.param({"l": "0"}, id="l=, which is refused elsewhere"),
        pytest.param({"z": "From:x"}, id="copied header fields"),
        pytest.param({"unknown": "1"}, id="unknown tag"),
        pytest.param({"t": "99999999999"}, id="signed in the future"),
    ],
)
def test_good(tags: dict[str, str]) -> None:
    assert isinstance(_read(**tags), Signature)


@pytest.mark.parametrize(
    ("tags", "fault"),
    [
        *(({name: None}, f"{name}= is missing") for name in ("v", "a", "b", "bh", "d", "h", "s")),
        *(({name: ""}, f"{name}= is missing") for name in ("b", "d", "h")),
        ({"v": "2"}, "v= is not 1"),
        ({"a": "rsa-sha1"}, "the algorithm rsa-sha1 is not accepted"),
        ({"a": "rsa-md5"}, "the algorithm rsa-md5 is not accepted"),
        ({"c": "strict"}, "c= names an unknown canonical form"),
        ({"c": "relaxed/none"}, "c= names an unknown canonical form"),
        ({"c": "relaxed/relaxed/relaxed"}, "c= names an unknown canonical form"),
        ({"h": "To:Subject"}, "h= does not name From"),
        ({"q": "http"}, "q= does not name dns/txt"),
        ({"t": "yesterday"}, "t= or x= is no time"),
        ({"x": "-1"}, "t= or x= is no time"),
        ({"x": "9" * 5000}, "t= or x= is no time"),
        ({"t": "1700000000", "x": "1700000000"}, "x= is not later than t="),
        ({"i": "reporter.example"}, "i= is no address of d="),
        ({"i": "@other.example"}, "i= is no address of d="),
        ({"i": "@badreporter.example"}, "i= is no address of d="),
        ({"b": "?"}, "b= or bh= is not base64"),
        ({"bh": "YQ"}, "b= or bh= is not base64"),
        ({"d": "reporter@example"}, "d= or s= is no domain name"),
        ({"d": "192.0.2.1"}, "d= or s= is no domain name"),
        ({"s": "a b"}, "d= or s= is no domain name"),
        ({"s": "a" * 64}, "d= or s= is no domain name"),
        ({"b": "Yg==; b=Yg=="}, "it is no list of tags"),
    ],
)
def test_bad(tags: dict[str, str | None], fault: str) -> None:
    found = _read(**tags)

    assert isinstance(found, BadSignature)
    assert found.fault == fault
