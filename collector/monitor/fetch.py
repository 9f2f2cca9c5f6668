"""One look at what a domain publishes: the `_mta-sts` record, the policy over HTTPS, the MX hosts (RFC 8461 section 3).

Whatever goes wrong becomes an Observation with its error code: a fetch error is a value here, never an exception.
Addresses come from our own resolver, loopback included: the operator's DNS says where his policy host is.
"""

import asyncio
import contextlib
import os
import socket
import ssl
import zlib
from asyncio.trsock import TransportSocket
from dataclasses import dataclass
from datetime import datetime

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

import collector
from collector import settings
from collector.errors import ConfigurationError
from collector.monitor import policy, records
from collector.monitor.model import Observation, StsPolicy, reason
from collector.resolver import LookupFailed, NoSuchName, Resolver

# RFC 8461 section 3.3 suggests 64 KB; what is longer is no policy (M13).
POLICY_BYTES = 64 * 1024
_CHUNK = 16 * 1024
_GOODBYE = 1.0  # seconds for the loop to close a socket, which takes it none
_MOST_DETAIL = 500  # characters
# The identity coding is asked for; a server that compresses all the same is understood, up to the same limit.
_ZLIB_CODINGS = ("gzip", "x-gzip", "deflate")
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS


class _Failed(Exception):
    """Ends the look. `code` is one of monitor.model.ERRORS."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


@dataclass(slots=True)
class _Progress:
    """How far the look came: a time-out says what it was waiting for, and a good record outlives a bad policy."""

    policy_id: str | None = None
    stage: str = "DNS"


def tls_context(monitor: settings.Monitor) -> ssl.SSLContext:
    """How policy hosts are trusted: by the system's CAs and `monitor.ca_file`, over TLS 1.2 or later, by DNS-ID (M11).

    Raises ConfigurationError if the file cannot be read.
    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.hostname_checks_common_name = False
    context.set_alpn_protocols(["http/1.1"])
    if monitor.ca_file is not None:
        try:
            context.load_verify_locations(cafile=monitor.ca_file)
        except OSError as error:
            raise ConfigurationError(f"monitor.ca_file: {monitor.ca_file}: {error.strerror or error}") from error
    return context


async def fetch(
    domain: str, *, resolver: Resolver, monitor: settings.Monitor, context: ssl.SSLContext, now: datetime
) -> Observation:
    """Looks at `domain` (normal form) once, within `monitor.timeout` seconds. `now` (aware, UTC) becomes its time."""
    progress = _Progress()
    published, mx_hosts = await asyncio.gather(
        _published(domain, resolver, monitor, context, progress), _mx_hosts(domain, resolver, monitor.timeout)
    )
    if isinstance(published, _Failed):
        detail = "".join(char if char.isprintable() else "?" for char in str(published))[:_MOST_DETAIL]
        return Observation(now, progress.policy_id, None, published.code, detail, mx_hosts)
    return Observation(now, progress.policy_id, published, mx_hosts=mx_hosts)


async def _published(
    domain: str, resolver: Resolver, monitor: settings.Monitor, context: ssl.SSLContext, progress: _Progress
) -> StsPolicy | _Failed:
    host = f"mta-sts.{domain}"
    try:
        async with asyncio.timeout(monitor.timeout):
            progress.policy_id = await _policy_id(domain, resolver)
            addresses = await _addresses(host, resolver)
            progress.stage = host
            body = await _get(host, monitor.https_port, addresses, context)
    except _Failed as failure:
        return failure
    except TimeoutError:
        code = "dns" if progress.stage == "DNS" else "timeout"
        return _Failed(code, f"no complete answer from {progress.stage} within {monitor.timeout:g} s")
    reading = policy.read(body)
    return reading.policy or _Failed("syntax", reason(reading.problems) or "")


async def _policy_id(domain: str, resolver: Resolver) -> str:
    try:
        answer = await resolver.txt_async(f"_mta-sts.{domain}")
    except NoSuchName as error:
        raise _Failed("no_record", str(error)) from error
    except LookupFailed as error:
        raise _Failed("dns", str(error)) from error
    record = records.read(answer.records)
    if record.id is None:
        raise _Failed(record.error or "bad_record", reason(record.problems) or "")
    return record.id


async def _addresses(host: str, resolver: Resolver) -> tuple[str, ...]:
    try:
        return await resolver.addresses_async(host)
    except NoSuchName as error:
        raise _Failed("dns", f"the policy host {host} has no address") from error
    except LookupFailed as error:
        raise _Failed("dns", str(error)) from error


async def _mx_hosts(domain: str, resolver: Resolver, timeout: float) -> tuple[str, ...] | None:
    """The MX hosts, best first; None if nobody could tell."""
    try:
        async with asyncio.timeout(timeout):
            return tuple(dict.fromkeys(host for _, host in await resolver.mx_async(domain)))
    except NoSuchName:
        return ()
    except (LookupFailed, TimeoutError):
        return None


async def _get(host: str, port: int, addresses: tuple[str, ...], context: ssl.SSLContext) -> bytes:
    """The policy's octets. Nothing of the environment matters: no proxy, no cookie, no cache, no redirect (M12)."""
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
            return _decoded(await _body(response), response.headers.get("Content-Encoding", ""))
    except (aiohttp.ClientError, OSError) as error:
        raise _translated(host, addresses, port, error) from error
    finally:
        await connector.hang_up()


def _check_head(response: aiohttp.ClientResponse) -> None:
    """Status and media type, before any of the body is read (M7, M12)."""
    if 300 <= response.status < 400:
        location = response.headers.get("Location", "nowhere")
        raise _Failed("redirect", f"status {response.status}, a redirect to {location}: senders must not follow it")
    if response.status != 200:
        raise _Failed("status", f"status {response.status} {response.reason or ''}".rstrip())
    media_type = response.headers.get("Content-Type", "")
    if media_type.partition(";")[0].strip().lower() != "text/plain":
        raise _Failed("media_type", f"the media type is {media_type or 'missing'}, it must be text/plain")
    if (response.content_length or 0) > POLICY_BYTES:
        raise _Failed("too_large", f"the policy is {response.content_length} bytes long, over {POLICY_BYTES}")


async def _body(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > POLICY_BYTES:
            raise _Failed("too_large", f"the policy is longer than {POLICY_BYTES} bytes")
    return bytes(body)


def _decoded(body: bytes, coding: str) -> bytes:
    """The body without its content coding, never more than POLICY_BYTES of it."""
    coding = coding.strip().lower()
    if coding in ("", "identity"):
        return body
    if coding not in _ZLIB_CODINGS:
        raise _Failed("media_type", f"the policy is encoded as {coding}")
    unpack = zlib.decompressobj(_GZIP_OR_ZLIB)
    try:
        plain = unpack.decompress(body, POLICY_BYTES + 1)
    except zlib.error as error:
        raise _Failed("media_type", f"the policy is said to be {coding} and is not: {error}") from error
    if len(plain) > POLICY_BYTES:
        raise _Failed("too_large", f"the policy is longer than {POLICY_BYTES} bytes, unpacked")
    if not unpack.eof:
        raise _Failed("media_type", f"the policy is said to be {coding} and breaks off")
    return plain


def _translated(host: str, addresses: tuple[str, ...], port: int, error: aiohttp.ClientError | OSError) -> _Failed:
    """What the HTTPS client met, as a code and a sentence."""
    cause = getattr(error, "os_error", error)
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        cause = error.certificate_error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return _Failed("tls", f"the certificate of {host} is not accepted: {cause.verify_message}")
    if isinstance(cause, ssl.SSLError):
        return _Failed("tls", f"no TLS with {host}: {cause.reason or cause}")
    if isinstance(error, aiohttp.ClientConnectorError):
        words = os.strerror(cause.errno) if isinstance(cause, OSError) and cause.errno else str(cause)
        return _Failed("connect", f"no connection to {host} ({', '.join(addresses)}) port {port}: {words}")
    if isinstance(error, aiohttp.ClientResponseError):
        return _Failed("status", f"{host} sends no HTTP that can be read: {error.message}")
    return _Failed("connect", f"{host} closed the connection before the policy was complete")


class _Connector(aiohttp.TCPConnector):
    """Knows its connections, to end them at once: TLS would wait half a minute for the other side to say goodbye."""

    def __init__(self, addresses: tuple[str, ...], context: ssl.SSLContext) -> None:
        super().__init__(resolver=_Pinned(addresses), ssl=context, use_dns_cache=False, force_close=True)
        self._connections: list[tuple[TransportSocket, asyncio.Future[None]]] = []

    async def connect(
        self, req: aiohttp.ClientRequest, traces: "list[aiohttp.tracing.Trace]", timeout: aiohttp.ClientTimeout
    ) -> aiohttp.connector.Connection:
        connection = await super().connect(req, traces, timeout)
        protocol = connection.protocol
        if protocol is not None and protocol.transport is not None and protocol.closed is not None:
            self._connections.append((protocol.transport.get_extra_info("socket"), protocol.closed))
        return connection

    async def hang_up(self) -> None:
        """Once the session is closed: the end of the stream is all that its connections still wait for."""
        for connection, _ in self._connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GOODBYE):
                await asyncio.gather(*(closed for _, closed in self._connections), return_exceptions=True)


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
