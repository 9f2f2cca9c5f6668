"""The whole check of a domain: both records, the policy, and every MX host."""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from collector import settings
from collector.errors import LookupFailed, NoSuchName
from collector.monitor import lint, tlsrpt_record
from collector.monitor.checked import Check, MxCheck, StsCheck, TlsrptCheck
from collector.monitor.fetch import fetch, look_at_record
from collector.monitor.model import Observation, Problem, StsPolicy
from collector.resolver import Resolver

# RFC 5321 sets no limit; a sender tries a few. What a hostile zone lists beyond is not worth a look.
_MOST_HOSTS = 20


class Probing(Protocol):
    """Looks at one MX host; `mx_secure`: whether DNSSEC proves the MX record."""

    async def probe(self, host: str, *, policy: StsPolicy | None, mx_secure: bool | None) -> MxCheck: ...


@dataclass(frozen=True, slots=True)
class Looked:
    """One look: what is published, and what there is to say about it."""

    observation: Observation
    check: Check


class Checker:
    """Checks domains, as many at a time as it is asked to. Raises nothing that is expected.

    A check takes three times `monitor.timeout` seconds at most, and a little for DNS.
    """

    def __init__(
        self,
        resolver: Resolver,
        monitor: settings.Monitor,
        context: ssl.SSLContext,
        prober: Probing,
        judge: Callable[[str, tuple[str, ...]], tuple[Problem, ...]] = lambda domain, rua: (),
    ) -> None:
        """`judge(domain, rua)` adds what the collector itself has to say about the targets of a valid record."""
        self._resolver = resolver
        self._monitor = monitor
        self._context = context
        self._prober = prober
        self._judge = judge

    async def look(self, domain: str, now: datetime) -> Looked:
        """Looks at `domain` (normal form). `now` (aware, UTC) becomes the time of the check."""
        tlsrpt, seen = await asyncio.gather(
            self._tlsrpt(domain),
            fetch(domain, resolver=self._resolver, monitor=self._monitor, context=self._context, now=now),
        )
        problems = seen.problems
        if seen.policy is not None:
            problems = (*problems, *lint.look_at(seen.policy, seen.mx_hosts))
        sts = StsCheck(seen.record, seen.policy_id, seen.policy, seen.error, problems)
        return Looked(seen, Check(domain, now, tlsrpt, sts, await self._mx(seen)))

    async def policy_id(self, domain: str) -> str | None:
        """The id of the `_mta-sts` record alone, None if there is no valid one. Raises LookupFailed."""
        try:
            return (await look_at_record(domain, self._resolver)).id
        except NoSuchName:
            return None

    async def _tlsrpt(self, domain: str) -> TlsrptCheck:
        """RFC 8460 section 3: this name only, no parent (R1)."""
        try:
            records = (await self._resolver.txt_async(f"_smtp._tls.{domain}")).records
        except NoSuchName:
            records = ()
        except LookupFailed as error:
            fix = f"See that the name servers of {domain} answer."
            return TlsrptCheck(None, problems=(Problem("dns", "error", str(error), fix),))
        found = tlsrpt_record.read(records, domain)
        added = self._judge(domain, found.rua) if found.rua else ()
        return replace(found, problems=(*found.problems, *added))

    async def _mx(self, seen: Observation) -> tuple[MxCheck, ...]:
        """All hosts at the same time; how many really are is the prober's to say. The order is that of preference."""
        hosts = seen.mx_hosts or ()
        probes = [self._probed(host, seen) for host in hosts[:_MOST_HOSTS]]
        left = [
            _not_looked_at(host, f"only the first {_MOST_HOSTS} MX hosts are looked at") for host in hosts[_MOST_HOSTS:]
        ]
        return tuple(_matched(found, seen.policy) for found in (*await asyncio.gather(*probes), *left))

    async def _probed(self, host: str, seen: Observation) -> MxCheck:
        try:
            # The prober has a time limit of its own, which begins when it is this host's turn.
            async with asyncio.timeout(2 * self._monitor.timeout):
                return await self._prober.probe(host, policy=seen.policy, mx_secure=seen.mx_secure)
        except TimeoutError:
            return _not_looked_at(host, f"{host} could not be looked at within {2 * self._monitor.timeout:g} s")


def _matched(found: MxCheck, policy: StsPolicy | None) -> MxCheck:
    """With our word on the policy, which knows the usual slips, in place of the prober's."""
    matches, problems = lint.match(found.host, policy)
    others = (problem for problem in found.problems if problem.code != lint.NOT_IN_POLICY)
    return replace(found, matches_policy=matches, problems=(*problems, *others))


def _not_looked_at(host: str, why: str) -> MxCheck:
    return MxCheck(host, None, None, problems=(Problem("not_looked_at", "warning", why),))
