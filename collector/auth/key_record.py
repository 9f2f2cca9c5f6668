"""DKIM keys as DNS publishes them (RFC 6376 section 3.6.1), parsed to something that verifies."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from collector.auth import tags

# RFC 8301 section 3.2 refuses less; Microsoft signs its reports with just this much (Q62).
_LEAST_RSA_BITS = 1024
# RFC 8301 wants at least 4096 to be verified; far more than that would only be a way to cost us time.
_MOST_RSA_BITS = 8192
_PADDING, _SHA256 = PKCS1v15(), SHA256()


@dataclass(frozen=True, slots=True)
class Key:
    """A public key that may verify signatures. `type` is `rsa` or `ed25519`."""

    public: RSAPublicKey | Ed25519PublicKey
    type: str
    for_reports: bool  # s= is absent or names tlsrpt or everything (R11)
    same_domain: bool  # t=s: the domain of i= has to be d= itself

    def verifies(self, signature: bytes, data: bytes) -> bool:
        """Whether `signature` is one of `data` by this key (RFC 6376 section 3.3, RFC 8463 section 3)."""
        try:
            if isinstance(self.public, RSAPublicKey):
                self.public.verify(signature, data, _PADDING, _SHA256)
            else:
                self.public.verify(signature, hashlib.sha256(data).digest())
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class NoKey:
    """There is no key to verify with, for a lasting reason: `fault` completes "the key ..." for people."""

    fault: str


def choose(records: Iterable[bytes]) -> Key | NoKey:
    """The key among the TXT records of one name.

    Only one should be there; of several the first readable one in the order of their bytes counts, so that the
    answer does not depend on the order in which DNS gives them (RFC 6376 section 3.6.2.2 leaves it open).
    """
    parsed = [parse(record) for record in sorted(records)]
    keys = [found for found in parsed if isinstance(found, Key)]
    return (keys or parsed or [NoKey("is not published")])[0]


def parse(record: bytes) -> Key | NoKey:
    """Parse one key record. `t=y` (testing) changes nothing: a signature that holds is one (RFC 6376 section 3.6.1)."""
    found = tags.parse(record.decode("utf-8", "replace"))
    if found is None or found.get("v", "DKIM1") != "DKIM1" or "p" not in found:
        return NoKey("record is no DKIM key record")
    if not found["p"]:
        return NoKey("was revoked (p= is empty)")
    if "sha256" not in tags.words(found.get("h", "sha256")):
        return NoKey("is not for SHA-256 (h=)")
    public = _public_key(found.get("k", "rsa").lower(), found["p"])
    if isinstance(public, NoKey):
        return public
    # RFC 8460 section 3: the service type is tlsrpt; RFC 6376: an absent s= is `*`. Not so `email` alone (Q68).
    services = tags.words(found.get("s", "*"))
    return Key(
        public=public,
        type="rsa" if isinstance(public, RSAPublicKey) else "ed25519",
        for_reports="*" in services or "tlsrpt" in services,
        same_domain="s" in tags.words(found.get("t", "")),
    )


def _public_key(kind: str, text: str) -> RSAPublicKey | Ed25519PublicKey | NoKey:
    data = tags.decode_base64(text)
    if data is None:
        return NoKey("cannot be read (p= is not base64)")
    match kind:
        case "rsa":
            return _rsa(data)
        case "ed25519":
            try:
                return Ed25519PublicKey.from_public_bytes(data)
            except ValueError:
                return NoKey("cannot be read (p= is no Ed25519 key)")
        case _:
            return NoKey(f"is of the unknown type {kind}")


def _rsa(der: bytes) -> RSAPublicKey | NoKey:
    """An RSA key: a SubjectPublicKeyInfo, or the bare RSAPublicKey that the RFC's text asks for (erratum 3017)."""
    try:
        key = load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm):
        return NoKey("cannot be read (p= is no RSA key)")
    if not isinstance(key, RSAPublicKey):
        return NoKey("cannot be read (p= is no RSA key)")
    if not _LEAST_RSA_BITS <= key.key_size <= _MOST_RSA_BITS:
        return NoKey(f"has {key.key_size} bits (RSA keys of {_LEAST_RSA_BITS} to {_MOST_RSA_BITS} are accepted)")
    return key
