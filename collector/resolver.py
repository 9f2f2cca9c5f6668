"""Every look-up in DNS goes through here: the operator's nameservers, one time limit, two ways to come back empty.

Where DNSSEC matters, an answer says whether it is `secure`: whether a validating resolver that is trusted
(`dns.trust_ad`) calls it authentic, by the AD bit. None is unknown: no resolver is trusted with that.
"""

import asyncio
import ipaddress
from dataclasses import dataclass
from pathlib import Path

import dns.asyncresolver
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rdata
import dns.rdtypes.ANY.MX
import dns.rdtypes.ANY.TLSA
import dns.rdtypes.ANY.TXT
import dns.resolver

from collector import domains, settings
from collector.errors import LookupFailed, NoSuchName
from collector.nameserver import TolerantNameserver, named, of_system

__all__ = ["AddressAnswer", "LookupFailed", "MxAnswer", "NoSuchName", "Resolver", "Tlsa", "TlsaAnswer", "TxtAnswer"]

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


@dataclass(frozen=True, slots=True)
class MxAnswer:
    """(preference, host in normal form), best first; without any MX record the name itself (RFC 5321 section 5.1)."""

    hosts: tuple[tuple[int, str], ...]
    secure: bool | None


@dataclass(frozen=True, slots=True)
class AddressAnswer:
    """IPv4 first. `canonical`: the name, without its last dot, that they belong to after all CNAMEs."""

    addresses: tuple[str, ...]
    canonical: str
    secure: bool | None


@dataclass(frozen=True, slots=True)
class Tlsa:
    """A TLSA record by its fields (RFC 6698 section 2.1)."""

    usage: int
    selector: int
    matching_type: int
    data: bytes

    def __str__(self) -> str:
        return f"{self.usage} {self.selector} {self.matching_type} {self.data.hex()}"


@dataclass(frozen=True, slots=True)
class TlsaAnswer:
    """None of them may be there; `secure` then says whether that is proven.

    `unreadable`: what is wrong with those that are no TLSA records by their form, once each.
    """

    records: tuple[Tlsa, ...]
    secure: bool | None
    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Answer:
    """Either records, or the error that says there are none."""

    records: tuple[dns.rdata.Rdata, ...]
    canonical: str
    secure: bool | None
    absent: NoSuchName | None = None
    unreadable: tuple[str, ...] = ()


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
        servers = [server for address in dns_settings.nameservers for server in named(address)] or of_system(
            resolv_conf
        )
        self.nameservers = tuple(settings.Address(server.address, server.port) for server in servers)
        self._sync = dns.resolver.Resolver(configure=False)
        self._async = dns.asyncresolver.Resolver(configure=False)
        self._proving = dns.asyncresolver.Resolver(configure=False)
        self.trusts_ad = _trusts_ad(dns_settings.trust_ad, [server.address for server in servers])
        for resolver in (self._sync, self._async, self._proving):
            resolver.nameservers = list(servers)
            resolver.use_edns(0, 0, _UDP_PAYLOAD)
            resolver.lifetime = dns_settings.timeout
            # Short enough for a second try, or a second server, within the lifetime.
            resolver.timeout = min(2.0, dns_settings.timeout / 2)
        self._proving.nameservers = [TolerantNameserver(server.address, server.port) for server in servers]
        if self.trusts_ad:
            # AD asks for the bit (RFC 6840 section 5.7); some resolvers tell it only to those who ask for all of
            # DNSSEC (RFC 4035 section 3.2.3). Nobody is asked whose word would not count.
            self._proving.use_edns(0, dns.flags.DO, _UDP_PAYLOAD)
            self._proving.flags = dns.flags.RD | dns.flags.AD

    def txt(self, name: str) -> TxtAnswer:
        """The TXT records at `name`, blocking."""
        qname = _qname(name)
        try:
            return _txt(self._sync.resolve(qname, "TXT"))
        except dns.exception.DNSException as error:
            raise self._translated(name, "TXT", error) from error

    async def txt_async(self, name: str) -> TxtAnswer:
        """The TXT records at `name`."""
        qname = _qname(name)
        try:
            return _txt(await self._async.resolve(qname, "TXT"))
        except dns.exception.DNSException as error:
            raise self._translated(name, "TXT", error) from error

    async def addresses_async(self, name: str) -> tuple[str, ...]:
        """The addresses of `name`, IPv4 first. One family that fails does not hide the other."""
        return (await self.address_answer_async(name)).addresses

    async def address_answer_async(self, name: str) -> AddressAnswer:
        """The same with its proof: secure if all that was found is (RFC 7672 section 2.2)."""
        results = await asyncio.gather(self._answer(name, "A"), self._answer(name, "AAAA"), return_exceptions=True)
        answers = [result for result in results if isinstance(result, _Answer)]
        found = [answer for answer in answers if answer.records]
        if found:
            addresses = dict.fromkeys(record.to_text() for answer in found for record in answer.records)
            return AddressAnswer(tuple(addresses), found[0].canonical, _all_secure(found))
        # LookupFailed before NoSuchName: as long as one family is in doubt, nobody knows that there is none.
        errors = [result for result in results if isinstance(result, BaseException)]
        raise min(errors + [answer.absent for answer in answers if answer.absent is not None], key=_certainty)

    async def mx_async(self, name: str) -> tuple[tuple[int, str], ...]:
        """(preference, host in normal form) of the hosts that take mail for `name`, best first.

        A null MX (RFC 7505) gives an empty tuple. Without MX records, a name that has an address is its own host
        (RFC 5321 section 5.1). Hosts that are no domain names (an address, say) are left out.
        """
        return (await self.mx_answer_async(name)).hosts

    async def mx_answer_async(self, name: str) -> MxAnswer:
        """The same with its proof."""
        answer = await self._answer(name, "MX")
        if answer.absent is not None:
            await self.addresses_async(name)
            return MxAnswer(((0, name),), answer.secure)
        hosts = set()
        for record in answer.records:
            assert isinstance(record, dns.rdtypes.ANY.MX.MX)
            host = domains.normalise(record.exchange.to_text(omit_final_dot=True))
            if host is not None:
                hosts.add((record.preference, host))
        return MxAnswer(tuple(sorted(hosts)), answer.secure)

    async def tlsa_async(self, name: str) -> TlsaAnswer:
        """The TLSA records at `name` (`_25._tcp.mx.example.com`), in no order of meaning. Raises LookupFailed only."""
        try:
            answer = await self._answer(name, "TLSA")
        except NoSuchName:  # too long a name
            return TlsaAnswer((), None)
        records = set()
        for record in answer.records:
            assert isinstance(record, dns.rdtypes.ANY.TLSA.TLSA)
            records.add(Tlsa(record.usage, record.selector, record.mtype, record.cert))
        return TlsaAnswer(tuple(sorted(records, key=str)), answer.secure, answer.unreadable)

    async def _answer(self, name: str, rdtype: str) -> _Answer:
        """Asks for the proof too, if somebody is trusted with it. Raises LookupFailed, and NoSuchName for no name."""
        qname = _qname(name)
        try:
            answer = await self._proving.resolve(qname, rdtype)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer) as error:
            absent = self._translated(name, rdtype, error)
            assert isinstance(absent, NoSuchName)
            responses = _responses(error)
            return _Answer((), name, self._secure(*responses), absent, _unreadable(*responses))
        except dns.exception.DNSException as error:
            raise self._translated(name, rdtype, error) from error
        canonical = answer.canonical_name.to_text(omit_final_dot=True).lower()
        unreadable = _unreadable(answer.response)
        return _Answer(tuple(answer), canonical, self._secure(answer.response), unreadable=unreadable)

    def _secure(self, *responses: dns.message.Message) -> bool | None:
        return all(response.flags & dns.flags.AD for response in responses) if self.trusts_ad else None

    def _translated(self, name: str, rdtype: str, error: dns.exception.DNSException) -> LookupFailed | NoSuchName:
        """dnspython's error as one of ours, in words."""
        match error:
            case dns.resolver.NXDOMAIN() | dns.resolver.NoAnswer():
                missing = (
                    "does not exist in DNS" if isinstance(error, dns.resolver.NXDOMAIN) else f"has no {rdtype} record"
                )
                return NoSuchName(f"{name} {missing}", min(map(_negative_ttl, _responses(error)), default=0.0))
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


def _trusts_ad(trust: str, nameservers: list[str]) -> bool:
    """Nobody can change an answer on its way over loopback; on any other way the AD bit proves nothing."""
    if trust == "auto":
        return all(ipaddress.ip_address(server).is_loopback for server in nameservers)
    return trust == "yes"


def _responses(error: dns.resolver.NXDOMAIN | dns.resolver.NoAnswer) -> list[dns.message.QueryMessage]:
    """What the nameserver sent, where it said that there is nothing."""
    if isinstance(error, dns.resolver.NXDOMAIN):
        return list(error.kwargs["responses"].values())
    return [error.kwargs["response"]]


def _unreadable(*responses: dns.message.Message) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(error.exception) for response in responses for error in response.errors))


def _all_secure(answers: list[_Answer]) -> bool | None:
    """Of answers from the same nameservers: all of them know, or none does."""
    return None if any(answer.secure is None for answer in answers) else all(answer.secure for answer in answers)


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
