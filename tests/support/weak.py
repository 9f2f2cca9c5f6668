"""Certificates that trustme does not make, without a CA or with a key that is too short; and TLS of former times."""

import ssl
import tempfile
import warnings
from datetime import UTC, datetime, timedelta

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def self_signed(name: str) -> trustme.LeafCert:
    key = ec.generate_private_key(ec.SECP256R1())
    return _leaf(key, _builder(name, key, x509.Name([])).sign(key, hashes.SHA256()))


def weak(authority: trustme.CA, name: str) -> trustme.LeafCert:
    """Signed by the CA, for an RSA key of 1024 bits."""
    key = rsa.generate_private_key(65537, 1024)
    issuer = x509.load_pem_x509_certificate(authority.cert_pem.bytes())
    signing = load_pem_private_key(authority.private_key_pem.bytes(), None)
    assert isinstance(signing, ec.EllipticCurvePrivateKey)
    return _leaf(key, _builder(name, key, issuer.subject).sign(signing, hashes.SHA256()))


def _builder(name: str, key: Key, issuer: x509.Name) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=90))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=True)
    )


def _leaf(key: Key, certificate: x509.Certificate) -> trustme.LeafCert:
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return trustme.LeafCert(private, certificate.public_bytes(Encoding.PEM), [])


def tls_1_1_only(context: ssl.SSLContext) -> None:
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.maximum_version = ssl.TLSVersion.TLSv1_1


# The second group of RFC 2409 section 6.2: 1024 bits, within reach of those who can spend much.
_SHORT_PRIME = bytes.fromhex(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381FFFFFFFFFFFFFFFF"
)


def short_diffie_hellman(context: ssl.SSLContext) -> None:
    """TLS 1.2 with nothing else; needs an RSA certificate."""
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0")
    # PKCS #3: a sequence of two integers, the prime and 2.
    der = bytes.fromhex("30818702818100") + _SHORT_PRIME + bytes.fromhex("020102")
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
        file.write(ssl.DER_cert_to_PEM_cert(der).replace("CERTIFICATE", "DH PARAMETERS"))
        file.flush()
        context.load_dh_params(file.name)
