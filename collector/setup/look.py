"""One live look at what a domain publishes, for somebody who waits for it."""

import asyncio
import ssl
from dataclasses import dataclass, replace
from datetime import datetime

from collector import settings
from collector.errors import LookupFailed, NoSuchName
from collector.monitor import tlsrpt_record
from collector.monitor.checked import TlsrptCheck
from collector.monitor.fetch import fetch
from collector.monitor.model import Observation, Problem
from collector.resolver import Resolver

# Somebody looks at the page meanwhile: a host that takes longer is not set up well anyway.
_LONGEST = 10.0


@dataclass(frozen=True, slots=True)
class Look:
    """Both records, the policy and the MX hosts, at one time."""

    tlsrpt: TlsrptCheck
    found: Observation


async def look(
    domain: str, *, resolver: Resolver, monitor: settings.Monitor, context: ssl.SSLContext, now: datetime
) -> Look:
    """Looks at `domain` (normal form) within ten seconds. What cannot be looked up is a problem, not an error."""
    monitor = replace(monitor, timeout=min(monitor.timeout, _LONGEST))
    tlsrpt, found = await asyncio.gather(
        _tlsrpt(domain, resolver),
        fetch(domain, resolver=resolver, monitor=monitor, context=context, now=now),
    )
    return Look(tlsrpt, found)


async def _tlsrpt(domain: str, resolver: Resolver) -> TlsrptCheck:
    try:
        async with asyncio.timeout(_LONGEST):
            answer = await resolver.txt_async(f"_smtp._tls.{domain}")
    except NoSuchName:
        return tlsrpt_record.read((), domain)
    except (LookupFailed, TimeoutError) as error:
        return TlsrptCheck(None, problems=(Problem("dns", "error", str(error) or "no answer from DNS"),))
    return tlsrpt_record.read(answer.records, domain)
