"""How many connections there may be, in all and from one address."""

import ipaddress
from collections import Counter

# A household or a machine owns a whole /64 of IPv6: counting single addresses would limit nobody.
_IPV6_PREFIX = 64


def client_address(peername: object) -> str:
    """The client's IP address of a transport's `peername`; "" for a unix socket. A mapped IPv4 address as IPv4."""
    if not isinstance(peername, tuple):
        return ""
    address = str(peername[0]).partition("%")[0]
    return address.removeprefix("::ffff:") if "." in address else address


def network_of(address: str) -> str:
    """What counts as one address: an IPv4 address itself, an IPv6 address's /64."""
    if ":" not in address:
        return address
    return str(ipaddress.ip_network((address, _IPV6_PREFIX), strict=False))


class Gate:
    """Counts the connections. Everything goes on in one event loop: no locks."""

    def __init__(self, total: int, per_address: int) -> None:
        self._total = total
        self._per_address = per_address
        self._inside: Counter[str] = Counter()
        self._count = 0
        self._closed = False

    def close(self) -> None:
        """Nobody enters any more."""
        self._closed = True

    def enter(self, address: str) -> bool:
        """Whether there is room for one more from `address`. Only who was let in may `leave`.

        Without an address ("": a unix socket, or a load balancer that has not said yet for whom it speaks) it counts
        in all only.
        """
        network = network_of(address)
        if self._closed or self._count >= self._total or (network and self._inside[network] >= self._per_address):
            return False
        self._count += 1
        self._inside[network] += 1
        return True

    def leave(self, address: str) -> None:
        network = network_of(address)
        self._count -= 1
        self._inside[network] -= 1
        if not self._inside[network]:
            del self._inside[network]
