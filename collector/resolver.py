"""Every look-up in DNS goes through here: the operator's nameservers, one time limit, two ways to come back empty."""

import asyncio
import socket
from dataclasses import dataclass
from pathlib import Path

import dns.asyncresolver
import dns.exception
import dns.message
import dns.name
import dns.nameserver
import dns.rdtypes.ANY.MX
import dns.rdtypes.ANY.TXT
import dns.resolver

from collector import domains, settings
from collector.errors import ConfigurationError, LookupFailed, NoSuchName

__all__ = ["LookupFailed", "NoSuchName", "Resolver", "TxtAnswer"]

# What EDNS offers to take over UDP; more comes by TCP (DNS flag day 2020).
_UDP_PAYLOAD = 1232
# A name that cannot exist stays so; asked again at most this often.
_IMPOSSIBLE_TTL = 3600.0


@dataclass(frozen=True, slots=True)
class TxtAnswer:
    """TXT records in the order they came.

    `records`: the character-strings of each are joined without blanks (R8, M4). `ttl`: seconds, the least of the
    CNAMEs on the way and the records.
    """

    records: tuple[bytes, ...]
    ttl: float


class Resolver:
    """A stub resolver over dnspython. Follows CNAMEs; UDP with EDNS, TCP where the answer was cut off.

    Every method raises NoSuchName or LookupFailed (both in collector.errors). Safe to share between threads and
    event loops: it holds no state but its settings.
    """

    def __init__(self, dns_settings: settings.Dns, *, resolv_conf: Path = Path("/etc/resolv.conf")) -> None:
        """`resolv_conf` names the system's nameservers, which are asked if the settings name none.

        Raises ConfigurationError if a nameserver's own name cannot be resolved.
        """
        self._timeout = dns_settings.timeout
        named = [server for address in dns_settings.nameservers for server in _nameservers(address)]
        servers = named or _system_nameservers(resolv_conf)
        self.nameservers = tuple(settings.Address(server.address, server.port) for server in servers)
        self._sync = dns.resolver.Resolver(configure=False)
        self._async = dns.asyncresolver.Resolver(configure=False)
        self._sync.nameservers = self._async.nameservers = list(servers)
        for resolver in (self._sync, self._async):
            resolver.use_edns(0, 0, _UDP_PAYLOAD)
            resolver.lifetime = dns_settings.timeout
            # Short enough for a second try, or a second server, within the lifetime.
            resolver.timeout = min(2.0, dns_settings.timeout / 2)

    def txt(self, name: str) -> TxtAnswer:
        """The TXT records at `name`, blocking."""
        qname = _qname(name)
        try:
            return _txt(self._sync.resolve(qname, "TXT"))
        except dns.exception.DNSException as error:
            raise self._translated(name, "TXT", error) from error

    async def txt_async(self, name: str) -> TxtAnswer:
        """The TXT records at `name`."""
        return _txt(await self._resolve(name, "TXT"))

    async def addresses_async(self, name: str) -> tuple[str, ...]:
        """The addresses of `name`, IPv4 first. One family that fails does not hide the other."""
        results = await asyncio.gather(self._resolve(name, "A"), self._resolve(name, "AAAA"), return_exceptions=True)
        found: list[str] = []
        for result in results:
            if not isinstance(result, BaseException):
                found += [record.to_text() for record in result]
        if found:
            return tuple(dict.fromkeys(found))
        # LookupFailed before NoSuchName: as long as one family is in doubt, nobody knows that there is none.
        raise min((error for error in results if isinstance(error, BaseException)), key=_certainty)

    async def mx_async(self, name: str) -> tuple[tuple[int, str], ...]:
        """(preference, host in normal form) of the hosts that take mail for `name`, best first.

        A null MX (RFC 7505) gives an empty tuple. Without MX records, a name that has an address is its own host
        (RFC 5321 section 5.1). Hosts that are no domain names (an address, say) are left out.
        """
        try:
            answer = await self._resolve(name, "MX")
        except NoSuchName:
            await self.addresses_async(name)
            return ((0, name),)
        hosts = set()
        for record in answer:
            assert isinstance(record, dns.rdtypes.ANY.MX.MX)
            host = domains.normalise(record.exchange.to_text(omit_final_dot=True))
            if host is not None:
                hosts.add((record.preference, host))
        return tuple(sorted(hosts))

    async def _resolve(self, name: str, rdtype: str) -> dns.resolver.Answer:
        qname = _qname(name)
        try:
            return await self._async.resolve(qname, rdtype)
        except dns.exception.DNSException as error:
            raise self._translated(name, rdtype, error) from error

    def _translated(self, name: str, rdtype: str, error: dns.exception.DNSException) -> LookupFailed | NoSuchName:
        """dnspython's error as one of ours, in words."""
        match error:
            case dns.resolver.NXDOMAIN():
                responses = error.kwargs["responses"].values()
                return NoSuchName(f"{name} does not exist in DNS", min(map(_negative_ttl, responses), default=0.0))
            case dns.resolver.NoAnswer():
                return NoSuchName(f"{name} has no {rdtype} record", _negative_ttl(error.kwargs["response"]))
            case dns.resolver.LifetimeTimeout():
                return LookupFailed(f"no answer from DNS for {name} {rdtype} within {self._timeout:g} s")
            case dns.resolver.NoNameservers():
                return LookupFailed(f"DNS look-up of {name} {rdtype} failed: {_reasons(error.kwargs['errors'])}")
            case _:
                return LookupFailed(f"DNS look-up of {name} {rdtype} failed: {error}")


def _qname(name: str) -> dns.name.Name:
    """`name` for the wire. One that is too long, or has an empty label, exists nowhere."""
    try:
        return dns.name.from_text(name)
    except dns.exception.DNSException as error:
        raise NoSuchName(f"{name} cannot exist in DNS: {error}", _IMPOSSIBLE_TTL) from error


def _txt(answer: dns.resolver.Answer) -> TxtAnswer:
    records = []
    for record in answer:
        assert isinstance(record, dns.rdtypes.ANY.TXT.TXT)
        records.append(b"".join(record.strings))
    return TxtAnswer(tuple(records), float(answer.chaining_result.minimum_ttl))


def _certainty(error: BaseException) -> int:
    """Sorts what a failed look-up leaves open: a fault of the program, then no answer, then a clear no."""
    return 2 if isinstance(error, NoSuchName) else 1 if isinstance(error, LookupFailed) else 0


def _negative_ttl(response: dns.message.QueryMessage) -> float:
    """Seconds that "there is none" may be remembered (RFC 2308 section 5)."""
    return float(response.resolve_chaining().minimum_ttl)


def _reasons(errors: list[tuple[str, bool, int, Exception | str, object]]) -> str:
    """What each nameserver said, once."""
    said = (f"{server.partition('@')[0].removeprefix('Do53:') or server}: {error}" for server, _, _, error, _ in errors)
    return "; ".join(dict.fromkeys(said)) or "no nameserver"


def _nameservers(address: settings.Address) -> list[dns.nameserver.Do53Nameserver]:
    """A nameserver per address of the host, which may be given by its name."""
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_DGRAM)
    except OSError as error:
        raise ConfigurationError(f"dns.nameservers: {address.host}: {error.strerror}") from error
    return [dns.nameserver.Do53Nameserver(str(entry[4][0]), address.port) for entry in found]


def _system_nameservers(resolv_conf: Path) -> list[dns.nameserver.Do53Nameserver]:
    try:
        named = dns.resolver.Resolver(filename=str(resolv_conf)).nameservers
    except dns.resolver.NoResolverConfiguration:
        named = ["127.0.0.1"]  # what resolv.conf(5) says of a file that names none
    return [dns.nameserver.Do53Nameserver(str(address), 53) for address in named]
