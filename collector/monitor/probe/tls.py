"""How TLS is tried: as a client of today, as one of the past, and at last without asking for trust.

None of them checks names: OpenSSL stops at the first fault, and a wrong name is not to hide what else is wrong.
"""

import ssl
import sys
from typing import Any

from collector import settings
from collector.errors import ConfigurationError


class Contexts:
    """`strict` is what a careful sender does; `old` also takes what is out of use; `blind` takes any certificate."""

    def __init__(self, monitor: settings.Monitor) -> None:
        """Trusts the system's CAs and `monitor.ca_file`. Raises ConfigurationError if it cannot be read."""
        self.strict = _trusting(monitor)
        self.strict.minimum_version = ssl.TLSVersion.TLSv1_2
        # OpenSSL's own choice, as mail servers have it; Python's is for browsers' servers, and stricter.
        self.strict.set_ciphers("DEFAULT:@SECLEVEL=2")
        self.old = _trusting(monitor)
        self.blind = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.blind.check_hostname = False
        self.blind.verify_mode = ssl.CERT_NONE
        for context in (self.old, self.blind):
            # Nothing is entrusted to such a connection: it is to find out what the server can do.
            context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
            context.set_ciphers("DEFAULT:@SECLEVEL=0")


def _trusting(monitor: settings.Monitor) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    # Python 3.13 asks for more than mail servers do (the letter of RFC 5280), and than Python 3.12 does.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if monitor.ca_file is not None:
        try:
            context.load_verify_locations(cafile=monitor.ca_file)
        except OSError as error:
            raise ConfigurationError(f"monitor.ca_file: {monitor.ca_file}: {error.strerror or error}") from error
    return context


def chain(tls: ssl.SSLObject) -> tuple[bytes, ...]:
    """The certificates as the server sent them (DER), its own first."""
    if sys.version_info >= (3, 13):
        return tuple(tls.get_unverified_chain())
    inner: Any = tls._sslobj  # type: ignore[attr-defined]  # noqa: SLF001  # before 3.13 it is not in public
    return tuple(ssl.PEM_cert_to_DER_cert(certificate.public_bytes()) for certificate in inner.get_unverified_chain())
