"""STARTTLS: offered with a certificate, never demanded (R12)."""

import smtplib
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme

from collector.errors import ConfigurationError
from collector.receive.smtp.tls import Certificate
from tests.receive.listener import HOSTNAME, Listener

Listen = Callable[..., Listener]
MAIL = b"Subject: none\r\n\r\nnothing\r\n"


class Files:
    """Certificate and key of a made authority, as files."""

    def __init__(self, folder: Path, authority: trustme.CA) -> None:
        self.cert, self.key, self._authority = folder / "cert.pem", folder / "key.pem", authority
        self.renew(HOSTNAME)

    def renew(self, name: str) -> None:
        issued = self._authority.issue_cert(name)
        issued.private_key_pem.write_to_path(str(self.key))
        for number, blob in enumerate(issued.cert_chain_pems):
            blob.write_to_path(str(self.cert), append=number > 0)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def files(tmp_path: Path, authority: trustme.CA) -> Files:
    return Files(tmp_path, authority)


@pytest.fixture
def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def secure(listen: Listen, files: Files) -> Listener:
    return listen(smtp__tls_cert=str(files.cert), smtp__tls_key=str(files.key))


def starttls(listener: Listener, context: ssl.SSLContext, name: str = HOSTNAME) -> smtplib.SMTP:
    client = smtplib.SMTP("127.0.0.1", listener.port)
    client._host = name  # type: ignore[attr-defined]  # the name that smtplib checks the certificate for
    client.starttls(context=context)
    return client


def test_mail_over_tls_and_in_clear(listen: Listen, files: Files, trusting: ssl.SSLContext) -> None:
    listener = secure(listen, files)
    with starttls(listener, trusting) as client:
        client.ehlo()
        assert "starttls" not in client.esmtp_features
        assert "auth" not in client.esmtp_features
        assert client.docmd("STARTTLS")[0] == 503
        for _ in range(2):
            client.sendmail("", ["tlsrpt@example.com"], MAIL)
    with smtplib.SMTP("127.0.0.1", listener.port) as client:
        client.ehlo()
        assert "starttls" in client.esmtp_features
        client.sendmail("", ["tlsrpt@example.com"], MAIL)
    assert [delivery.envelope["tls"] for delivery in listener.deliveries()] == ["TLSv1.3", "TLSv1.3", None]


def test_starttls_begins_anew(listen: Listen, files: Files, trusting: ssl.SSLContext) -> None:
    """RFC 3207 section 4.2."""
    with starttls(secure(listen, files), trusting) as client:
        assert client.docmd("MAIL FROM:<>")[0] == 503


def test_what_follows_starttls_in_clear_does_not_count(listen: Listen, files: Files, trusting: ssl.SSLContext) -> None:
    with secure(listen, files).client() as client:
        client.reply()
        client.ask("EHLO client.example")
        assert client.send(b"STARTTLS\r\nEHLO injected.example\r\nMAIL FROM:<>\r\n").reply().startswith("220")
        with trusting.wrap_socket(client.socket, server_hostname=HOSTNAME) as encrypted:
            encrypted.sendall(b"NOOP\r\nMAIL FROM:<>\r\n")
            answers = b""
            while answers.count(b"\r\n") < 2:
                answers += encrypted.recv(1000)
    assert [line[:3] for line in answers.splitlines()] == [b"250", b"503"]


@pytest.mark.parametrize(
    ("version", "welcome"),
    [(ssl.TLSVersion.TLSv1_1, False), (ssl.TLSVersion.TLSv1_2, True), (ssl.TLSVersion.TLSv1_3, True)],
)
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
def test_tls_versions(listen: Listen, files: Files, version: ssl.TLSVersion, welcome: bool) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    listener = secure(listen, files)
    if welcome:
        starttls(listener, context).close()
    else:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            starttls(listener, context)
    with listener.client() as client:  # a failed handshake harms nobody else
        assert client.reply().startswith("220")


def test_handshake_that_never_comes(listen: Listen, files: Files) -> None:
    listener = listen(
        smtp__tls_cert=str(files.cert), smtp__tls_key=str(files.key), smtp__command_seconds="0.3", smtp__connections="1"
    )
    with listener.client() as client:
        client.reply()
        client.ask("EHLO client.example")
        assert client.ask("STARTTLS").startswith("220")
        assert client.reply() == ""
    with listener.client() as client:
        assert client.reply().startswith("220")


def test_renewed_certificate_is_used_without_a_restart(listen: Listen, files: Files, trusting: ssl.SSLContext) -> None:
    listener = secure(listen, files)
    starttls(listener, trusting).close()
    files.renew("renewed.example")
    starttls(listener, trusting, "renewed.example").close()
    files.cert.write_text("half a certificate")  # the old one stays in force
    starttls(listener, trusting, "renewed.example").close()


def test_bad_certificate_stops_the_start(files: Files) -> None:
    files.key.write_text("no key")
    with pytest.raises(ConfigurationError, match=r"^smtp\.tls_cert: .*cert\.pem with .*key\.pem: "):
        Certificate(files.cert, files.key)
