"""How the server is reached and trusted, and what is told of it: never the password."""

import base64
import logging
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from collector.errors import ConfigurationError, MailboxUnavailable
from tests.imap.dovecot import HOST, PASSWORD
from tests.imap.mailbox import Mailbox, mail
from tests.imap.proxy import Proxy
from tests.support.processes import free_port


def secure(mailbox: Mailbox, security: str, **more: str) -> dict[str, str]:
    port = mailbox.dovecot.tls_port if security == "tls" else mailbox.dovecot.port
    trusted = {"imap__ca_file": str(mailbox.dovecot.ca_file)}
    return {"imap__security": security, "imap__port": str(port)} | trusted | more


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_over_tls(security: str, mailbox: Mailbox) -> None:
    mailbox.put([mail(1)])
    assert mailbox.told(**secure(mailbox, security)) == "stored 1"


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_server_that_nobody_vouches_for_gets_no_password(
    security: str, mailbox: Mailbox, proxy: Callable[..., Proxy]
) -> None:
    how = secure(mailbox, security, imap__ca_file="")
    before = proxy(int(how["imap__port"]))
    with pytest.raises(MailboxUnavailable, match=f"IMAP server {HOST}: its certificate is not trusted: "):
        mailbox.fetch(**how | {"imap__port": str(before.port)})
    assert b"AUTHENTICATE" not in before.heard


def test_a_certificate_for_another_name_is_not_trusted(mailbox: Mailbox) -> None:
    with Proxy(mailbox.dovecot.tls_port, host="127.0.0.2") as elsewhere:
        how = secure(mailbox, "tls", imap__host="127.0.0.2", imap__port=str(elsewhere.port))
        with pytest.raises(MailboxUnavailable, match=r"certificate is not valid for '127\.0\.0\.2'"):
            mailbox.fetch(**how)


def test_starttls_that_is_not_offered_is_not_done_without(mailbox: Mailbox, proxy: Callable[..., Proxy]) -> None:
    """Somebody between us and the server has taken it away."""
    before = proxy(changes={b" STARTTLS": b" XTARTTLS"})
    with pytest.raises(MailboxUnavailable, match="STARTTLS"):
        mailbox.fetch(**secure(mailbox, "starttls") | {"imap__port": str(before.port)})
    assert b"AUTHENTICATE" not in before.heard
    assert b"LOGIN" not in before.heard


def test_a_wrong_password_is_told_in_one_line(mailbox: Mailbox) -> None:
    with pytest.raises(MailboxUnavailable) as caught:
        mailbox.fetch(imap__password="wrong-one")
    assert str(caught.value) == (f"IMAP server {HOST}: [AUTHENTICATIONFAILED] Authentication failed.")


def test_a_server_without_auth_plain_gets_login(mailbox: Mailbox, proxy: Callable[..., Proxy]) -> None:
    """Its user and password in quotes, with what has to be escaped in them."""
    before = proxy(changes={b" AUTH=PLAIN": b" AUTH=XLAIN"})
    with pytest.raises(MailboxUnavailable, match="outside of ASCII"):
        mailbox.fetch(imap__port=str(before.port))
    with pytest.raises(MailboxUnavailable, match="AUTHENTICATIONFAILED"):
        mailbox.fetch(imap__port=str(before.port), imap__user='two "words\\', imap__password='p "w\\')
    assert b'LOGIN "two \\"words\\\\" "p \\"w\\\\"\r\n' in before.heard


def test_no_secret_is_logged(mailbox: Mailbox, proxy: Callable[..., Proxy], caplog: pytest.LogCaptureFixture) -> None:
    """Whatever is logged, by us or by the library, at whatever level."""
    mailbox.put([mail(1)])
    without_plain = proxy(changes={b" AUTH=PLAIN": b" AUTH=XLAIN"})
    with caplog.at_level(logging.DEBUG):
        for name in ("imapclient", "imapclient.imaplib"):
            caplog.set_level(logging.DEBUG, logger=name)
        mailbox.fetch()
        with pytest.raises(MailboxUnavailable):
            mailbox.fetch(imap__port=str(without_plain.port), imap__password="secret-in-ascii")
    assert "delivery id=" in caplog.text
    encoded = base64.b64encode(f"\0{mailbox.user}\0{PASSWORD}".encode()).decode()
    for secret in (PASSWORD, encoded, "secret-in-ascii"):
        assert secret not in caplog.text


AWAY = [
    ("nobody listens", {}, "Connection refused"),
    ("no such host", {"imap__host": "imap.invalid", "imap__security": "tls"}, "IMAP server imap.invalid: "),
]


@pytest.mark.parametrize(("given", "says"), [case[1:] for case in AWAY], ids=[case[0] for case in AWAY])
def test_a_server_that_is_away(given: dict[str, str], says: str, mailbox: Mailbox) -> None:
    with pytest.raises(MailboxUnavailable, match=says):
        mailbox.fetch(**{"imap__port": str(free_port())} | given)


def test_a_server_that_says_nothing(mailbox: Mailbox, proxy: Callable[..., Proxy]) -> None:
    with pytest.raises(MailboxUnavailable, match="does not answer in time"):
        mailbox.fetch(imap__port=str(proxy(is_silent=True).port), imap__timeout="0.2")


NONSENSE = [
    b"HTTP/1.1 400 Bad Request\r\n\r\n",
    b"* OK \xff\xfe\r\n",
    b"* BYE too many\r\n",
    b"\r\n\r\n",
    b"x" * 2_000_000,
]


@pytest.mark.parametrize("greeting", NONSENSE, ids=range(len(NONSENSE)))
def test_a_server_that_speaks_something_else(greeting: bytes, mailbox: Mailbox) -> None:
    with socket.create_server((HOST, 0)) as listening:

        def serve() -> None:
            client, _ = listening.accept()
            with client:
                try:
                    client.sendall(greeting)
                    client.shutdown(socket.SHUT_WR)
                    while client.recv(4096):
                        pass
                except OSError:
                    return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        with pytest.raises(MailboxUnavailable):
            mailbox.fetch(imap__port=str(listening.getsockname()[1]), imap__timeout="5")
        thread.join(10)


def test_a_folder_that_is_not_there(mailbox: Mailbox) -> None:
    with pytest.raises(MailboxUnavailable, match=r"select failed: .*Reports"):
        mailbox.fetch(imap__folder="Reports")


REFUSED = [
    ({"imap__user": ""}, "imap.user, imap.password: imap.host wants both"),
    ({"imap__password": ""}, "imap.user, imap.password: imap.host wants both"),
    ({"imap__host": "imap.example.com"}, "imap.security: none would show the password to everyone between us and imap.example.com"),
    ({"imap__host": "imap.example.com:993"}, "--set imap.host: 'imap.example.com:993' is no host name"),
    ({"imap__folder": " "}, "--set imap.folder: it is empty"),
    ({"imap__move_to": "INBOX"}, "imap.move_to: it is the folder that is read"),
    ({"imap__ca_file": "/nowhere/ca.pem"}, "imap.ca_file: /nowhere/ca.pem is no file"),
    ({"imap__every": "0"}, "--set imap.every: '0' is not a number from 1 to 1440"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "message"), REFUSED)
def test_settings_that_cannot_be(given: dict[str, str], message: str, mailbox: Mailbox) -> None:
    with pytest.raises(ConfigurationError) as caught:
        mailbox.settings(**given)
    assert str(caught.value) == message


@pytest.mark.parametrize("host", ["localhost", "127.0.0.9", "::1", "[::1]"])
def test_on_loopback_plain_text_will_do(host: str, mailbox: Mailbox) -> None:
    assert mailbox.settings(imap__host=host).imap.host == host.strip("[]")


def test_a_ca_file_without_a_certificate_stops_the_start(mailbox: Mailbox, tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("no certificate")
    with pytest.raises(ConfigurationError, match=r"imap.ca_file: .*ca.pem: "):
        mailbox.fetcher(**secure(mailbox, "tls", imap__ca_file=str(file)))
