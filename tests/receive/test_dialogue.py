"""Dialogues, line by line: what the client says and the code it hears."""

import smtplib
from collections.abc import Callable
from email.message import EmailMessage

import pytest

from tests.receive.listener import HOSTNAME, Client, Listener

EHLO = ("EHLO client.example", "250")
MAIL = ("MAIL FROM:<tls-reports@reporter.example>", "250 2.1.0")
RCPT = ("RCPT TO:<tlsrpt@example.com>", "250 2.1.5")
TEXT = "Subject: none\r\n\r\nnothing\r\n."

DIALOGUES: dict[str, list[tuple[str, str]]] = {
    "a mail": [EHLO, MAIL, RCPT, ("DATA", "354"), (TEXT, "250 2.0.0"), ("QUIT", "221 2.0.0")],
    "HELO is enough": [("HELO client.example", "250"), MAIL, RCPT, ("DATA", "354"), (TEXT, "250 2.0.0")],
    "verbs in any case": [("ehlo x", "250"), ("mail from:<>", "250"), ("Rcpt To:<tlsrpt@a.example>", "250")],
    "null sender": [EHLO, ("MAIL FROM:<>", "250"), RCPT, ("DATA", "354"), (TEXT, "250")],
    "SIZE, 8BITMIME and SMTPUTF8": [EHLO, ("MAIL FROM:<> SIZE=1000 BODY=8BITMIME SMTPUTF8", "250")],
    "several mails": [
        EHLO,
        *[MAIL, RCPT, ("DATA", "354"), (TEXT, "250")] * 3,
    ],
    "several recipients": [EHLO, MAIL, RCPT, ("RCPT TO:<tlsrpt@example.net>", "250"), ("DATA", "354"), (TEXT, "250")],
    "one of two recipients": [EHLO, MAIL, ("RCPT TO:<who@example.com>", "550 5.1.1"), RCPT, ("DATA", "354")],
    "no valid recipient": [EHLO, MAIL, ("RCPT TO:<who@example.com>", "550 5.1.1"), ("DATA", "554 5.5.1")],
    "no relay": [EHLO, MAIL, ("RCPT TO:<victim@elsewhere.example>", "550 5.1.1")],
    "no relay by percent": [EHLO, MAIL, ("RCPT TO:<tlsrpt%elsewhere.example@example.com>", "550 5.1.1")],
    "no relay by route": [EHLO, MAIL, ("RCPT TO:<@elsewhere.example:tlsrpt@example.com>", "550 5.1.1")],
    "no relay by quotes": [EHLO, MAIL, ('RCPT TO:<"tlsrpt@elsewhere.example"@example.com>', "550 5.1.1")],
    "RSET forgets the sender": [EHLO, MAIL, RCPT, ("RSET", "250 2.0.0"), (*RCPT[:1], "503 5.5.1"), MAIL],
    "EHLO forgets the sender": [EHLO, MAIL, EHLO, (*RCPT[:1], "503 5.5.1")],
    "MAIL before EHLO": [(*MAIL[:1], "503 5.5.1")],
    "MAIL twice": [EHLO, MAIL, (*MAIL[:1], "503 5.5.1")],
    "RCPT before MAIL": [EHLO, (*RCPT[:1], "503 5.5.1")],
    "DATA before MAIL": [EHLO, ("DATA", "503 5.5.1")],
    "DATA before RCPT": [EHLO, MAIL, ("DATA", "554 5.5.1")],
    "after a mail all begins anew": [EHLO, MAIL, RCPT, ("DATA", "354"), (TEXT, "250"), ("DATA", "503 5.5.1")],
    "EHLO without a name": [("EHLO", "501 5.5.4"), ("HELO ", "501 5.5.4")],
    "arguments where there are none": [EHLO, MAIL, RCPT, ("DATA now", "501"), ("RSET x", "501"), ("DATA", "354")],
    "QUIT with an argument": [("QUIT please", "221")],
    "no AUTH, no BDAT, no EXPN, no TURN": [EHLO, *((verb, "500 5.5.1") for verb in ("AUTH PLAIN AA==", "BDAT 10 LAST", "EXPN all", "TURN"))],
    "STARTTLS is not offered without a certificate": [EHLO, ("STARTTLS", "502 5.5.1")],
    "VRFY tells nothing": [EHLO, ("VRFY tlsrpt", "252 2.5.2"), ("VRFY nobody", "252 2.5.2")],
    "NOOP and HELP": [("NOOP", "250 2.0.0"), ("NOOP what ever", "250 2.0.0"), ("HELP", "214")],
    "an empty line": [("", "500 5.5.2"), EHLO],
    "control characters": [("EHLO a\x00b", "500 5.5.2"), ("EHLO a\rb", "500 5.5.2"), ("EHLO a\x1bb", "500 5.5.2"), EHLO],
    "bytes that are no UTF-8": [("EHLO caf\udce9.example", "250"), MAIL],
    "a line of 2,048 bytes": [("NOOP " + "x" * 2043, "250"), EHLO],
    "a line of 2,049 bytes": [("NOOP " + "x" * 2044, "500 5.5.2"), EHLO],
    "a line of 60,000 bytes": [("NOOP " + "x" * 60_000, "500 5.5.2"), EHLO],
    "HTTP is no SMTP": [*[("GET / HTTP/1.1", "500 5.5.1")] * 9, ("Host: mx.example.com", "421 4.7.0")],
}  # fmt: skip


@pytest.mark.parametrize("name", DIALOGUES)
def test_dialogue(listener: Listener, name: str) -> None:
    with listener.client() as client:
        assert client.reply() == f"220 {HOSTNAME} ESMTP"
        for command, expected in DIALOGUES[name]:
            answer = client.ask(command.encode("utf-8", "surrogateescape"))
            assert answer.replace("250-", "250 ").startswith(expected), command[:80]


def test_what_ehlo_offers(listener: Listener) -> None:
    with smtplib.SMTP("127.0.0.1", listener.port) as client:
        client.ehlo()
        assert client.esmtp_features == {
            "size": str(10 * 1024 * 1024),
            "8bitmime": "",
            "smtputf8": "",
            "pipelining": "",
            "enhancedstatuscodes": "",
        }


def test_hung_up_after_quit_and_after_too_many_unknown_commands(listener: Listener) -> None:
    for last in (b"QUIT\r\n", b"what\r\n" * 10):
        with listener.client() as client:
            client.reply()
            client.send(last)
            client.replies(last.count(b"\r\n"))
            assert client.reply() == ""


def test_line_without_end_hangs_up(listener: Listener) -> None:
    with listener.client() as client:
        client.reply()
        client.send(b"NOOP " + b"x" * 200_000)
        assert client.reply() == ""


def test_commands_in_one_go(listener: Listener) -> None:
    """Postfix and msmtp write MAIL, RCPT and DATA together where PIPELINING is offered (Q112)."""
    with listener.client() as client:
        client.reply()
        client.ask("EHLO client.example")
        client.send(b"MAIL FROM:<>\r\nRCPT TO:<who@example.com>\r\nRCPT TO:<tlsrpt@example.com>\r\nDATA\r\n")
        assert client.replies(4) == ["250", "550", "250", "354"]
        # The end of one mail and the next group of commands, in one packet (RFC 2920 section 3.1).
        client.send(b"a mail\r\n.\r\nMAIL FROM:<>\r\nRCPT TO:<who@example.com>\r\nDATA\r\nRSET\r\nNOOP\r\n")
        assert client.replies(6) == ["250", "250", "550", "554", "250", "250"]


def test_a_client_that_waits_for_nothing(listener: Listener) -> None:
    with listener.client() as client:
        client.send(
            b"EHLO client.example\r\nMAIL FROM:<>\r\nRCPT TO:<tlsrpt@example.com>\r\nDATA\r\n"
            b"Subject: one\r\n\r\none\r\n.\r\nQUIT\r\n"
        )
        assert client.replies(7) == ["220", "250", "250", "250", "354", "250", "221"]
        assert client.reply() == ""
    assert len(listener.deliveries()) == 1


def test_byte_by_byte(listener: Listener) -> None:
    with listener.client() as client:
        client.reply()
        client.send(*(bytes([byte]) for byte in b"EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<tlsrpt@example.com>\r\nDATA\r\n"))
        assert client.replies(4) == ["250", "250", "250", "354"]
        client.send(*(bytes([byte]) for byte in b"x\r\n..y\r\n.\r\nQUIT\r\n"))
        assert client.replies(2) == ["250", "221"]


def test_smtplib_sends_utf8(listener: Listener) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "é@reporter.example", "tlsrpt@bücher.example", "ü"
    with smtplib.SMTP("127.0.0.1", listener.port) as client:
        assert client.send_message(message) == {}
    assert listener.deliveries()[0].envelope["rcpt_to"] == ["tlsrpt@bücher.example"]


def test_both_families_on_several_addresses(listen: Callable[..., Listener]) -> None:
    listener = listen(smtp__listen="127.0.0.1:0,[::1]:0,127.0.0.2:0")
    for address in listener.addresses:
        with Client(address.port, address.host) as client:
            assert client.reply().startswith("220")


def test_ipv4_client_of_a_socket_for_both(listen: Callable[..., Listener]) -> None:
    listener = listen(smtp__listen="[::]:0")
    with Client(listener.port, "127.0.0.1") as client:
        assert client.greet().data(b"x\r\n").startswith("250")
    assert listener.deliveries()[0].envelope["peer"] == "127.0.0.1"
