"""How a mail is handed over, and what each thing that can go wrong means for it. The relays are real, on loopback."""

import base64
import dataclasses
import logging
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from collector import settings
from collector.errors import (
    ConfigurationError,
    RecipientPutOff,
    RecipientRefused,
    RelayUnanswered,
    RelayUnavailable,
    TlsrptError,
)
from collector.settings import Mail
from dashboard.mail import relay as outgoing
from tests.support.mx_host import Authority
from tests.support.processes import free_port
from tests.support.relay import DIES, SILENT, Relay

FROM, TO = "tlsrpt@example.com", "ops@example.net"
MAIL = b"From: <tlsrpt@example.com>\r\nSubject: made\r\n\r\none line\r\n.a line with a dot\r\n..\r\n"
PASSWORD = "pässwörd mit blank"


@pytest.fixture(scope="module")
def authority() -> Iterator[Authority]:
    made = Authority()
    yield made
    made.close()


def mail_settings(relay: Relay, **more: str) -> Mail:
    return settings.load(environ={}, overrides=relay.settings(**more)).mail


def send(relay: Relay, *, sender: str = FROM, to: str = TO, mail: bytes = MAIL, **more: str) -> bool:
    with outgoing.Relay(mail_settings(relay, **more)).connect() as session:
        return session.send(sender, to, mail)


def test_a_mail_arrives_as_it_was() -> None:
    with Relay() as relay:
        assert send(relay)
    [mail] = relay.mails
    assert (mail.sender, mail.recipient, mail.raw, mail.options) == (FROM, TO, MAIL, (f"SIZE={len(MAIL)}",))
    assert relay.seen.quits == 1


def gone(recipient: str) -> bytes:
    return b"550 5.1.1 no such user\r\n" if recipient.startswith("gone") else b""


def test_several_mails_go_over_one_connection() -> None:
    with Relay(answers={"RCPT": gone}) as relay, outgoing.Relay(mail_settings(relay)).connect() as session:
        assert session.send(FROM, "one@example.net", MAIL)
        with pytest.raises(RecipientRefused):
            session.send(FROM, "gone@example.net", MAIL)
        assert session.send(FROM, "two@example.net", MAIL)
    assert [mail.recipient for mail in relay.mails] == ["one@example.net", "two@example.net"]
    assert relay.seen.connections == 1


def test_without_the_word_for_its_end_nothing_arrives() -> None:
    asked = []

    def no() -> bool:
        asked.append("may it end?")
        return False

    with Relay() as relay, outgoing.Relay(mail_settings(relay)).connect() as session:
        assert not session.send(FROM, TO, MAIL, no)
    assert asked == ["may it end?"]
    assert relay.mails == []


# Said at which point, what follows from it: about all mails, about this one for now or for good, or nobody knows.
REPLIES = [
    ("", b"554 5.7.1 not for you\r\n", RelayUnavailable),
    ("", b"421 4.3.2 shutting down\r\n", RelayUnavailable),
    ("", DIES, RelayUnavailable),
    ("EHLO", b"421 4.3.2 shutting down\r\n", RelayUnavailable),
    ("MAIL", b"451 4.3.0 later\r\n", RelayUnavailable),
    ("MAIL", b"550 5.7.1 sender not allowed\r\n", RelayUnavailable),
    ("MAIL", b"530 5.7.0 Must issue a STARTTLS command first\r\n", RelayUnavailable),
    ("MAIL", b"552 5.3.4 too large\r\n", RecipientRefused),
    ("MAIL", DIES, RelayUnavailable),
    ("RCPT", b"450 4.2.0 greylisted\r\n", RecipientPutOff),
    ("RCPT", b"451 4.3.0 later\r\n", RecipientPutOff),
    ("RCPT", b"421 4.7.0 too many\r\n", RelayUnavailable),
    ("RCPT", b"550 5.1.1 no such user\r\n", RecipientRefused),
    ("RCPT", b"550 5.1.1 relay.example.com knows no such user\r\n", RecipientRefused),
    ("RCPT", b"554 5.7.1 <ops@example.net>: Relay access denied\r\n", RecipientPutOff),
    ("RCPT", b"550 relay not permitted\r\n", RecipientPutOff),
    ("RCPT", b"550 5.7.54 SMTP; Unable to relay recipient\r\n", RecipientPutOff),
    ("RCPT", b"530 5.7.0 Authentication required\r\n", RelayUnavailable),
    ("RCPT", DIES, RelayUnavailable),
    ("RCPT", b"hello\r\n", RelayUnavailable),
    ("DATA", b"451 4.3.0 later\r\n", RecipientPutOff),
    ("DATA", b"554 5.5.1 no valid recipients\r\n", RecipientRefused),
    ("DATA", DIES, RelayUnavailable),
    (".", b"451 4.3.0 later\r\n", RecipientPutOff),
    (".", b"554 5.7.1 spam\r\n", RecipientRefused),
    (".", b"421 4.3.2 shutting down\r\n", RelayUnavailable),
    (".", DIES, RelayUnanswered),
    (".", b"what?\r\n", RelayUnanswered),
    (".", b"x" * 20_000 + b"\r\n", RelayUnanswered),
]  # fmt: skip


@pytest.mark.parametrize(("verb", "reply", "error"), REPLIES, ids=lambda value: str(value)[:40])
def test_what_a_reply_means(verb: str, reply: bytes, error: type[TlsrptError]) -> None:
    with Relay(answers={verb: reply}) as relay, pytest.raises(error) as caught:
        send(relay)
    assert str(caught.value).startswith(f"127.0.0.1:{relay.port}: ")
    assert caught.type is error


@pytest.mark.parametrize(
    ("verb", "error"), [("", RelayUnavailable), ("RCPT", RelayUnavailable), (".", RelayUnanswered)]
)
def test_a_relay_that_keeps_silent(verb: str, error: type[TlsrptError]) -> None:
    with Relay(answers={verb: SILENT}) as relay, pytest.raises(error, match="it does not answer in time"):
        send(relay, mail__timeout="0.1")


def test_a_relay_that_is_slow_at_the_end_is_waited_for() -> None:
    """RFC 5321 section 4.5.3.2.6."""

    def slowly(_: str) -> bytes:
        time.sleep(0.5)
        return b"250 taken\r\n"

    with Relay(answers={".": slowly}) as relay:
        assert send(relay, mail__timeout="0.2")


def test_a_relay_that_dies_in_the_middle_of_a_mail_has_nothing() -> None:
    large = MAIL + b"x" * 70 + b"\r\n" + (b"y" * 70 + b"\r\n") * 100_000
    with Relay(dies_in_data=100_000) as relay, pytest.raises(RelayUnavailable):
        send(relay, mail=large)
    assert relay.mails == []


def test_nobody_listens() -> None:
    given = settings.load(environ={}, overrides={"mail.relay": f"127.0.0.1:{free_port()}"}).mail
    with pytest.raises(RelayUnavailable, match="Connection refused"):
        outgoing.Relay(given).connect()


def test_no_such_host() -> None:
    given = settings.load(environ={}, overrides={"mail.relay": "relay.invalid:25"}).mail
    with pytest.raises(RelayUnavailable, match=r"^relay\.invalid:25: "):
        outgoing.Relay(given).connect()


# Whose certificate, offered how, asked for how: over TLS, in the clear, or not at all and why.
TLS = [
    ("good", False, {"mail.starttls": "yes"}, "tls"),
    ("good", False, {"mail.starttls": "no"}, "clear"),
    ("good", False, {}, "tls"),  # auto
    ("unknown", False, {}, "tls"),  # auto on this machine: a courtesy, whoever's the certificate is
    ("unknown", False, {"mail.starttls": "yes"}, "its certificate is not trusted"),
    ("other name", False, {"mail.starttls": "yes"}, "its certificate is not trusted"),
    ("expired", False, {"mail.starttls": "yes"}, "its certificate is not trusted"),
    ("none", False, {}, "clear"),
    ("none", False, {"mail.starttls": "yes"}, "it offers no STARTTLS"),
    ("good", True, {"mail.tls": "yes"}, "tls"),
    ("unknown", True, {"mail.tls": "yes"}, "its certificate is not trusted"),
    ("other name", True, {"mail.tls": "yes"}, "its certificate is not trusted"),
    ("none", False, {"mail.tls": "yes"}, "127.0.0.1"),
]


@pytest.mark.parametrize(("whose", "at_once", "how", "expected"), TLS)
def test_tls(whose: str, at_once: bool, how: dict[str, str], expected: str, authority: Authority) -> None:
    certificates = {
        "good": lambda: authority.certificate("127.0.0.1"),
        "unknown": lambda: authority.certificate("127.0.0.1", trusted=False),
        "other name": lambda: authority.certificate("relay.example.com"),
        "expired": lambda: authority.certificate("127.0.0.1", since=-9, days=-1),
        "none": lambda: None,
    }
    more = {name.replace(".", "__"): value for name, value in how.items()}
    with Relay(certificates[whose](), at_once=at_once) as relay:
        if expected in ("tls", "clear"):
            assert send(relay, mail__ca_file=str(authority.ca_file), **more)
        else:
            with pytest.raises(RelayUnavailable, match=expected):
                send(relay, mail__ca_file=str(authority.ca_file), mail__timeout="0.5", **more)
    assert [mail.over_tls for mail in relay.mails] == {"tls": [True], "clear": [False]}.get(expected, [])


def test_port_465_speaks_tls_at_once() -> None:
    for relay, at_once in (("mx.example.com:465", True), ("mx.example.com:587", False)):
        assert settings.load(environ={}, overrides={"mail.relay": relay}).mail.is_tls_at_once is at_once


def test_elsewhere_starttls_is_a_must(monkeypatch: pytest.MonkeyPatch) -> None:
    """`auto` is `yes` for a relay at another machine: here one whose name leads to ourselves."""
    monkeypatch.setattr(socket, "getaddrinfo", _here(socket.getaddrinfo))
    with Relay() as relay, pytest.raises(RelayUnavailable, match="it offers no STARTTLS"):
        send(relay, mail__relay=f"relay.example.com:{relay.port}")


def test_a_password_does_not_go_in_the_clear_to_another_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", _here(socket.getaddrinfo))
    given = Mail(
        relay=settings.Address("relay.example.com", 0), user="tlsrpt", password=PASSWORD, starttls="no", timeout=5
    )
    with Relay(users={"tlsrpt": PASSWORD}) as relay:
        given = dataclasses.replace(given, relay=settings.Address("relay.example.com", relay.port))
        with pytest.raises(RelayUnavailable, match="anybody in between would see the password"):
            outgoing.Relay(given).connect()
    assert not [line for line in relay.seen.commands if line.startswith("AUTH")]


def _here(real):  # type: ignore[no-untyped-def]
    return lambda host, *more, **how: real("127.0.0.1" if host == "relay.example.com" else host, *more, **how)


@pytest.mark.parametrize("mechanisms", ["PLAIN LOGIN", "PLAIN", "LOGIN", "CRAM-MD5 LOGIN"])
@pytest.mark.parametrize("secured", [True, False], ids=["tls", "clear"])
def test_auth(mechanisms: str, secured: bool, authority: Authority) -> None:
    certificate = authority.certificate("127.0.0.1") if secured else None
    login = {"mail__user": "tlsrpt", "mail__password": PASSWORD, "mail__ca_file": str(authority.ca_file)}
    with Relay(certificate, users={"tlsrpt": PASSWORD}, mechanisms=mechanisms) as relay:
        assert send(relay, **login, mail__starttls="yes" if secured else "no")
    assert [(mail.user, mail.over_tls) for mail in relay.mails] == [("tlsrpt", secured)]


def test_a_wrong_password_is_the_relays_word_and_no_recipients_fault() -> None:
    with Relay(users={"tlsrpt": PASSWORD}) as relay, pytest.raises(RelayUnavailable) as caught:
        send(relay, mail__user="tlsrpt", mail__password="wrong")
    assert str(caught.value) == (
        f"127.0.0.1:{relay.port}: it answered AUTH with 535 5.7.8 Authentication credentials invalid"
    )


def test_a_relay_without_an_auth_that_we_know() -> None:
    kinds = Relay(users={"tlsrpt": PASSWORD}, mechanisms="GSSAPI CRAM-MD5")
    with kinds as relay, pytest.raises(RelayUnavailable, match="no AUTH of the kinds PLAIN and LOGIN"):
        send(relay, mail__user="tlsrpt", mail__password=PASSWORD)


def test_no_password_is_logged_or_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with Relay(users={"tlsrpt": "other"}) as relay, pytest.raises(RelayUnavailable) as caught:
        send(relay, mail__user="tlsrpt", mail__password=PASSWORD)
    told = caplog.text + str(caught.value) + repr(caught.value)
    for secret in (PASSWORD, base64.b64encode(f"\0tlsrpt\0{PASSWORD}".encode()).decode()):
        assert secret not in told


def test_an_address_outside_of_ascii() -> None:
    """A domain is sent as A-labels; a local part needs a relay that takes UTF-8 (RFC 6531)."""
    with Relay() as relay:
        assert send(relay, to="ops@bücher.example")
        with pytest.raises(RecipientRefused, match="SMTPUTF8"):
            send(relay, to="прове́рка@example.net")
    assert [mail.recipient for mail in relay.mails] == ["ops@xn--bcher-kva.example"]
    with Relay(extensions=("SMTPUTF8", "8BITMIME")) as relay:
        assert send(relay, to="прове́рка@bücher.example")
    [mail] = relay.mails
    assert mail.recipient == "прове́рка@xn--bcher-kva.example"
    assert mail.options == ("SMTPUTF8", "BODY=8BITMIME")


def test_an_address_with_a_line_end_is_no_command() -> None:
    with Relay() as relay, pytest.raises(RecipientRefused, match="is no address"):
        send(relay, to="ops@example.net>\r\nRCPT TO:<other@example.net")
    assert relay.mails == []


def test_a_strangers_answer_stays_on_one_line() -> None:
    reply = b"550-5.1.1 first\r\n550 5.1.1 second \x1b[31m" + "\u202e".encode() + b"\xff" * 900 + b"\r\n"
    with Relay(answers={"RCPT": reply}) as relay, pytest.raises(RecipientRefused) as caught:
        send(relay)
    told = str(caught.value)
    assert told.isprintable()
    assert "5.1.1 first 5.1.1 second" in told
    assert len(told) < 500


def test_a_ca_file_without_a_certificate(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("no certificate")
    given = settings.load(environ={}, overrides={"mail.relay": "127.0.0.1:25", "mail.ca_file": str(file)}).mail
    with pytest.raises(ConfigurationError, match=r"mail\.ca_file: .*ca\.pem: "):
        outgoing.Relay(given)


def test_without_a_relay() -> None:
    with pytest.raises(ConfigurationError, match=r"mail\.relay"):
        outgoing.Relay(Mail())
