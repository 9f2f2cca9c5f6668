"""Listening sockets, made by hand: one address may need several, and several processes may share one."""

import socket
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from collector.errors import ConfigurationError
from collector.receive.smtp import unix
from collector.receive.smtp.unix import DEFAULT, Access
from collector.settings import Address

_BACKLOG = 1024
# Address family, and what `bind` takes.
_Target = tuple[int, tuple[Any, ...]]


def bind(
    addresses: Sequence[Address], *, key: str = "smtp.listen", shared: bool = False, access: Access = DEFAULT
) -> list[socket.socket]:
    """A bound socket for each of `addresses`, port 0 for any free port. They do not listen yet.

    `shared`: other processes bind the same ports (SO_REUSEPORT). `access` is for unix sockets. Raises
    ConfigurationError naming the setting `key` and the address.
    """
    sockets: list[socket.socket] = []
    targets = _resolve([address for address in addresses if address.path is None], key)
    ipv4_ports = {port for family, (_, port, *_) in targets if family == socket.AF_INET}
    try:
        for family, target in targets:
            sockets.append(_bind(family, target, key, shared=shared, only_ipv6=target[1] in ipv4_ports))
        paths = [Path(address.path) for address in addresses if address.path is not None]
        sockets.extend(unix.bind(path, access, key=key) for path in paths)
    except BaseException:
        close(sockets)
        raise
    return sockets


def listen(bound: socket.socket) -> None:
    bound.listen(_BACKLOG)


def is_unix(bound: socket.socket) -> bool:
    return bound.family == socket.AF_UNIX


def address_of(bound: socket.socket) -> Address:
    """Where it really is: the port is the one that was given."""
    if is_unix(bound):
        return Address("", 0, bound.getsockname())
    host, port, *_ = bound.getsockname()
    return Address(host, port)


def close(sockets: Iterable[socket.socket]) -> None:
    for each in sockets:
        each.close()


def _resolve(addresses: Iterable[Address], key: str) -> list[_Target]:
    found: dict[_Target, None] = {}
    for address in addresses:
        try:
            answers = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        except OSError as error:
            raise ConfigurationError(f"{key}: {address}: {error.strerror or error}") from None
        found.update({(family, target): None for family, _, _, _, target in answers})
    return list(found)


def _bind(family: int, target: tuple[Any, ...], key: str, *, shared: bool, only_ipv6: bool) -> socket.socket:
    # IPPROTO_TCP and not 0: only then does asyncio set TCP_NODELAY on each connection, without which one stalls 44 ms.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            # `[::]` takes IPv4 as well, unless IPv4 has a socket of its own at that port.
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, only_ipv6)
        bound.setblocking(False)
        bound.bind(target)
    except OSError as error:
        bound.close()
        raise ConfigurationError(f"{key}: {Address(*target[:2])}: {error.strerror or error}") from None
    return bound
