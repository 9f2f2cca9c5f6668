"""Looks at MX hosts: DNS, a session, the judgement. Bounded in number and time; one look serves all who ask."""

import asyncio
import socket
from collections.abc import Callable
from datetime import datetime, timedelta

from collector import domains, settings
from collector.errors import LookupFailed, NoSuchName
from collector.monitor.checked import MxCheck
from collector.monitor.model import StsPolicy
from collector.monitor.probe.facts import Circumstances, Fault, Look
from collector.monitor.probe.judge import judge
from collector.monitor.probe.looks import Looks
from collector.monitor.probe.session import Caller
from collector.monitor.turns import PATIENCE, Turns
from collector.resolver import AddressAnswer, Resolver, TlsaAnswer

_NOT_KEPT = timedelta(0)


class Prober:
    """Belongs to one event loop. At most `monitor.workers` hosts are looked at at the same time; the slow make way.

    Hosts are contacted wherever DNS says they are, loopback included. Domains that share a host share a look that is
    going on, and one that is not older than `keep`.
    """

    def __init__(
        self,
        resolver: Resolver,
        monitor: settings.Monitor,
        dns: settings.Dns,
        clock: Callable[[], datetime],
        *,
        keep: timedelta = _NOT_KEPT,
        patience: float = PATIENCE,
    ) -> None:
        """`clock` answers aware UTC. Raises ConfigurationError if `monitor.ca_file` cannot be read."""
        self._resolver = resolver
        self._seconds = monitor.timeout
        self._trust_ad = dns.trust_ad
        self._clock = clock
        self._caller = Caller(monitor, _own_name())
        self._turns = Turns(monitor.workers, patience=patience)
        self._looks = Looks(self._look, clock, keep)

    async def probe(self, host: str, *, policy: StsPolicy | None, mx_secure: bool | None) -> MxCheck:
        """What there is to say about `host` (normal form) as an MX host of a domain that publishes `policy`.

        `mx_secure`: whether DNSSEC proves the MX record (resolver.MxAnswer). Takes `monitor.timeout` seconds at most,
        once it is its turn. Raises nothing that is expected.
        """
        look = await self._looks.of(host)
        return judge(look, Circumstances(policy, mx_secure, self._clock(), self._trust_ad))

    async def _look(self, host: str) -> Look:
        async with self._turns.turn():
            clock = asyncio.get_running_loop().time
            deadline = clock() + self._seconds
            addresses, tlsa = await asyncio.gather(self._addresses(host), self._tlsa(host))
            if isinstance(addresses, Fault):
                return Look(host, addresses, tlsa)
            # RFC 7672 section 2.2: the records of a proven alias's end come first.
            if addresses.canonical != host and addresses.secure:
                further = await self._tlsa(addresses.canonical)
                tlsa = further if isinstance(further, Fault) or further.records else tlsa
            session = await self._caller.session(host, addresses.addresses, deadline - clock())
            return Look(host, addresses, tlsa, session)

    async def _addresses(self, host: str) -> AddressAnswer | Fault:
        try:
            return await self._resolver.address_answer_async(host)
        except NoSuchName as error:
            return Fault("no_address", f"{host} has no address: {error}")
        except LookupFailed as error:
            return Fault("dns", str(error))

    async def _tlsa(self, host: str) -> TlsaAnswer | Fault:
        try:
            # Senders come to port 25, whatever `monitor.smtp_port` is.
            return await self._resolver.tlsa_async(f"_25._tcp.{host}")
        except LookupFailed as error:
            return Fault("tlsa_lookup", str(error))


def _own_name() -> str | None:
    """The machine's name, if it is one that can be said in EHLO (RFC 5321 section 4.1.1.1)."""
    name = domains.normalise(socket.gethostname())
    return name if name is not None and "." in name else None
