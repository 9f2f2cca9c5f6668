"""One mail as bytes: what its header says, that strangers' text stays text, and that other programs read the same."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import settings as how
from hypothesis import strategies as st

from collector import settings
from dashboard.mail import message
from dashboard.mail.message import Content, Image, Sender

NOW = datetime(2026, 11, 23, 7, 0, 5, tzinfo=UTC)
BY = Sender("TLS reports", "tlsrpt@example.com")
TO = "ops@example.net"
ID = "<1@example.com>"
LINK = "https://tls.example.com/unsubscribe/TOKEN"
PNG = b"\x89PNG\r\n\x1a\nmade"


SHORT = Content("all well", "text\n")


def build(content: Content = SHORT, **how: object) -> bytes:
    given_: dict[str, object] = {"by": BY, "to": TO, "message_id": ID, "now": NOW} | how
    return message.build(content, **given_)  # type: ignore[arg-type]


def read(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw.replace(b"\r\n", b"\n"), policy=policy.default)  # type: ignore[return-value]


def test_the_header() -> None:
    head, _, _ = build(unsubscribe=LINK).partition(b"\r\n\r\n")
    assert head.decode("ascii").split("\r\n") == [
        "From: TLS reports <tlsrpt@example.com>",
        "To: ops@example.net",
        "Subject: all well",
        "Date: Mon, 23 Nov 2026 07:00:05 +0000",
        "Message-ID: <1@example.com>",
        "Auto-Submitted: auto-generated",
        "TLS-Required: No",
        f"List-Unsubscribe: <{LINK}>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        'Content-Type: text/plain; charset="utf-8"',
        "Content-Transfer-Encoding: 7bit",
        "MIME-Version: 1.0",
    ]


@pytest.mark.parametrize(
    ("url", "there"),
    [
        (None, []),
        (LINK, ["List-Unsubscribe", "List-Unsubscribe-Post"]),
        ("http://tls.example.com/unsubscribe/TOKEN", ["List-Unsubscribe"]),  # RFC 8058: one click is for https
    ],
)
def test_unsubscribing(url: str | None, there: list[str]) -> None:
    assert [name for name in read(build(unsubscribe=url)) if name.startswith("List-")] == there


def test_text_html_and_pictures() -> None:
    """RFC 2046 section 5.1.4: the richest last; RFC 2387: the pictures beside the HTML that names them."""
    mail = read(build(Content("s", "the text\n", '<p>bücher <img src="cid:c1"></p>', (Image("c1", PNG),))))
    assert mail.get_content_type() == "multipart/alternative"
    text, related = mail.iter_parts()
    assert text.get_content() == "the text\n"
    assert related.get_content_type() == "multipart/related"
    html, png = related.iter_parts()
    assert html.get_content_type() == "text/html"
    assert "bücher" in html.get_content()
    assert (png["Content-ID"], png.get_content_type(), png.get_content()) == ("<c1>", "image/png", PNG)
    assert png.get_content_disposition() == "inline"


def test_without_pictures_html_stands_alone() -> None:
    mail = read(build(Content("s", "t", "<p>h</p>")))
    assert [part.get_content_type() for part in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]


def test_every_line_fits() -> None:
    """RFC 5322 section 2.1.1; nothing but ASCII, so that every relay takes it."""
    long = "<p>" + "x" * 5000 + "あ" * 5000 + "</p>\n"
    raw = build(Content("件" * 150, long, long, (Image("c", PNG * 999),)), unsubscribe=f"{LINK}{'x' * 60}")
    raw.decode("ascii")
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert read(raw)["List-Unsubscribe"] == f"<{LINK}{'x' * 60}>"


HOSTILE = [
    "line\r\nBcc: all@example.net",
    "line\nBcc: all@example.net\n\n<script>",
    "tab\tand \x00 nul and \x1b[31m",
    "right \u202e left",
    "\u2028Bcc: all@example.net",
    "=?utf-8?q?Bcc=3A?= \r\n all",
    "lone \ud800 surrogate",
    "0000 00000000000000000¡¡¡¡¡¡¡¡\U00012f90 ¡",  # a blank between two encoded words
    "x" * 5000,
    "",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_strangers_text_in_the_subject(text: str) -> None:
    raw = build(Content(text, text, f"<p>{text}</p>"))
    mail = read(raw)
    assert "Bcc" not in mail
    assert mail["Subject"] == message.one_line(text)[:200]
    assert b"\0" not in raw


@how(deadline=None)  # on a busy machine any example may have to wait
@given(st.text(), st.text(), st.text())
def test_any_text(subject: str, text: str, name: str) -> None:
    raw = build(Content(subject, text, f"<p>{text}"), by=Sender(name, "tlsrpt@example.com"))
    raw.decode("ascii")
    mail = read(raw)
    assert sorted(mail.keys()) == sorted(read(build(Content("s", "t", "h"))).keys())
    assert [address.addr_spec for address in mail["From"].addresses] == ["tlsrpt@example.com"]
    assert mail["Subject"] == message.one_line(subject)[:200]


def test_nothing_asks_for_an_answer() -> None:
    names = {name.lower() for name in read(build(unsubscribe=LINK))}
    assert not names & {"disposition-notification-to", "return-receipt-to", "x-confirm-reading-to", "reply-to"}
    assert not names & {"in-reply-to", "references", "precedence"}


def test_an_address_outside_of_ascii() -> None:
    assert read(build(to="ops@bücher.example"))["To"] == "ops@xn--bcher-kva.example"
    raw = build(Content("件名", "t"), to="прове́рка@example.net")
    assert "To: прове́рка@example.net\r\n" in raw.decode()
    assert "Subject: 件名\r\n" in raw.decode()


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ("tlsrpt@example.com", Sender("", "tlsrpt@example.com")),
        ("TLS reports <tlsrpt@example.com>", Sender("TLS reports", "tlsrpt@example.com")),
        ('"Reports, TLS" <tlsrpt@example.com>', Sender("Reports, TLS", "tlsrpt@example.com")),
    ],
)
def test_the_sender(given_: str, expected: Sender) -> None:
    assert message.sender(settings.load(environ={}, overrides={"mail.from": given_}).mail) == expected


def test_the_machine_is_the_sender_where_none_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "Mail.Example.com")
    assert message.sender(settings.load(environ={}).mail) == Sender("", "tlsrpt@mail.example.com")


def test_no_message_id_comes_twice() -> None:
    ids = {message.new_id(BY) for _ in range(99)}
    assert len(ids) == 99
    assert all(one.endswith("@example.com>") for one in ids)
