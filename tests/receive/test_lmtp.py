"""LMTP (RFC 2033): like SMTP, but for the greeting and one answer per recipient."""

import smtplib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.receive.listener import HOSTNAME, Listener, LmtpClient, day
from tests.support import reports

Listen = Callable[..., Listener]
LHLO = ("LHLO client.example", "250")
MAIL = ("MAIL FROM:<tls-reports@reporter.example>", "250 2.1.0")
RCPT = ("RCPT TO:<tlsrpt@example.com>", "250 2.1.5")
OTHER = ("RCPT TO:<tlsrpt@example.net>", "250 2.1.5")
NOBODY = ("RCPT TO:<who@example.com>", "550 5.1.1")
TEXT = b"Subject: none\r\n\r\nnothing\r\n.\r\n"

DIALOGUES: dict[str, list[tuple[str, str]]] = {
    "LHLO greets": [LHLO, MAIL, RCPT, ("DATA", "354")],
    "EHLO and HELO do not (RFC 2033 section 4.1)": [("EHLO x", "500 5.5.1"), ("HELO x", "500 5.5.1"), (*MAIL[:1], "503")],
    "LHLO without a name": [("LHLO", "501 5.5.4 Syntax: LHLO name")],
    "MAIL before LHLO": [(*MAIL[:1], "503 5.5.1 LHLO first")],
    "no valid recipient (RFC 2033 section 4.2)": [LHLO, MAIL, NOBODY, ("DATA", "503 5.5.1")],
    "verbs in common": [LHLO, ("NOOP", "250"), ("VRFY x", "252"), ("RSET", "250"), ("HELP", "214"), ("QUIT", "221")],
}  # fmt: skip


@pytest.fixture
def listener(listen: Listen) -> Listener:
    """LMTP and nothing else."""
    return listen(smtp__listen="", lmtp__listen="127.0.0.1:0")


def lmtp(listener: Listener) -> LmtpClient:
    return LmtpClient(listener.addresses[-1])


def report_mail(number: int = 0) -> bytes:
    return reports.mail(reports.report(day=day(number)))


@pytest.mark.parametrize("name", DIALOGUES)
def test_dialogue(listener: Listener, name: str) -> None:
    with lmtp(listener) as client:
        assert client.reply() == f"220 {HOSTNAME} LMTP"
        for command, expected in DIALOGUES[name]:
            assert client.ask(command).replace("250-", "250 ").startswith(expected), command


def test_what_lhlo_offers(listener: Listener) -> None:
    """RFC 2033 section 5: PIPELINING and ENHANCEDSTATUSCODES must be there, 8BITMIME should."""
    with lmtp(listener) as client:
        client.reply()
        offered = {line[4:] for line in client.ask("LHLO client.example").splitlines()}
    assert {"PIPELINING", "ENHANCEDSTATUSCODES", "8BITMIME"} < offered


# (what, recipients, of which so many are accepted)
RECIPIENTS = [
    ("one", [RCPT], 1),
    ("two", [RCPT, OTHER], 2),
    ("one of them is nobody", [RCPT, NOBODY, OTHER], 2),
    ("one of them twice", [RCPT, OTHER, RCPT], 3),
]


@pytest.mark.parametrize(("what", "recipients", "accepted"), RECIPIENTS, ids=[case[0] for case in RECIPIENTS])
def test_one_answer_per_recipient(
    listener: Listener, what: str, recipients: list[tuple[str, str]], accepted: int
) -> None:
    with lmtp(listener) as client:
        client.reply()
        for command, expected in (LHLO, MAIL, *recipients, ("DATA", "354")):
            assert client.ask(command).replace("250-", "250 ").startswith(expected)
        client.send(report_mail() + b".\r\n")
        [delivery] = {client.reply() for _ in range(accepted)}
        assert client.ask("NOOP") == "250 2.0.0 OK"  # and not one answer more
    [stored] = listener.deliveries()
    assert delivery == f"250 2.0.0 {stored.id} stored"
    assert stored.channel == "lmtp"


def test_a_mail_too_large_is_refused_for_each(listen: Listen) -> None:
    listener = listen(lmtp__listen="127.0.0.1:0", limits__message_bytes="1000")
    with lmtp(listener) as client:
        client.greet()
        client.ask(OTHER[0])
        client.ask("DATA")
        assert client.send(b"x" * 2000 + b"\r\n.\r\n").replies(2) == ["552", "552"]
        assert client.ask("NOOP").startswith("250")


def test_a_store_that_is_away_is_451_for_each(listen: Listen) -> None:
    listener = listen(lmtp__listen="127.0.0.1:0")
    with lmtp(listener) as client:
        client.greet()
        client.ask(OTHER[0])
        client.ask("DATA")
        listener.close_store()
        assert client.send(TEXT).replies(2) == ["451", "451"]
        assert client.ask("NOOP").startswith("250")


def test_pipelined(listener: Listener) -> None:
    with lmtp(listener) as client:
        both = b"LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<tlsrpt@example.com>\r\nRCPT TO:<tlsrpt@example.net>\r\nDATA\r\n"
        client.send(both + TEXT + b"QUIT\r\n")
        assert client.replies(9) == ["220", "250", "250", "250", "250", "354", "250", "250", "221"]
        assert client.reply() == ""


def test_the_same_report_by_both_is_counted_once(listen: Listen) -> None:
    listener = listen(lmtp__listen="127.0.0.1:0")
    with listener.client() as client:
        assert client.greet().data(report_mail()).endswith("stored")
    with lmtp(listener) as client:
        assert client.greet().data(report_mail()).endswith("duplicate")
    assert [delivery.channel for delivery in listener.deliveries()] == ["smtp", "lmtp"]


def test_a_client_of_the_standard_library_at_a_unix_socket(listen: Listen, tmp_path: Path) -> None:
    path = tmp_path / "lmtp"
    listener = listen(smtp__listen="", lmtp__listen=str(path), smtp__connections_per_address="1")
    with LmtpClient(listener.addresses[-1]) as another, smtplib.LMTP(str(path)) as client:
        assert another.reply().startswith("220")  # clients without an address are not of one address
        assert client.sendmail("", ["tlsrpt@example.com"], report_mail()) == {}
    [delivery] = listener.deliveries()
    assert (delivery.channel, delivery.outcome, delivery.envelope["peer"]) == ("lmtp", "stored", None)
