"""A real DNS server on loopback, UDP and TCP on one port, with a zone that a test writes as a dict.

    zone = {
        ("_mta-sts.example.com", "TXT"): ["v=STSv1; id=1"],
        ("mta-sts.example.com", "A"): ["127.0.0.1"],
        ("split.example", "TXT"): [("v=STSv1; ", "id=1")],  # one record of two character-strings
        ("www.example.com", "CNAME"): ["example.com"],
        ("broken.example", "TXT"): SERVFAIL,
        ("long.example", "TXT"): Truncated(["answered over TCP only"]),
    }
    with DnsServer(zone) as dns:
        Resolver(Dns(nameservers=(dns.address,)))
        dns.zone[...] = ...  # may change at any time
        assert dns.queries[("_mta-sts.example.com", "TXT")] == 1

A name with records of other types only has no data; any other name does not exist.
"""

import enum
import socketserver
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.ANY.TXT
import dns.rrset

from collector.settings import Address, Dns

Text = str | bytes
Record = Text | tuple[Text, ...]
_NEGATIVE_TTL = 60
_MAX_CHAIN = 8


class Fault(enum.Enum):
    """What the server does instead of answering."""

    SERVFAIL = "SERVFAIL"
    REFUSED = "REFUSED"
    SILENCE = "never answers"


SERVFAIL, REFUSED, SILENCE = Fault.SERVFAIL, Fault.REFUSED, Fault.SILENCE


@dataclass(frozen=True)
class Truncated:
    """Records that do not fit into UDP: the answer there is empty, with the TC bit."""

    records: Sequence[Record]


Answer = Sequence[Record] | Truncated | Fault
Zone = dict[tuple[str, str], Answer]


class DnsServer:
    """Serves `zone` from `__enter__` to `__exit__`. `ttl` is that of every positive answer; negative ones have 60 s."""

    def __init__(self, zone: Mapping[tuple[str, str], Answer] | None = None, *, ttl: int = 300) -> None:
        self.zone: Zone = dict(zone or {})
        self.ttl = ttl
        self.queries: Counter[tuple[str, str]] = Counter()
        self.tcp_queries: Counter[tuple[str, str]] = Counter()
        self._tcp = _Tcp(("127.0.0.1", 0), _TcpHandler)
        self._udp = _Udp(("127.0.0.1", self._tcp.server_address[1]), _UdpHandler)
        self._tcp.owner = self._udp.owner = self
        self.address = Address("127.0.0.1", self._tcp.server_address[1])
        self._threads = [
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
            for server in (self._tcp, self._udp)
        ]

    def settings(self, timeout: float = 2) -> Dns:
        """DNS settings that ask this server only."""
        return Dns(nameservers=(self.address,), timeout=timeout)

    def __enter__(self) -> "DnsServer":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server in (self._tcp, self._udp):
            server.shutdown()
            server.server_close()
        for thread in self._threads:
            thread.join()

    def answer(self, wire: bytes, *, tcp: bool) -> bytes | None:
        """The answer to one query in wire format; None where there is to be none."""
        query = dns.message.from_wire(wire)
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        rdtype = dns.rdatatype.to_text(question.rdtype)
        self.queries[(name, rdtype)] += 1
        self.tcp_queries[(name, rdtype)] += tcp
        response = dns.message.make_response(query, recursion_available=True)
        fault = self._fill(response, name, rdtype, tcp=tcp)
        if fault is SILENCE:
            return None
        if fault is not None:
            response.set_rcode(dns.rcode.from_text(fault.value))
        largest = 65535 if tcp else (query.payload if query.edns >= 0 else 512)
        return response.to_wire(max_size=largest, prefer_truncation=True, want_shuffle=False)

    def _fill(self, response: dns.message.Message, name: str, rdtype: str, *, tcp: bool) -> Fault | None:
        """Puts the records into the answer, following CNAMEs within the zone."""
        for _ in range(_MAX_CHAIN):
            found = self.zone.get((name, rdtype))
            alias = self.zone.get((name, "CNAME"))
            if isinstance(found, Fault):
                return found
            if isinstance(found, Truncated):
                if not tcp:
                    response.flags |= dns.flags.TC
                    return None
                found = found.records
            if found is not None:
                response.answer.append(_rrset(name, self.ttl, rdtype, found))
                return None
            if alias is None:
                self._negative(response, name)
                return None
            assert not isinstance(alias, (Truncated, Fault))
            response.answer.append(_rrset(name, self.ttl, "CNAME", alias))
            name = str(alias[0]).rstrip(".").lower()
        return None

    def _negative(self, response: dns.message.Message, name: str) -> None:
        # A name above an existing one exists, without data (RFC 8020).
        if not any(owner == name or owner.endswith("." + name) for owner, _ in self.zone):
            response.set_rcode(dns.rcode.NXDOMAIN)
        top = name.rpartition(".")[2]
        soa = f"ns.{top}. admin.{top}. 1 3600 600 86400 {_NEGATIVE_TTL}"
        response.authority.append(_rrset(top, _NEGATIVE_TTL, "SOA", [soa]))


def _rrset(name: str, ttl: int, rdtype: str, records: Sequence[Record]) -> dns.rrset.RRset:
    return dns.rrset.from_rdata_list(dns.name.from_text(name), ttl, [_rdata(rdtype, record) for record in records])


def _rdata(rdtype: str, record: Record) -> dns.rdata.Rdata:
    if rdtype == "TXT":
        return dns.rdtypes.ANY.TXT.TXT(dns.rdataclass.IN, dns.rdatatype.TXT, _strings(record))
    assert isinstance(record, str)
    # Names in the zone are written without the last dot.
    return dns.rdata.from_text("IN", rdtype, record, origin=dns.name.root, relativize=False)


def _strings(record: Record) -> list[bytes]:
    """The character-strings of a TXT record: as a tuple gives them, else cut at 255 octets."""
    if isinstance(record, tuple):
        return [_octets(part) for part in record]
    octets = _octets(record)
    return [octets[start : start + 255] for start in range(0, len(octets), 255)] or [b""]


def _octets(text: Text) -> bytes:
    return text if isinstance(text, bytes) else text.encode()


class _Tcp(socketserver.ThreadingTCPServer):
    owner: DnsServer
    allow_reuse_address = True
    daemon_threads = True


class _Udp(socketserver.ThreadingUDPServer):
    owner: DnsServer
    daemon_threads = True


class _UdpHandler(socketserver.BaseRequestHandler):
    server: _Udp

    def handle(self) -> None:
        data, socket = self.request
        answer = self.server.owner.answer(data, tcp=False)
        if answer is not None:
            socket.sendto(answer, self.client_address)


class _TcpHandler(socketserver.StreamRequestHandler):
    server: _Tcp

    def handle(self) -> None:
        while length := self.rfile.read(2):
            answer = self.server.owner.answer(self.rfile.read(int.from_bytes(length)), tcp=True)
            if answer is None:
                return
            self.wfile.write(len(answer).to_bytes(2) + answer)
