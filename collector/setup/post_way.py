"""A report by POST, as a sender would send it (RFC 8460 section 5.4): no redirect, a certificate that is trusted."""

import asyncio
import http.client
import socket
import ssl
from urllib.parse import urlsplit

from collector.errors import LookupFailed, NoSuchName
from collector.resolver import Resolver
from collector.setup.deadline import Deadline
from collector.setup.steps import Way, shown
from collector.unreachable import why

_SECONDS = 15.0
_MOST_READ = 2000  # bytes of the answer
_MOST_ADDRESSES = 2


def post(way: Way, report: bytes, *, resolver: Resolver, context: ssl.SSLContext, deadline: Deadline) -> None:
    """Sends `report` (packed JSON) to the way's `rua` and notes each step. Nothing is raised."""
    try:
        target = urlsplit(way.rua)
        host, port = target.hostname or "", target.port or 443
    except ValueError as error:
        way.note("dns", False, f"this is no address: {error}")
        return
    try:
        addresses = asyncio.run(resolver.addresses_async(host))
    except (LookupFailed, NoSuchName) as error:
        way.note("dns", False, str(error))
        return
    way.note("dns", True, f"the addresses of {host}: {', '.join(addresses)}")
    path = (target.path or "/") + (f"?{target.query}" if target.query else "")
    said = ""
    for address in addresses[:_MOST_ADDRESSES]:
        try:
            status, answer = _post_to(address, host, port, path, report, context, deadline)
        except (OSError, http.client.HTTPException) as error:
            said = f"{host} [{address}]:{port}: {shown(why(error))}"
            continue
        said = f"{host} [{address}]:{port} said {status} {answer}".rstrip()
        way.note("accepted", status in (200, 201, 202), said)
        return
    way.note("accepted", False, said)


def _post_to(
    address: str, host: str, port: int, path: str, report: bytes, context: ssl.SSLContext, deadline: Deadline
) -> tuple[int, str]:
    connection = _Pinned(address, host, port, context, deadline.left(_SECONDS))
    with deadline.over(connection):
        headers = {"Content-Type": "application/tlsrpt+gzip", "User-Agent": "tlsrpt-self-test"}
        connection.request("POST", path, body=report, headers=headers)
        response = connection.getresponse()
        return response.status, shown(response.read(_MOST_READ))


class _Pinned(http.client.HTTPSConnection):
    """Connects to the address that our own resolver found, under the name of the host."""

    def __init__(self, address: str, host: str, port: int, context: ssl.SSLContext, timeout: float) -> None:
        super().__init__(host, port, context=context, timeout=timeout)
        self._address = address
        self._tls = context

    def connect(self) -> None:
        plain = socket.create_connection((self._address, self.port), self.timeout)
        self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)

    def __enter__(self) -> "_Pinned":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
