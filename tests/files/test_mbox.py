"""Mailboxes in one file: what comes out is what was put in, whoever wrote them."""

import io
import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from collector.receive.files import mbox

LINE = b"From tls@reporter.example Sat Nov 21 04:00:00 2026\n"
FIRST, SECOND = b"Subject: one\n\nfirst\n", b"Subject: two\n\nsecond\n"
MOST = 1_000_000


class Trickle(io.RawIOBase):
    """A stream that gives few bytes at a time."""

    def __init__(self, content: bytes, step: int) -> None:
        self._content = io.BytesIO(content)
        self._step = step

    def read(self, size: int = -1) -> bytes:
        return self._content.read(self._step)


def cut(content: bytes, *, most: int = MOST, step: int = 1 << 20, head: int = 2048) -> list[bytes]:
    assert mbox.is_mbox(content[:head])
    return list(mbox.mails(content[:head], Trickle(content[head:], step), most))


def written(mails: list[bytes], *, line: bytes = LINE) -> bytes:
    """As mboxrd."""
    return b"".join(line + re.sub(rb"(?m)^(>*From )", rb">\1", mail) + b"\n" for mail in mails)


# what it is -> content, mails
CASES = {
    "two mails": (written([FIRST, SECOND]), [FIRST, SECOND]),
    "CRLF": (
        written([FIRST, SECOND]).replace(b"\n", b"\r\n"),
        [FIRST.replace(b"\n", b"\r\n"), SECOND.replace(b"\n", b"\r\n")],
    ),
    "a blank line on top": (b"\n" + written([FIRST]), [FIRST]),
    "no blank line between, but a time": (LINE + FIRST + LINE + SECOND, [FIRST, SECOND]),
    "a blank line, but no time": (
        written([FIRST, SECOND], line=b"From tls@reporter.example\n"),
        [FIRST, SECOND],
    ),
    "as Thunderbird writes it": (written([FIRST], line=b"From - Sat Nov 21 04:00:00 2026\n"), [FIRST]),
    "as Gmail exports it": (written([FIRST], line=b"From 17@xxx Sat Nov 21 04:00:00 +0000 2026\n"), [FIRST]),
    "a name with blanks": (written([FIRST], line=b'From "a b"@x.example Sat Nov 21 04:00 2026\n'), [FIRST]),
    "no line end at the end": (LINE + FIRST + b"\n" + LINE + b"Subject: two\n\nsecond", [FIRST, b"Subject: two\n\nsecond"]),
    "no body": (LINE + b"Subject: one\n\n" + LINE + SECOND, [b"Subject: one\n", SECOND]),
    "escaped once": (written([FIRST + b"From here\n"]), [FIRST + b"From here\n"]),
    "escaped twice": (written([FIRST + b">From here\n"]), [FIRST + b">From here\n"]),
    "mboxo does not escape what is escaped": (LINE + FIRST + b">>From here\n\n", [FIRST + b">From here\n"]),
    "quoted otherwise": (written([FIRST + b"> From here\n>Frombork\n"]), [FIRST + b"> From here\n>Frombork\n"]),
    "not escaped, in running text": (LINE + FIRST + b"From here on it is text: yes.\nMore.\n\n", [FIRST + b"From here on it is text: yes.\nMore.\n"]),
    "not escaped, a paragraph": (LINE + FIRST + b"\nFrom here on.\nMore.\n\n", [FIRST + b"\nFrom here on.\nMore.\n"]),
    "Q88: lines of older hops": (LINE + b">From a@b.example Sat Nov 21 03:00:00 2026\n" + FIRST, [FIRST]),
    "Q88: a single mail with such a line": (LINE + FIRST, [FIRST]),
    "ends behind a separator": (LINE + FIRST + b"\n" + LINE, [FIRST + b"\n" + LINE]),
}  # fmt: skip


@pytest.mark.parametrize(("content", "mails"), CASES.values(), ids=CASES)
@pytest.mark.parametrize("step", [1, 1 << 20], ids=["byte by byte", "at once"])
def test_mails_of_a_mailbox(content: bytes, mails: list[bytes], step: int) -> None:
    assert cut(content, step=step, head=100 if step == 1 else 2048) == mails


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"Subject: x\n\nFrom here\n",
        b"From the desk of my aunt\n\nDear all,\n",
        b"From: a@b.example\n\nhello\n",
        b"Frombork\nX: y\n",
        b"From " + b"x" * 1100 + b"\nX: y\n",
        b"{}",
    ],
)
def test_no_mailbox(content: bytes) -> None:
    assert not mbox.is_mbox(content)


def test_a_mail_over_the_limit_is_cut_and_its_neighbours_are_whole() -> None:
    large = b"Subject: large\n\n" + b">From x\n" * 100_000
    content = LINE + FIRST + b"\n" + LINE + large + b"\n" + LINE + SECOND
    assert cut(content, most=1000, step=4096) == [FIRST, large[:1001], SECOND]


@pytest.mark.parametrize("extra", [0, 1, 2, 3])
def test_the_limit_to_the_byte(extra: int) -> None:
    mail = FIRST + b"x" * (100 - len(FIRST) + extra)
    [found] = cut(LINE + mail + b"\n\n", most=100)
    assert found == (mail + b"\n")[:101]


MAIL = st.lists(
    st.sampled_from([b"From ", b">From ", b"\n", b"\n\n", b"\r\n", b"a: b", b"x" * 700, b"4:00 2026", b">", b" "]),
    max_size=12,
).map(lambda pieces: b"Subject: x\n\n" + b"".join(pieces) + b"\n")


@given(st.lists(MAIL, min_size=1, max_size=4), st.integers(1, 5000), st.integers(60, 2048))
def test_what_was_put_into_a_mailbox_comes_out(mails: list[bytes], step: int, head: int) -> None:
    assert cut(written(mails), step=step, head=head) == mails


@given(st.binary(max_size=3000) | st.lists(st.sampled_from([b"From ", b"\n", b"a:", b"1:11", b"2026"])).map(b"".join))
@example(b"\nFrom " * 300)
def test_any_bytes_come_out_in_some_pieces(content: bytes) -> None:
    found = cut(LINE + b"X: y\n" + content, step=500)
    assert len(b"".join(found)) <= len(content) + 5


@pytest.mark.parametrize("unit", [b"\nFrom ", b"\nFrom 1:11 2026", b"1:11", b">", b">From ", b"\n\n", b"\nFrom x\nY"])
def test_time_grows_with_the_size_only(unit: bytes) -> None:
    def seconds(size: int) -> float:
        content = LINE + b"X: y\n" + unit * (size // len(unit))
        begin = time.process_time()
        cut(content, most=10 * size)
        return time.process_time() - begin

    short, long = min(seconds(50_000) for _ in range(3)), min(seconds(400_000) for _ in range(2))
    assert long < 40 * short + 0.05
