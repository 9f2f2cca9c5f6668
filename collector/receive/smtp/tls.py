"""The certificate for STARTTLS. Offered, never demanded: reports are sent despite TLS failures (R12)."""

import logging
import ssl
from pathlib import Path

from collector.errors import ConfigurationError

log = logging.getLogger(__name__)


class Certificate:
    """The TLS context, made anew when a file has changed: certificates are renewed while the listener runs."""

    def __init__(self, cert: Path, key: Path) -> None:
        """Raises ConfigurationError where the two make no certificate."""
        self._cert = cert
        self._key = key
        try:
            self._seen = self._stamp()
            self._context = self._load()
        except OSError as error:  # ssl.SSLError is one
            raise ConfigurationError(f"smtp.tls_cert: {cert} with {key}: {error}") from None

    def context(self) -> ssl.SSLContext:
        """The context for the next handshake. A renewal that cannot be read leaves the old one in force."""
        try:
            stamp = self._stamp()
            if stamp != self._seen:
                self._context = self._load()
                self._seen = stamp
                log.info("the certificate %s was read again", self._cert)
        except OSError as error:
            log.warning("the new certificate %s cannot be read, the old one stays: %s", self._cert, error)
        return self._context

    def _stamp(self) -> tuple[tuple[int, int, int], ...]:
        return tuple((stat.st_mtime_ns, stat.st_ino, stat.st_size) for stat in (self._cert.stat(), self._key.stat()))

    def _load(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.options |= ssl.OP_NO_RENEGOTIATION
        # A key with a passphrase is refused: without one here OpenSSL would ask for it on the terminal.
        context.load_cert_chain(self._cert, self._key, password="")
        return context
