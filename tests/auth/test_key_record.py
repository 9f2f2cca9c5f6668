"""Key records (RFC 6376 section 3.6.1, RFC 8301, RFC 8460 section 3): which of them hold a key, and for what."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from collector.auth.key_record import Key, NoKey, choose, parse
from tests.support.mails import ed25519_key, rsa_key

RSA = rsa_key(1024)
P = RSA.public


@pytest.mark.parametrize(
    ("record", "for_reports", "same_domain"),
    [
        pytest.param(f"v=DKIM1; k=rsa; p={P}", True, False, id="usual"),
        pytest.param(f"p={P}", True, False, id="only p="),
        pytest.param(f"v=DKIM1;p={P};", True, False, id="semicolon at the end"),
        pytest.param(f"v=DKIM1; p={P[:60]} {P[60:]}", True, False, id="blank in the key"),
        pytest.param(f"v=DKIM1; h=sha1:sha256; p={P}", True, False, id="h= with SHA-256"),
        pytest.param(f"v=DKIM1; t=y; p={P}", True, False, id="testing"),
        pytest.param(f"v=DKIM1; t=s; p={P}", True, True, id="same domain"),
        pytest.param(f"v=DKIM1; t=y : s; p={P}", True, True, id="testing, same domain"),
        pytest.param(f"v=DKIM1; n=s=email; x=1; p={P}", True, False, id="notes and unknown tags"),
        # R11, Q68: the service type.
        pytest.param(f"v=DKIM1; s=*; p={P}", True, False, id="all services"),
        pytest.param(f"v=DKIM1; s=tlsrpt; p={P}", True, False, id="reports"),
        pytest.param(f"v=DKIM1; s=email:tlsrpt; p={P}", True, False, id="mail and reports"),
        pytest.param(f"v=DKIM1; s=tlsrpt : email; p={P}", True, False, id="reports and mail"),
        pytest.param(f"v=DKIM1; s=email:*; p={P}", True, False, id="mail and all"),
        pytest.param(f"v=DKIM1; s=email; p={P}", False, False, id="mail only"),
        pytest.param(f"v=DKIM1; s=other; p={P}", False, False, id="another service"),
    ],
)
def test_keys(record: str, for_reports: bool, same_domain: bool) -> None:
    key = parse(record.encode())

    assert isinstance(key, Key)
    assert (key.type, key.for_reports, key.same_domain) == ("rsa", for_reports, same_domain)


def _rsa_of(bits: int) -> str:
    """A number of that size as an RSA key; nobody has its private half."""
    key = RSAPublicNumbers(65537, (1 << (bits - 1)) | 1).public_key()
    return base64.b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


def _elliptic() -> str:
    key = generate_private_key(SECP256R1()).public_key()
    return base64.b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


@pytest.mark.parametrize(
    ("record", "fault"),
    [
        ("v=DKIM1; p=", "was revoked (p= is empty)"),
        ("v=DKIM1; k=rsa", "record is no DKIM key record"),
        ("v=spf1 -all", "record is no DKIM key record"),
        ("", "record is no DKIM key record"),
        (f"v=DKIM2; p={P}", "record is no DKIM key record"),
        (f"v=DKIM1; p={P}; p={P}", "record is no DKIM key record"),
        (f"v=DKIM1; h=sha1; p={P}", "is not for SHA-256 (h=)"),
        (f"v=DKIM1; k=dsa; p={P}", "is of the unknown type dsa"),
        ("v=DKIM1; p=?", "cannot be read (p= is not base64)"),
        ("v=DKIM1; p=AAAA", "cannot be read (p= is no RSA key)"),
        (f"v=DKIM1; p={_elliptic()}", "cannot be read (p= is no RSA key)"),
        (f"v=DKIM1; p={ed25519_key().public}", "cannot be read (p= is no RSA key)"),
        (f"v=DKIM1; k=ed25519; p={P}", "cannot be read (p= is no Ed25519 key)"),
        (f"v=DKIM1; p={_rsa_of(512)}", "has 512 bits (RSA keys of 1024 to 8192 are accepted)"),
        (f"v=DKIM1; p={_rsa_of(1023)}", "has 1023 bits (RSA keys of 1024 to 8192 are accepted)"),
        (f"v=DKIM1; p={_rsa_of(16384)}", "has 16384 bits (RSA keys of 1024 to 8192 are accepted)"),
    ],
    ids=lambda text: text.partition("; p=")[0],  # keys differ in each worker, names of tests must not
)
def test_no_keys(record: str, fault: str) -> None:
    assert parse(record.encode()) == NoKey(fault)


def test_a_bare_rsa_public_key_is_read_too() -> None:
    der = RSA.private.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)

    key = parse(b"p=" + base64.b64encode(der))

    assert isinstance(key, Key)
    assert key.verifies(RSA.sign(b"text"), b"text")


@pytest.mark.parametrize("pair", [RSA, rsa_key(), ed25519_key()], ids=["RSA 1024", "RSA 2048", "Ed25519"])
def test_verifies(pair: object) -> None:
    assert isinstance(pair, type(RSA))
    key = parse(pair.record().encode())

    assert isinstance(key, Key)
    assert key.verifies(pair.sign(b"text"), b"text")
    assert not key.verifies(pair.sign(b"text"), b"other text")
    assert not key.verifies(pair.sign(b"text")[1:], b"text")
    assert not key.verifies(b"", b"text")


def test_among_several_records_the_choice_does_not_depend_on_their_order() -> None:
    other = rsa_key(1024, number=1)
    records = [b"v=spf1 -all", RSA.record().encode(), other.record().encode()]

    chosen = choose(records)

    assert isinstance(chosen, Key)
    assert chosen.public == choose(records[::-1]).public  # type: ignore[union-attr]
    assert choose(records[:2]) == parse(records[1])
    assert choose(records[:1]) == NoKey("record is no DKIM key record")
    assert choose([]) == NoKey("is not published")
