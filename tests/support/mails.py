"""Signs mails for tests, with keys made once per process.

The canonical forms come from dkimpy and the signatures from cryptography, so that a mail signed here is signed
by other code than the one that verifies it in `collector.auth`.

    key = rsa_key()                                      # cached: the same key for the same arguments
    mail = sign(mail, "example.com", "s1", key)          # CRLF, with a DKIM-Signature on top
    zone = {"s1._domainkey.example.com": key.record()}   # what DNS has to answer (TXT)
"""

import base64
import hashlib
from dataclasses import dataclass
from functools import lru_cache

import dkim
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from dkim.canonicalization import CanonicalizationPolicy

# What Google signs, and From once more so that none can be added.
SIGNED_FIELDS = (
    "to", "from", "subject", "message-id", "tls-report-submitter", "tls-report-domain", "date", "mime-version", "from",
)  # fmt: skip


@dataclass(frozen=True)
class KeyPair:
    """An RSA or Ed25519 key pair for DKIM."""

    private: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey

    @property
    def algorithm(self) -> str:
        """The value of `a=` in a signature by this key."""
        return "rsa-sha256" if isinstance(self.private, rsa.RSAPrivateKey) else "ed25519-sha256"

    @property
    def pem(self) -> bytes:
        """The private key of an RSA pair, as dkimpy's own signer takes it."""
        return self.private.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())

    @property
    def public(self) -> str:
        """The value of `p=` in a key record."""
        key = self.private.public_key()
        if isinstance(key, rsa.RSAPublicKey):
            der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        else:
            der = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
        return base64.b64encode(der).decode("ascii")

    def record(self, **tags: str) -> str:
        """The key record (TXT): `record(s="tlsrpt", t="y")` adds those tags, `record(p="")` replaces one."""
        kind = "rsa" if self.algorithm == "rsa-sha256" else "ed25519"
        values = {"v": "DKIM1", "k": kind, "p": self.public} | tags
        return "; ".join(f"{name}={value}" for name, value in values.items())

    def sign(self, data: bytes) -> bytes:
        """The signature over `data` (RFC 6376 section 3.3.1, RFC 8463 section 3)."""
        if isinstance(self.private, rsa.RSAPrivateKey):
            return self.private.sign(data, padding.PKCS1v15(), SHA256())
        return self.private.sign(hashlib.sha256(data).digest())


@lru_cache
def rsa_key(bits: int = 2048, number: int = 0) -> KeyPair:
    """An RSA key pair; another `number` gives another pair of that size."""
    return KeyPair(rsa.generate_private_key(public_exponent=65537, key_size=bits))


@lru_cache
def ed25519_key(number: int = 0) -> KeyPair:
    """An Ed25519 key pair; another `number` gives another pair."""
    return KeyPair(ed25519.Ed25519PrivateKey.generate())


class _Hashed:
    """Takes what dkimpy would hash."""

    def __init__(self) -> None:
        self.data = b""

    def update(self, data: bytes) -> None:
        self.data += data


def sign(
    mail: bytes,
    domain: str,
    selector: str,
    key: KeyPair,
    *,
    canonicalization: str = "relaxed/relaxed",
    headers: tuple[str, ...] = SIGNED_FIELDS,
    tags: dict[str, str | None] | None = None,
) -> bytes:
    """`mail` (LF or CRLF) in CRLF form with a DKIM-Signature field on top.

    `headers` is the h= list, repeats and absent fields included (oversigning). `tags` adds to the signature
    (`{"x": "1700000000"}`), replaces what stands there (`{"bh": "..."}`) or leaves it out (`{"v": None}`), before
    it is signed. The body hash is over the whole body, whatever `l=` is given.
    """
    policy = CanonicalizationPolicy.from_c_value(canonicalization.encode("ascii"))
    fields, body = dkim.rfc822_parse(mail)
    body_hash = base64.b64encode(hashlib.sha256(policy.canonicalize_body(body)).digest()).decode("ascii")
    values: dict[str, str | None] = {
        "v": "1",
        "a": key.algorithm,
        "c": canonicalization,
        "d": domain,
        "s": selector,
        "h": ":".join(headers),
        "bh": body_hash,
    }
    values |= tags or {}
    text = ";\r\n\t".join(f"{name}={value}" for name, value in values.items() if value is not None) + ";\r\n\tb="
    value = b" " + text.encode("utf-8")
    hashed = _Hashed()
    names = [name.lower().encode("ascii") for name in headers]
    dkim.hash_headers(hashed, policy, policy.canonicalize_headers(fields), names, (b"DKIM-Signature", value), {})
    signature = base64.b64encode(key.sign(hashed.data))
    lines = [signature[at : at + 70] for at in range(0, len(signature), 70)]
    crlf = mail.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return b"DKIM-Signature:" + value + b"\r\n\t ".join(lines) + b"\r\n" + crlf
