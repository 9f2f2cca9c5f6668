"""Certificates that were not accepted: what they say all the same."""

import asyncio
import contextlib
import ssl

from cryptography import x509


def dns_names(der: bytes) -> tuple[str, ...]:
    """The DNS names (subjectAltName) of a certificate; none where it has none, or cannot be read."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound, x509.DuplicateExtension):
        return ()
    return tuple(names.get_values_for_type(x509.DNSName))


async def names_shown(address: str, port: int, host: str) -> tuple[str, ...]:
    """The DNS names of whatever certificate `address` shows to clients that ask for `host`; none if it shows none.

    The certificate was refused before; nothing is sent over this connection.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        _, writer = await asyncio.open_connection(address, port, ssl=context, server_hostname=host)
    except OSError:
        return ()
    try:
        der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    finally:
        writer.transport.abort()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
    return dns_names(der) if der else ()
