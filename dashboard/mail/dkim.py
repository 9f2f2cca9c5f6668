"""Signs what goes out (RFC 6376; Ed25519: RFC 8463), for where no relay does.

Canonical forms come from dkimpy, signatures from cryptography: so Ed25519 needs no further library.
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from dkim.canonicalization import CanonicalizationPolicy

from collector import domains
from collector.errors import ConfigurationError
from collector.settings import Mail
from dashboard.mail.message import sender

# Each is signed once more than it is there, so that none can be added (RFC 6376 section 5.4.2). RFC 8058 section 4
# wants those about unsubscribing covered.
_FIELDS = (
    *("From", "To", "Cc", "Reply-To", "Subject", "Date", "Message-ID", "In-Reply-To", "References"),
    *("MIME-Version", "Content-Type", "Content-Transfer-Encoding"),
    *("Auto-Submitted", "TLS-Required", "List-Unsubscribe", "List-Unsubscribe-Post"),
)
_SHORTEST_RSA = 1024  # RFC 8301 section 3.2
_WIDTH = 72


class Signer:
    """Signs with the key of the settings."""

    def __init__(self, mail: Mail) -> None:
        """Raises ConfigurationError if there is no key that can sign."""
        if mail.dkim_key is None or mail.dkim_selector is None:
            raise ConfigurationError("mail.dkim_key, mail.dkim_selector: signing wants both")
        try:
            key = load_pem_private_key(mail.dkim_key.read_bytes(), None)
        except (OSError, ValueError, TypeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is no private key in PEM without a password"
            raise ConfigurationError(f"mail.dkim_key: {mail.dkim_key}: {why}") from None
        if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
            raise ConfigurationError(f"mail.dkim_key: {mail.dkim_key}: it is neither RSA nor Ed25519")
        if isinstance(key, RSAPrivateKey) and key.key_size < _SHORTEST_RSA:
            raise ConfigurationError(f"mail.dkim_key: {mail.dkim_key}: an RSA key of {key.key_size} bits is too short")
        self._key = key
        self._selector = mail.dkim_selector
        domain = sender(mail).domain
        self._domain = mail.dkim_domain or domains.normalise(domain) or domain

    def sign(self, mail: bytes, now: datetime) -> bytes:
        """The mail (line ends CRLF) with its signature on top."""
        head, _, body = mail.partition(b"\r\n\r\n")
        form = CanonicalizationPolicy.from_c_value(b"relaxed/relaxed")
        fields = [_field(line) for line in re.split(rb"\r\n(?![ \t])", head)]
        names = _covered([name for name, _ in fields])
        tags = {
            "v": "1",
            "a": "rsa-sha256" if isinstance(self._key, RSAPrivateKey) else "ed25519-sha256",
            "c": "relaxed/relaxed",
            "d": self._domain,
            "s": self._selector,
            "t": str(int(now.timestamp())),
            "h": ":".join(names),
            "bh": base64.b64encode(hashlib.sha256(form.canonicalize_body(body)).digest()).decode("ascii"),
            "b": "",
        }
        unsigned = _folded(tags)
        chosen = [*_chosen(fields, names), (b"DKIM-Signature", b" " + unsigned)]
        data = b"".join(name + b":" + value for name, value in form.canonicalize_headers(chosen)).removesuffix(b"\r\n")
        signature = base64.b64encode(self._signature(data)).decode("ascii")
        return b"DKIM-Signature: " + unsigned + _wrapped(signature) + b"\r\n" + mail

    def _signature(self, data: bytes) -> bytes:
        if isinstance(self._key, RSAPrivateKey):
            return self._key.sign(data, padding.PKCS1v15(), SHA256())
        return self._key.sign(hashlib.sha256(data).digest())  # RFC 8463 section 3: of the hash


def _field(line: bytes) -> tuple[bytes, bytes]:
    name, _, value = line.partition(b":")
    return name, value + b"\r\n"


def _covered(present: Sequence[bytes]) -> list[str]:
    there = [name.decode("ascii", "replace").lower() for name in present]
    return [name for name in _FIELDS for _ in range(there.count(name.lower()) + 1)]


def _chosen(fields: Sequence[tuple[bytes, bytes]], names: Sequence[str]) -> list[tuple[bytes, bytes]]:
    """The fields in the order of `h=`, of the same name from the bottom up; those that are not there are nothing."""
    left = [(name.lower(), name, value) for name, value in fields]
    chosen = []
    for wanted in names:
        found = next((each for each in reversed(left) if each[0] == wanted.lower().encode()), None)
        if found is not None:
            left.remove(found)
            chosen.append(found[1:])
    return chosen


def _folded(tags: dict[str, str]) -> bytes:
    """The tags, few on a line; `h=` has many lines."""
    lines = ["; ".join(f"{name}={tags[name]}" for name in group) for group in (("v", "a", "c"), ("d", "s"), ("t",))]
    lines += ["h=" + "\r\n\t ".join(_lines_of(tags["h"].split(":"))), f"bh={tags['bh']}", "b="]
    return ";\r\n\t".join(lines).encode()


def _lines_of(names: Sequence[str]) -> list[str]:
    """`a:b:` and `c:d`, none longer than a line of a header should be."""
    lines, line = [], ""
    for number, name in enumerate(names):
        piece = name if number == len(names) - 1 else f"{name}:"
        if len(line) + len(piece) > _WIDTH:
            lines.append(line)
            line = ""
        line += piece
    return [*lines, line]


def _wrapped(text: str) -> bytes:
    return "\r\n\t ".join(text[at : at + _WIDTH] for at in range(0, len(text), _WIDTH)).encode()
