"""One look at one host, from DNS to the judgement, against a real MX host on loopback."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from collector.monitor.checked import MxCheck
from collector.monitor.model import Problem, StsPolicy
from collector.monitor.probe import Prober
from collector.resolver import Resolver
from collector.settings import Monitor
from tests.support.dns import DnsServer

HOST = "mx.example.com"
ENFORCE = StsPolicy("enforce", 86400, (HOST,), "")
TESTING = StsPolicy("testing", 86400, (HOST,), "")
NONE = StsPolicy("none", 86400, (), "")


def look_at(
    monitor: Monitor,
    *,
    addresses: Sequence[str] = ("127.0.0.1",),
    policy: StsPolicy | None = ENFORCE,
    zone: Mapping[tuple[str, str], Sequence[str]] | None = None,
) -> MxCheck:
    """The host's DNS is not signed."""
    records = {(HOST, "A"): [address for address in addresses if ":" not in address]}
    records[HOST, "AAAA"] = [address for address in addresses if ":" in address]
    with DnsServer({key: rows for key, rows in (records | dict(zone or {})).items() if rows}) as dns:
        prober = Prober(Resolver(dns.settings(10)), monitor, dns.settings(10), lambda: datetime.now(UTC))
        return asyncio.run(prober.probe(HOST, policy=policy, mx_secure=None))


def codes(check: MxCheck) -> list[str]:
    """Errors with an exclamation mark behind."""
    return [problem.code + "!" * (problem.severity == "error") for problem in check.problems]


def problem(check: MxCheck, code: str) -> Problem:
    return next(problem for problem in check.problems if problem.code == code)
