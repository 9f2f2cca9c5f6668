"""Whether a certificate chain is the one that TLSA records announce (RFC 6698, RFC 7671, RFC 7672). Pure."""

import hashlib
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from collector.resolver import Tlsa

TRUST_ANCHOR, END_ENTITY = 2, 3  # DANE-TA and DANE-EE
_DIGEST_BYTES = {1: 32, 2: 64}  # SHA-256, SHA-512


@dataclass(frozen=True, slots=True)
class Match:
    """`usable`: the records that a sender heeds. `by`: the one that the chain fulfils, None if none of them."""

    usable: tuple[Tlsa, ...]
    by: Tlsa | None


def defect(record: Tlsa) -> str | None:
    """Why senders do not heed this record; None if they do."""
    if record.usage in (0, 1):
        return f"usage {record.usage} is not for mail (RFC 7672 section 3.1.3)"
    if record.usage > END_ENTITY:
        return f"usage {record.usage} does not exist"
    if record.selector > 1:
        return f"selector {record.selector} does not exist"
    if record.matching_type > 2:
        return f"matching type {record.matching_type} does not exist"
    if len(record.data) != _DIGEST_BYTES.get(record.matching_type, len(record.data)) or not record.data:
        return f"{len(record.data)} bytes are not what matching type {record.matching_type} has"
    return None


def record_for(der: bytes) -> Tlsa:
    """What to publish for this certificate (RFC 7672 section 3.1: DANE-EE, by its public key)."""
    try:
        return Tlsa(END_ENTITY, 1, 1, hashlib.sha256(_public_key(der)).digest())
    except ValueError:
        return Tlsa(END_ENTITY, 0, 1, hashlib.sha256(der).digest())


def match(records: tuple[Tlsa, ...], chain: tuple[bytes, ...]) -> Match:
    """One that fits is enough (RFC 7671 section 8: others are there for the next key). `chain` as sent, DER.

    DANE-EE: the host's own certificate, whatever its names and dates. DANE-TA: one that was sent with it, and that
    the own certificate was issued under.
    """
    usable = tuple(record for record in records if defect(record) is None)
    own = [record for record in usable if record.usage == END_ENTITY and chain and _fits(record, chain[0])]
    if own:
        return Match(usable, own[0])
    anchors = [record for record in usable if record.usage == TRUST_ANCHOR]
    issuers = _issuers(chain) if anchors else ()
    return Match(usable, next((record for record in anchors if any(_fits(record, one) for one in issuers)), None))


def _fits(record: Tlsa, der: bytes) -> bool:
    try:
        selected = der if record.selector == 0 else _public_key(der)
    except ValueError:  # a key of a kind that is not known here
        return False
    match record.matching_type:
        case 1:
            return hashlib.sha256(selected).digest() == record.data
        case 2:
            return hashlib.sha512(selected).digest() == record.data
        case _:
            return selected == record.data


def _public_key(der: bytes) -> bytes:
    key = x509.load_der_x509_certificate(der).public_key()
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _issuers(chain: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """Those sent certificates that the first one really was issued under, link by link, in whatever order they came."""
    try:
        current, *others = map(x509.load_der_x509_certificate, chain)
    except ValueError:
        return ()
    found: list[x509.Certificate] = []
    while (above := next((one for one in others if _issued(current, one)), None)) is not None:
        others.remove(above)
        found.append(above)
        current = above
    return tuple(one.public_bytes(Encoding.DER) for one in found)


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
