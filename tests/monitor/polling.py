"""What the tests of the poller share: a clock that stands still, and looks that are made up."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from collector.monitor.check import Looked
from collector.monitor.checked import Check, MxCheck, StsCheck, TlsrptCheck
from collector.monitor.model import Observation, StsPolicy
from collector.monitor.poller import Look, Poller, ReadId
from collector.store.engine import Engine
from collector.store.queries import find_domain, policies
from collector.store.queries.rows import PublishedPolicy

NOW = datetime(2026, 3, 4, tzinfo=UTC)
LEASE = timedelta(minutes=3)
POLICY = StsPolicy("testing", 86400, ("mx1.example.com",), "version: STSv1\n")


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def good(at: datetime = NOW) -> Observation:
    return Observation(at, "1", POLICY, mx_hosts=("mx1.example.com",))


def bad(at: datetime = NOW) -> Observation:
    return Observation(at, "1", None, "tls", "expired")


def published_history(engine: Engine, name: str) -> tuple[PublishedPolicy, ...]:
    domain_id = find_domain(engine, name)
    assert domain_id is not None
    return policies(engine, domain_id, now=NOW + timedelta(days=365)).published  # whatever the clock was set to


def looked(seen: Observation, domain: str = "example.com") -> Looked:
    hosts = tuple(MxCheck(host, None, None) for host in seen.mx_hosts or ())
    sts = StsCheck(seen.record, seen.policy_id, seen.policy, seen.error)
    return Looked(seen, Check(domain, seen.at, TlsrptCheck(None), sts, hosts))


async def same_id(domain: str) -> str | None:
    return "1"


def poller(
    engine: Engine,
    look: Look,
    clock: Clock,
    workers: int = 4,
    *,
    read_id: ReadId = same_id,
    every: timedelta = timedelta(days=2),
    chance: float = 0.0,
    patience: float = 5.0,
) -> Poller:
    """Without `every` nobody reads the id alone: each look is a whole one."""
    return Poller(
        engine,
        look,
        read_id,
        id_every=every,
        workers=workers,
        lease=LEASE,
        clock=clock,
        chance=lambda: chance,
        patience=patience,
    )


class NoProber:
    async def probe(self, host: str, *, policy: StsPolicy | None, mx_secure: bool | None) -> MxCheck:
        return MxCheck(host, None, None)


def answers(seen: list[str], answer: Callable[[datetime], Observation] = good) -> Look:
    async def look(domain: str, now: datetime) -> Looked:
        seen.append(domain)
        return looked(answer(now), domain)

    return look


async def drained(each: Poller) -> int:
    """Handles whatever is due now; returns how many looks that took."""
    total = 0
    while begun := await each.handle_due():
        total += begun
        await each.settle()
    return total
