"""One look at what a domain publishes: the `_mta-sts` record, the policy over HTTPS, the MX hosts (RFC 8461 section 3).

Whatever goes wrong becomes an Observation with its error code: a fetch error is a value here, never an exception.
Addresses come from our own resolver, loopback included: the operator's DNS says where his policy host is.
"""

import asyncio
import ssl
from dataclasses import dataclass, field
from datetime import datetime

from collector import settings
from collector.errors import ConfigurationError
from collector.monitor import policy, records
from collector.monitor.failed import Failed
from collector.monitor.https import get
from collector.monitor.model import Observation, Problem, StsPolicy, StsRecord, reason
from collector.resolver import LookupFailed, MxAnswer, NoSuchName, Resolver

_NO_HOSTS = MxAnswer((), None)


@dataclass(slots=True)
class _Progress:
    """How far the look came: a time-out says what it was waiting for, and a good record outlives a bad policy."""

    record: StsRecord | None = None
    stage: str = "DNS"
    problems: list[Problem] = field(default_factory=list)
    certificate_ends: datetime | None = None


def tls_context(monitor: settings.Monitor) -> ssl.SSLContext:
    """How policy hosts are trusted: by the system's CAs and `monitor.ca_file`, over TLS 1.2 or later, by DNS-ID (M11).

    Raises ConfigurationError if the file cannot be read.
    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.hostname_checks_common_name = False
    context.set_alpn_protocols(["http/1.1"])
    if monitor.ca_file is not None:
        try:
            context.load_verify_locations(cafile=monitor.ca_file)
        except OSError as error:
            raise ConfigurationError(f"monitor.ca_file: {monitor.ca_file}: {error.strerror or error}") from error
    return context


async def fetch(
    domain: str, *, resolver: Resolver, monitor: settings.Monitor, context: ssl.SSLContext, now: datetime
) -> Observation:
    """Looks at `domain` (normal form) once, within `monitor.timeout` seconds. `now` (aware, UTC) becomes its time."""
    progress = _Progress()
    published, mx = await asyncio.gather(
        _published(domain, resolver, monitor, context, progress), _mx_hosts(domain, resolver, monitor.timeout)
    )
    failed = published if isinstance(published, Failed) else None
    return Observation(
        at=now,
        policy_id=progress.record.id if progress.record else None,
        policy=published if isinstance(published, StsPolicy) else None,
        error=failed.code if failed else None,
        error_detail=str(failed) if failed else None,
        mx_hosts=tuple(dict.fromkeys(host for _, host in mx.hosts)) if mx else None,
        mx_secure=mx.secure if mx else None,
        record=progress.record.record if progress.record else None,
        certificate_ends=progress.certificate_ends,
        problems=tuple(dict.fromkeys((*(failed.problems if failed else ()), *progress.problems))),
    )


async def look_at_record(domain: str, resolver: Resolver) -> StsRecord:
    """The `_mta-sts` record alone. Raises NoSuchName, and LookupFailed if DNS gives no answer."""
    answer = await resolver.txt_async(f"_mta-sts.{domain}")
    return records.read(answer.records)


async def _published(
    domain: str, resolver: Resolver, monitor: settings.Monitor, context: ssl.SSLContext, progress: _Progress
) -> StsPolicy | Failed:
    host = f"mta-sts.{domain}"
    try:
        async with asyncio.timeout(monitor.timeout):
            await _record(domain, resolver, progress)
            addresses = await _addresses(host, resolver)
            progress.stage = host
            answer = await get(host, monitor.https_port, addresses, context)
            progress.certificate_ends = answer.certificate_ends
    except Failed as failure:
        return failure
    except TimeoutError:
        detail = f"no complete answer from {progress.stage} within {monitor.timeout:g} s"
        return Failed("dns" if progress.stage == "DNS" else "timeout", detail)
    reading = policy.read(answer.body)
    progress.problems += reading.problems
    return reading.policy or Failed("syntax", reason(reading.problems) or "", problems=reading.problems)


async def _record(domain: str, resolver: Resolver, progress: _Progress) -> None:
    """Notes the record. Raises Failed unless it is good."""
    try:
        record = await look_at_record(domain, resolver)
    except NoSuchName as error:
        raise Failed("no_record", str(error), problems=records.read(()).problems) from error
    except LookupFailed as error:
        raise Failed("dns", str(error), fix=f"See that the name servers of {domain} answer.") from error
    progress.record = record
    progress.problems += record.problems
    if record.error is not None:
        raise Failed(record.error, reason(record.problems) or "", problems=record.problems)


async def _addresses(host: str, resolver: Resolver) -> tuple[str, ...]:
    try:
        return await resolver.addresses_async(host)
    except NoSuchName as error:
        fix = f"Publish an A or AAAA record at {host}, or a CNAME to your provider's policy host."
        detail = f"the policy host {host} has no address"
        raise Failed("dns", detail, name="policy_host_missing", fix=fix) from error
    except LookupFailed as error:
        raise Failed("dns", str(error), fix=f"See that the name servers of {host} answer.") from error


async def _mx_hosts(domain: str, resolver: Resolver, timeout: float) -> MxAnswer | None:
    """The MX hosts, best first; None if nobody could tell."""
    try:
        async with asyncio.timeout(timeout):
            return await resolver.mx_answer_async(domain)
    except NoSuchName:
        return _NO_HOSTS
    except (LookupFailed, TimeoutError):
        return None
