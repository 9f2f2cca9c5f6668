"""The policy file over HTTPS (RFC 8461 section 3.3): one GET, and every way it can fail as a code and words.

Nothing of the environment matters: no proxy, no cookie, no cache, no redirect (M12).
"""

import asyncio
import contextlib
import os
import socket
import ssl
import zlib
from asyncio.trsock import TransportSocket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

import collector
from collector.monitor.certificates import names_shown
from collector.monitor.failed import Failed

# RFC 8461 section 3.3 suggests 64 KB; what is longer is no policy (M13).
POLICY_BYTES = 64 * 1024
_CHUNK = 16 * 1024
_GOODBYE = 1.0  # seconds for the loop to close a socket, which takes it none
# The identity coding is asked for; a server that compresses all the same is understood, up to the same limit.
_ZLIB_CODINGS = ("gzip", "x-gzip", "deflate")
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
# OpenSSL's X509_V_ERR_...
_HOST_MISMATCH = 62
_CERTIFICATE_FAULTS = {
    9: "certificate_not_yet",
    10: "certificate_expired",
    18: "certificate_self_signed",
    19: "certificate_self_signed",
    20: "certificate_untrusted",
    21: "certificate_untrusted",
    _HOST_MISMATCH: "certificate_name",
}
_CERTIFICATE_FIXES = {
    "certificate_not_yet": "Install a certificate that is valid now.",
    "certificate_expired": "Renew the certificate, and have the web server load it.",
    "certificate_self_signed": "Take a certificate from an authority that everybody trusts.",
    "certificate_untrusted": "Send the whole chain: the certificate and its intermediates, from a public authority.",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """The policy's octets, and when the certificate of the policy host ends (aware, UTC)."""

    body: bytes
    certificate_ends: datetime | None


async def get(host: str, port: int, addresses: tuple[str, ...], context: ssl.SSLContext) -> Answer:
    """Raises Failed. How long it may take is the caller's to say."""
    connector = _Connector(addresses, context)
    session = aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
        headers={"User-Agent": f"tlsrpt-dashboard/{collector.__version__}", "Accept-Encoding": "identity"},
        auto_decompress=False,
        trust_env=False,
        read_bufsize=_CHUNK,
    )
    try:
        url = f"https://{host}:{port}/.well-known/mta-sts.txt"
        async with session, session.get(url, allow_redirects=False) as response:
            _check_head(response)
            body = _decoded(await _body(response), response.headers.get("Content-Encoding", ""))
            return Answer(body, connector.certificate_ends)
    except (aiohttp.ClientError, OSError) as error:
        raise await _translated(host, addresses, port, error) from error
    finally:
        await connector.hang_up()


def _check_head(response: aiohttp.ClientResponse) -> None:
    """Status and media type, before any of the body is read (M7, M12)."""
    if 300 <= response.status < 400:
        location = response.headers.get("Location", "nowhere")
        detail = f"status {response.status}, a redirect to {location}: senders must not follow it"
        raise Failed("redirect", detail, fix=f"Answer at {response.url.human_repr()} itself, with status 200.")
    if response.status != 200:
        fix = f"Answer at {response.url.human_repr()} with status 200 and the policy."
        raise Failed("status", f"status {response.status} {response.reason or ''}".rstrip(), fix=fix)
    media_type = response.headers.get("Content-Type", "")
    bare = media_type.partition(";")[0].strip().lower()
    if bare != "text/plain":
        detail = f"the media type is {media_type or 'missing'}, it must be text/plain"
        name = "html" if bare in ("text/html", "application/xhtml+xml") else ""
        raise Failed("media_type", detail, name=name, fix="Content-Type: text/plain")
    if (response.content_length or 0) > POLICY_BYTES:
        raise Failed("too_large", f"the policy is {response.content_length} bytes long, over {POLICY_BYTES}")


async def _body(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > POLICY_BYTES:
            raise Failed("too_large", f"the policy is longer than {POLICY_BYTES} bytes")
    return bytes(body)


def _decoded(body: bytes, coding: str) -> bytes:
    """The body without its content coding, never more than POLICY_BYTES of it."""
    coding = coding.strip().lower()
    if coding in ("", "identity"):
        return body
    if coding not in _ZLIB_CODINGS:
        raise Failed("media_type", f"the policy is encoded as {coding}")
    unpack = zlib.decompressobj(_GZIP_OR_ZLIB)
    try:
        plain = unpack.decompress(body, POLICY_BYTES + 1)
    except zlib.error as error:
        raise Failed("media_type", f"the policy is said to be {coding} and is not: {error}") from error
    if len(plain) > POLICY_BYTES:
        raise Failed("too_large", f"the policy is longer than {POLICY_BYTES} bytes, unpacked")
    if not unpack.eof:
        raise Failed("media_type", f"the policy is said to be {coding} and breaks off")
    return plain


async def _translated(host: str, addresses: tuple[str, ...], port: int, error: aiohttp.ClientError | OSError) -> Failed:
    """What the HTTPS client met, as a code and a sentence."""
    cause = getattr(error, "os_error", error)
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        cause = error.certificate_error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return await _refused_certificate(host, addresses, port, cause)
    if isinstance(cause, ssl.SSLError):
        return Failed("tls", f"no TLS with {host}: {cause.reason or cause}")
    if isinstance(error, aiohttp.ClientConnectorError):
        words = os.strerror(cause.errno) if isinstance(cause, OSError) and cause.errno else str(cause)
        return Failed("connect", f"no connection to {host} ({', '.join(addresses)}) port {port}: {words}")
    if isinstance(error, aiohttp.ClientResponseError):
        return Failed("status", f"{host} sends no HTTP that can be read: {error.message}")
    return Failed("connect", f"{host} closed the connection before the policy was complete")


async def _refused_certificate(
    host: str, addresses: tuple[str, ...], port: int, error: ssl.SSLCertVerificationError
) -> Failed:
    detail = f"the certificate of {host} is not accepted: {error.verify_message}"
    name = _CERTIFICATE_FAULTS.get(error.verify_code, "certificate")
    fix = _CERTIFICATE_FIXES.get(name, "")
    if name == "certificate_name":
        # The usual case: a provider's host under the customer's name, with the provider's certificate (M23).
        names = await names_shown(addresses[0], port, host)
        if names:
            detail = f"{detail}; it is for {', '.join(names[:5])}{' and others' if len(names) > 5 else ''}"
        fix = f"Have the policy host show a certificate for {host}."
    return Failed("tls", detail, name=name, fix=fix)


class _Connector(aiohttp.TCPConnector):
    """Knows its connections, to end them at once: TLS would wait half a minute for the other side to say goodbye."""

    def __init__(self, addresses: tuple[str, ...], context: ssl.SSLContext) -> None:
        super().__init__(resolver=_Pinned(addresses), ssl=context, use_dns_cache=False, force_close=True)
        self._connections: list[tuple[TransportSocket, asyncio.Future[None]]] = []
        self.certificate_ends: datetime | None = None

    async def connect(
        self, req: aiohttp.ClientRequest, traces: "list[aiohttp.tracing.Trace]", timeout: aiohttp.ClientTimeout
    ) -> aiohttp.connector.Connection:
        connection = await super().connect(req, traces, timeout)
        protocol = connection.protocol
        if protocol is not None and protocol.transport is not None and protocol.closed is not None:
            self._connections.append((protocol.transport.get_extra_info("socket"), protocol.closed))
            self.certificate_ends = _not_after(protocol.transport.get_extra_info("peercert"))
        return connection

    async def hang_up(self) -> None:
        """Once the session is closed: the end of the stream is all that its connections still wait for."""
        for connection, _ in self._connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GOODBYE):
                await asyncio.gather(*(closed for _, closed in self._connections), return_exceptions=True)


def _not_after(certificate: Mapping[str, Any] | None) -> datetime | None:
    """Of a certificate that was accepted, as Python's ssl tells it."""
    ends = (certificate or {}).get("notAfter")
    return None if ends is None else datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC)


class _Pinned(AbstractResolver):
    """Hands aiohttp the addresses that our own resolver found."""

    def __init__(self, addresses: tuple[str, ...]) -> None:
        self._addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for address in self._addresses
        ]

    async def close(self) -> None:
        """Holds nothing."""
