"""The nameservers to ask, and one whose answer is not lost over one record that cannot be read."""

import asyncio
import socket
from pathlib import Path
from typing import Any

import dns.exception
import dns.flags
import dns.message
import dns.nameserver
import dns.resolver

from collector import settings
from collector.errors import ConfigurationError

_MOST_BYTES = 65535


class TolerantNameserver(dns.nameserver.Do53Nameserver):
    """Over UDP it leaves out what cannot be read; `errors` of the message then tell. TCP is dnspython's own.

    dnspython drops an answer that holds a TLSA record with a digest of the wrong length, and waits for a better one
    until its time is over. That record is just what its owner has to be told of.
    """

    async def async_query(
        self,
        request: dns.message.QueryMessage,
        timeout: float,
        source: str | None,
        source_port: int,
        max_size: bool,
        backend: Any,
        one_rr_per_rrset: bool = False,
        ignore_trailing: bool = False,
    ) -> dns.message.Message:
        if max_size:
            return await super().async_query(
                request, timeout, source, source_port, max_size, backend, one_rr_per_rrset, ignore_trailing
            )
        try:
            async with asyncio.timeout(timeout):
                return await self._exchange(request)
        except TimeoutError as error:
            raise dns.exception.Timeout(timeout=timeout) from error  # type: ignore[no-untyped-call]

    async def _exchange(self, request: dns.message.QueryMessage) -> dns.message.Message:
        loop = asyncio.get_running_loop()
        family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as connection:
            connection.setblocking(False)
            # Connected: what others send does not arrive, and a closed port is known at once.
            connection.connect((self.address, self.port))
            await loop.sock_sendall(connection, request.to_wire())
            while True:
                response = _read(await loop.sock_recv(connection, _MOST_BYTES))
                if response is None or not request.is_response(response):
                    continue
                if response.flags & dns.flags.TC:
                    raise dns.message.Truncated(message=response)  # type: ignore[no-untyped-call]
                return response


def _read(wire: bytes) -> dns.message.Message | None:
    try:
        return dns.message.from_wire(wire, continue_on_error=True)
    except dns.exception.DNSException:  # not even a header
        return None


def named(address: settings.Address) -> list[dns.nameserver.Do53Nameserver]:
    """A nameserver per address of the host, which may be given by its name. Raises ConfigurationError."""
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_DGRAM)
    except OSError as error:
        raise ConfigurationError(f"dns.nameservers: {address.host}: {error.strerror}") from error
    return [dns.nameserver.Do53Nameserver(str(entry[4][0]), address.port) for entry in found]


def of_system(resolv_conf: Path) -> list[dns.nameserver.Do53Nameserver]:
    """What the system asks."""
    try:
        addresses = dns.resolver.Resolver(filename=str(resolv_conf)).nameservers
    except dns.resolver.NoResolverConfiguration:
        addresses = ["127.0.0.1"]  # what resolv.conf(5) says of a file that names none
    return [dns.nameserver.Do53Nameserver(str(address), 53) for address in addresses]
