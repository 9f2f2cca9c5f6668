"""What is signed here verifies elsewhere: with dkimpy, and with our own reading of reports' signatures."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from collector import settings
from collector.auth.dkim import Authenticator
from collector.auth.key_record import Key, NoKey, parse
from collector.errors import ConfigurationError
from dashboard.mail import message
from dashboard.mail.dkim import Signer
from dashboard.mail.message import Content, Image, Sender
from tests.support.mails import KeyPair, ed25519_key, rsa_key

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
KINDS: dict[str, Callable[[], KeyPair]] = {"rsa": rsa_key, "ed25519": ed25519_key}
MAIL = message.build(
    Content("件名 of a made mail", "text \n\n.\n", "<p>html</p>", (Image("c", b"png"),)),
    by=Sender("TLS reports", "tlsrpt@example.com"),
    to="ops@example.net",
    message_id="<1@example.com>",
    now=NOW,
    unsubscribe="https://tls.example.com/unsubscribe/" + "T" * 60,
)


def pem(key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def signer(folder: Path, key: bytes, **more: str) -> Signer:
    file = folder / "key.pem"
    file.write_bytes(key)
    given = {"mail.dkim_key": str(file), "mail.dkim_selector": "s1", "mail.from": "x <tlsrpt@example.com>"} | more
    return Signer(settings.load(environ={}, overrides=given).mail)


class OneKey:
    """DNS that knows one key."""

    def __init__(self, name: str, record: str) -> None:
        self._name = name
        self._key = parse(record.encode())

    def get(self, name: str) -> Key | NoKey:
        return self._key if name == self._name else NoKey("is not published")

    def peek(self, name: str) -> bool:
        return True


def is_valid(mail: bytes, key: KeyPair, domain: str = "example.com") -> bool:
    keys = OneKey(f"s1._domainkey.{domain}", key.record())
    return Authenticator(keys)(mail, frozenset({domain})).domain == domain


@pytest.mark.parametrize("kind", KINDS)
def test_it_verifies(kind: str, tmp_path: Path) -> None:
    key = KINDS[kind]()
    signed = signer(tmp_path, pem(key.private)).sign(MAIL, NOW)
    assert signed.endswith(MAIL)
    assert is_valid(signed, key)
    if kind == "rsa":  # dkimpy reads Ed25519 only with another library
        assert dkim.verify(signed, dnsfunc=lambda name, timeout=5: key.record().encode())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<p>html</p>", b"<p>HTML</p>"),
        (b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n", b""),
        (b"/unsubscribe/", b"/elsewhere/"),
        (b"TLS-Required: No\r\n", b"TLS-Required: Yes\r\n"),
        *(
            (b"To: ops", name + b": x@example.net\r\nTo: ops")
            for name in (b"From", b"To", b"Cc", b"Subject", b"Reply-To")
        ),
        (b"To: ops", b"List-Unsubscribe: <https://evil.example/>\r\nTo: ops"),
    ],
)
def test_whatever_is_changed_or_added_breaks_it(kind: str, old: bytes, new: bytes, tmp_path: Path) -> None:
    key = KINDS[kind]()
    head, mark, rest = signer(tmp_path, pem(key.private)).sign(MAIL, NOW).partition(b"From: ")
    changed = head + (mark + rest).replace(old, new, 1)
    assert changed != head + mark + rest
    assert not is_valid(changed, key)


def test_another_domain_may_sign(tmp_path: Path) -> None:
    key = rsa_key()
    signed = signer(tmp_path, pem(key.private), **{"mail.dkim_domain": "example.org"}).sign(MAIL, NOW)
    assert b"\td=example.org; s=s1;\r\n\tt=1795417200;" in signed
    assert is_valid(signed, key, "example.org")


def test_its_lines_fit(tmp_path: Path) -> None:
    field, _, _ = signer(tmp_path, pem(rsa_key().private)).sign(MAIL, NOW).partition(b"\r\nFrom: ")
    assert max(map(len, field.split(b"\r\n"))) < 78


NO_KEYS = {
    "nothing": (b"", "it is no private key in PEM without a password"),
    "no PEM": (b"not a key", "it is no private key in PEM without a password"),
    "with a password": (
        ed25519.Ed25519PrivateKey.generate().private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
        ),
        "it is no private key in PEM without a password",
    ),
    "another kind": (pem(ec.generate_private_key(ec.SECP256R1())), "it is neither RSA nor Ed25519"),
}


@pytest.mark.parametrize("name", NO_KEYS)
def test_a_key_that_cannot_sign(name: str, tmp_path: Path) -> None:
    key, says = NO_KEYS[name]
    with pytest.raises(ConfigurationError, match=rf"^mail\.dkim_key: .*key\.pem: {says}$"):
        signer(tmp_path, key)
