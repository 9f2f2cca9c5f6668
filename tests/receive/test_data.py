"""Where a mail ends, and what its dots mean (RFC 5321 section 4.5.2)."""

import tracemalloc

import pytest

from collector.receive.smtp.budget import Budget
from collector.receive.smtp.data import DataReader

PLENTY = 10_000

# (what it is, the bytes after 354, the mail or None if it has not ended, what stands after its end)
ENDS = [
    ("empty mail", b".\r\n", b"", b""),
    ("one line", b"a\r\n.\r\n", b"a\r\n", b""),
    ("the next command comes along (Q112)", b"a\r\n.\r\nQUIT\r\n", b"a\r\n", b"QUIT\r\n"),
    ("empty line first", b"\r\n.\r\n", b"\r\n", b""),
    ("doubled dot", b"..\r\n.\r\n", b".\r\n", b""),
    ("doubled dot after a line", b"a\r\n..b\r\n.\r\n", b"a\r\n.b\r\n", b""),
    ("three dots", b"...\r\n.\r\n", b"..\r\n", b""),
    ("single dot before text goes", b".a\r\n.\r\n", b"a\r\n", b""),
    ("dot within a line stays", b"a.b\r\n.\r\n", b"a.b\r\n", b""),
    ("all bytes but the end are content", bytes(range(256)) + b"\r\n.\r\n", bytes(range(256)) + b"\r\n", b""),
    ("a line of 5,000 bytes", b"x" * 5000 + b"\r\n.\r\n", b"x" * 5000 + b"\r\n", b""),
    ("no end", b"a\r\n", None, None),
    ("dot, but no line end yet", b"a\r\n.", None, None),
]

# None of these ends a mail: who ends it here lets a second one be smuggled in.
SMUGGLING = [
    b"\n.\n",
    b"\n.\r\n",
    b"\r\n.\n",
    b"\r.\r",
    b"\r.\r\n",
    b"\r\n.\r",
    b"\r\n.\r\r\n",
    b"\n\n.\n\n",
    b"\r\n\x00.\r\n",
]


@pytest.mark.parametrize(("what", "wire", "mail", "rest"), ENDS, ids=[case[0] for case in ENDS])
@pytest.mark.parametrize("size", [1, 2, 3, 7, PLENTY])
def test_mail_ends_at_the_lone_dot_however_it_is_cut(
    what: str, wire: bytes, mail: bytes | None, rest: bytes | None, size: int
) -> None:
    reader = DataReader(PLENTY, Budget(PLENTY, PLENTY).share())
    after = None
    at = 0
    while at < len(wire) and after is None:
        after = reader.feed(wire[at : at + size])
        at += size
    if mail is None:
        assert after is None
        return
    assert after is not None
    assert after + wire[at:] == rest
    assert reader.content() == mail
    assert reader.size == len(mail)


@pytest.mark.parametrize("end", SMUGGLING)
@pytest.mark.parametrize("size", [1, 2, PLENTY])
def test_only_crlf_dot_crlf_ends_a_mail(end: bytes, size: int) -> None:
    smuggled = b"Subject: one\r\n\r\nbody" + end + b"MAIL FROM:<second@example.com>\r\n"
    reader = DataReader(PLENTY, Budget(PLENTY, PLENTY).share())
    for at in range(0, len(smuggled), size):
        assert reader.feed(smuggled[at : at + size]) is None
    assert reader.feed(b".\r\n") == b""
    assert b"MAIL FROM:<second@example.com>\r\n" in reader.content()


@pytest.mark.parametrize(
    ("mail", "limit", "too_big"),
    [
        (b"x" * 98 + b"\r\n", 100, False),
        (b"x" * 99 + b"\r\n", 100, True),
        (b"..\r\n" * 33 + b"\r\n", 101, False),  # 134 bytes on the wire, 101 without the added dots
    ],
)
def test_limit_counts_the_mail_without_added_dots(mail: bytes, limit: int, too_big: bool) -> None:
    reader = DataReader(limit, Budget(limit, limit).share())
    assert reader.feed(mail + b".\r\nNOOP\r\n") == b"NOOP\r\n"
    assert reader.too_big == too_big
    assert bool(reader.content()) != too_big


def test_what_is_over_the_limit_is_not_held() -> None:
    limit, chunk = 1_000_000, b"x" * 64_000
    reader = DataReader(limit, Budget(limit, limit).share())
    tracemalloc.start()
    try:
        for _ in range(400):  # 25 times the limit
            assert reader.feed(chunk) is None
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # A growing bytearray over-allocates by an eighth; two chunks are in motion.
    assert peak < limit * 9 / 8 + 4 * len(chunk)
    assert reader.feed(b"\r\n.\r\n") == b""
    assert reader.too_big
    assert reader.content() == b""
