"""The relay as another program makes it: aiosmtpd, with STARTTLS and AUTH both demanded."""

import ssl
from collections.abc import Iterator

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from collector import settings
from collector.errors import RelayUnavailable
from dashboard.mail.relay import Relay
from tests.support.mx_host import Authority
from tests.support.processes import free_port

MAIL = b"Subject: made\r\n\r\n.a line with a dot\r\n..\r\n"


class Taker:
    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's name
        self.envelopes.append(envelope)
        return "250 2.0.0 taken"


def authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
    assert isinstance(data, LoginPassword)
    return AuthResult(success=(data.login, data.password) == (b"tlsrpt", b"secret"), handled=False)


@pytest.fixture
def authority() -> Iterator[Authority]:
    made = Authority()
    yield made
    made.close()


@pytest.fixture
def taker() -> Taker:
    return Taker()


@pytest.fixture
def given(authority: Authority, taker: Taker) -> Iterator[dict[str, str]]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.certificate("127.0.0.1").configure_cert(context)
    controller = Controller(
        taker,
        hostname="127.0.0.1",
        port=free_port(),
        tls_context=context,
        require_starttls=True,
        auth_required=True,
        authenticator=authenticate,
    )
    controller.start()
    yield {
        "mail.relay": f"127.0.0.1:{controller.port}",
        "mail.starttls": "yes",
        "mail.ca_file": str(authority.ca_file),
        "mail.user": "tlsrpt",
        "mail.password": "secret",
    }
    controller.stop()


def send(given: dict[str, str]) -> bool:
    with Relay(settings.load(environ={}, overrides=given).mail).connect() as session:
        return session.send("tlsrpt@example.com", "прове́рка@bücher.example", MAIL)


def test_it_takes_a_mail(given: dict[str, str], taker: Taker) -> None:
    assert send(given)
    [envelope] = taker.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == ("tlsrpt@example.com", ["прове́рка@xn--bcher-kva.example"])
    assert envelope.content == MAIL


@pytest.mark.parametrize("wrong", [{"mail.password": "guess"}, {"mail.starttls": "no"}, {"mail.ca_file": ""}])
def test_it_takes_none_on_other_terms(wrong: dict[str, str], given: dict[str, str], taker: Taker) -> None:
    with pytest.raises(RelayUnavailable):
        send(given | wrong)
    assert taker.envelopes == []
