"""Canonical forms (RFC 6376 section 3.4), and that header and body are what the reader of the report takes them for."""

import email
import time
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.auth import canonical


@pytest.mark.parametrize(
    ("body", "simple", "relaxed"),
    [
        (b"", b"\r\n", b""),
        (b"\r\n\r\n", b"\r\n", b""),
        (b"a", b"a\r\n", b"a\r\n"),
        (b"a\r\n", b"a\r\n", b"a\r\n"),
        (b"a\r\n\r\n\r\n", b"a\r\n", b"a\r\n"),
        (b"\r\n\r\na\r\n", b"\r\n\r\na\r\n", b"\r\n\r\na\r\n"),
        (b"a \t b\r\n", b"a \t b\r\n", b"a b\r\n"),
        (b" a\r\n\tb\r\n", b" a\r\n\tb\r\n", b" a\r\n b\r\n"),
        (b"a \t \r\nb\t\r\n", b"a \t \r\nb\t\r\n", b"a\r\nb\r\n"),
        (b"a \t", b"a \t\r\n", b"a\r\n"),
        (b"a\r\n \r\n\t\r\n", b"a\r\n \r\n\t\r\n", b"a\r\n"),
        (b" \r\n", b" \r\n", b""),
        (b"a\r\r\n\r\n", b"a\r\r\n", b"a\r\r\n"),
        (b"a\r\r\r\n", b"a\r\r\r\n", b"a\r\r\r\n"),
    ],
)
def test_body(body: bytes, simple: bytes, relaxed: bytes) -> None:
    assert canonical.canonical_body(body, relaxed=False) == simple
    assert canonical.canonical_body(body, relaxed=True) == relaxed
    assert canonical.body_hash(body, relaxed=True) == sha256(relaxed).digest()


@pytest.mark.parametrize(
    ("raw", "relaxed"),
    [
        (b"Subject: a", b"subject:a"),
        (b"SUBJECT:a b", b"subject:a b"),
        (b"Subject:  a \t b \t", b"subject:a b"),
        (b"Subject: a\r\n\tb\r\n  c", b"subject:a b c"),
        (b"Subject: a\r\n \r\n b", b"subject:a b"),
        (b"Subject:", b"subject:"),
        (b"Subject: a:b", b"subject:a:b"),
        (b"Subject: a\x0bb\xff", b"subject:a\x0bb\xff"),
    ],
)
def test_field(raw: bytes, relaxed: bytes) -> None:
    field = canonical.Field(raw.partition(b":")[0].lower(), raw)

    assert canonical.header([field], relaxed=True) == relaxed
    assert canonical.header([field], relaxed=False) == raw
    assert canonical.header([field, field], relaxed=True) == relaxed + b"\r\n" + relaxed


@pytest.mark.parametrize(
    ("mail", "names", "body"),
    [
        (b"", [], b""),
        (b"\r\nbody", [], b"body"),
        (b"A: 1\r\nb: 2\r\n\r\nbody\r\n", [b"a", b"b"], b"body\r\n"),
        (b"A: 1\nB: 2\n\nbody\n", [b"a", b"b"], b"body\r\n"),  # Q92
        (b"A: 1\r\nB: 2\n\r\nbody\n", [b"a", b"b"], b"body\r\n"),
        (b"A: 1\r\n\tfolded\r\n \r\nB: 2\r\n\r\n", [b"a", b"b"], b""),
        (b"A: 1", [b"a"], b""),
        (b"A:\r\n\r\n\r\nbody", [b"a"], b"\r\nbody"),
        (b"From x@example.com Fri Sep 16 12:10:00 2022\r\nA: 1\r\n\r\n", [b"a"], b""),  # Q88
    ],
)
def test_read(mail: bytes, names: list[bytes], body: bytes) -> None:
    parsed = canonical.read(mail)

    assert parsed is not None
    assert [field.name for field in parsed.fields] == names
    assert parsed.body == body


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(b"no field\r\n", id="no colon"),
        pytest.param(b"A: 1\r\nno field\r\n", id="no colon further down"),
        pytest.param(b"A : 1\r\n", id="blank before the colon"),
        pytest.param(b": 1\r\n", id="no name"),
        pytest.param(b"\xe4: 1\r\n", id="name not ASCII"),
        pytest.param(b" A: 1\r\n", id="continues nothing"),
        pytest.param(b"A: 1\r\nFrom x@example.com\r\n", id="mbox line inside"),
        pytest.param(b"A: 1\r\r\n", id="bare CR at the end of a line"),
        pytest.param(b"A: 1\r\rB: 2\r\n", id="bare CR that reads as a blank line"),
        pytest.param(b"A: " + b"x" * canonical.MAX_HEADER_BYTES + b"\r\n", id="too long"),
    ],
)
def test_broken_header(header: bytes) -> None:
    assert canonical.read(header + b"\r\nbody") is None


_PIECES = [b"A", b"b:", b": ", b"\r\n", b"\n", b"\r", b" ", b"\t", b"From ", b"x\r\n", b"\x0b", b"\x1c", b"\x85", b"-"]


@settings(deadline=None)
@given(st.lists(st.sampled_from(_PIECES)).map(b"".join))
def test_header_and_body_are_those_that_the_reader_sees(mail: bytes) -> None:
    """Else lines before a signed mail could be header for the signature, and a report for the reader."""
    parsed = canonical.read(mail)
    if parsed is None:
        return
    seen = email.message_from_bytes(mail)

    assert [name.lower().encode() for name in seen.keys()] == [field.name for field in parsed.fields]  # noqa: SIM118
    body = seen.get_payload(decode=True)
    assert isinstance(body, bytes)
    assert body.replace(b"\r\n", b"\n") == parsed.body.replace(b"\r\n", b"\n")


@pytest.mark.parametrize(
    "hostile",
    [
        pytest.param(b"a" * 200_000 + b"\r\n\r\n", id="one long word"),
        pytest.param(b"a\r\n" * 60_000 + b"\r\n", id="lines that are no fields"),
        pytest.param(b"a:\r\n" * 30_000 + b"\r\n", id="many fields"),
        pytest.param(b"a:" + b"\r\n " * 40_000 + b"\r\n\r\n", id="many folds"),
        pytest.param(b"\r\n" + b" " * 5_000_000, id="a body of blanks"),
        pytest.param(b"\r\n" + b" \t" * 1_000_000 + b"a \r\n" * 500_000, id="a body of blanks and lines"),
        pytest.param(b"\r\n" + b"\r\n" * 2_500_000, id="a body of blank lines"),
    ],
)
def test_hostile_mails_take_no_time(hostile: bytes) -> None:
    started = time.process_time()
    parsed = canonical.read(hostile)
    if parsed is not None:
        canonical.body_hash(parsed.body, relaxed=True)
        canonical.body_hash(parsed.body, relaxed=False)
    assert time.process_time() - started < 1
