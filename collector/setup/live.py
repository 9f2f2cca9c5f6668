"""A domain's setup as the dashboard shows it: the plan against what is live, the served policy, the self-test."""

import asyncio
import logging
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from collector.errors import CheckBusy, TemporaryError, UsageError
from collector.monitor import advice, policy
from collector.monitor.advice import Hosted, Plan, Seen
from collector.monitor.change import Consequence, consequences
from collector.monitor.fetch import tls_context
from collector.monitor.model import Problem, StsPolicy
from collector.resolver import Resolver
from collector.settings import Settings
from collector.setup.look import Look, look
from collector.setup.ours import ours
from collector.setup.self_test import Result, SelfTest
from collector.store import hosted, queries
from collector.store.engine import Engine
from collector.store.hosted import HostedRow

log = logging.getLogger(__name__)

# Whoever asks again sooner sees the same: pages ask by themselves while they wait.
_REMEMBERED_SECONDS = 4.0
_MOST_REMEMBERED = 256
_AT_ONCE = 4
_MOST_WAIT = 3.0  # seconds for one of these places


@dataclass(frozen=True, slots=True)
class Draft:
    """A policy somebody wants to have served. `policy` is None exactly if a problem is an error."""

    policy: StsPolicy | None
    problems: tuple[Problem, ...]
    consequences: tuple[Consequence, ...]


class Setup:
    """For known domains only; `name` in normal form, `now` aware UTC. Methods raise StoreUnavailable and CheckBusy."""

    def __init__(self, settings: Settings, engine: Engine) -> None:
        self._settings = settings
        self._engine = engine
        self._resolver = Resolver(settings.dns)
        self._context = tls_context(settings.monitor)
        self._self_test = SelfTest(settings, engine, resolver=self._resolver, context=self._context)
        self._seen: dict[str, tuple[float, Look]] = {}
        self._lock = threading.Lock()
        self._slots = threading.Semaphore(_AT_ONCE)

    def plan(self, name: str, domain_id: UUID, now: datetime) -> Plan:
        """The steps with their ticks, by a look that is a few seconds old at most; it may take ten."""
        seen = self._look(name, now)
        served = hosted.served(self._engine, name)
        return advice.plan(
            name,
            ours(self._settings, name, seen.tlsrpt.rua),
            Seen(seen.tlsrpt, seen.found, self._held_until(domain_id, now), _hosted(served)),
            now,
        )

    def begin_self_test(self, name: str, domain_id: UUID, now: datetime) -> bool:
        """Starts one in a thread of its own; False if one was started less than a minute ago."""
        run = self._self_test.begin(domain_id, now)
        if run is None:
            return False

        def act() -> None:
            try:
                run(name, lambda: datetime.now(UTC))
            except TemporaryError as error:
                log.warning("self-test of %s: %s", name, error)

        threading.Thread(target=act, name="self-test", daemon=True).start()
        return True

    def self_test(self, name: str, domain_id: UUID, now: datetime) -> Result | None:
        """How far the last one came."""
        return self._self_test.result(domain_id, name, now)

    def suggestion(self, name: str, now: datetime) -> StsPolicy:
        """What to begin a draft with: what is served or live, with every live MX in it."""
        seen = self._look(name, now)
        return advice.wanted_policy(Seen(seen.tlsrpt, seen.found, hosted=_hosted(hosted.served(self._engine, name))))

    def draft(self, name: str, mode: str, max_age: str, mx: str, now: datetime) -> Draft:
        """A policy from the fields of a form; `mx` holds a pattern a line."""
        lines = ["version: STSv1", f"mode: {_one_line(mode)}"]
        lines += [f"mx: {_one_line(line)}" for line in mx.splitlines() if line.strip()]
        lines += [f"max_age: {_one_line(max_age)}"]
        reading = policy.read("".join(f"{line}\r\n" for line in lines).encode("utf-8", "replace"))
        if reading.policy is None:
            return Draft(None, reading.problems, ())
        # The patterns are in normal form now: their text is made again.
        wanted = advice.made(reading.policy.mode, reading.policy.max_age, reading.policy.mx)
        seen = self._look(name, now)
        served = _hosted(hosted.served(self._engine, name))
        before = served.policy if served is not None else seen.found.policy
        return Draft(wanted, reading.problems, consequences(before, wanted, seen.found.mx_hosts, now))

    def serve(self, name: str, domain_id: UUID, wanted: StsPolicy, by: str | None, now: datetime) -> None:
        """From now on the dashboard answers with it; a fresh id belongs to it. Raises UsageError."""
        past = hosted.history(self._engine, domain_id)
        policy_id = _unused_id(now, {row.policy_id for row in past})
        hosted.put(self._engine, domain_id, HostedRow(now, by, wanted.mode, wanted.max_age, wanted.mx, policy_id))

    def stop_serving(self, domain_id: UUID, by: str | None, now: datetime) -> None:
        """From now on the dashboard answers with none. Raises UsageError."""
        hosted.put(self._engine, domain_id, HostedRow(now, by, None, None, (), None))

    def _look(self, name: str, now: datetime) -> Look:
        with self._lock:
            at, seen = self._seen.get(name, (float("-inf"), None))
        if seen is not None and time.monotonic() - at < _REMEMBERED_SECONDS:
            return seen
        # A page that waits keeps a thread of the web server busy.
        if not self._slots.acquire(timeout=_MOST_WAIT):
            raise CheckBusy("Too many domains are being looked at just now; try again later")
        try:
            seen = asyncio.run(
                look(name, resolver=self._resolver, monitor=self._settings.monitor, context=self._context, now=now)
            )
        finally:
            self._slots.release()
        with self._lock:
            if len(self._seen) >= _MOST_REMEMBERED:
                self._seen.clear()
            self._seen[name] = (time.monotonic(), seen)
        return seen

    def _held_until(self, domain_id: UUID, now: datetime) -> datetime | None:
        """Until when a sender may hold a policy that we saw published (M24)."""
        past = queries.policies(self._engine, domain_id, now=now).published
        ends = [row.last_seen + timedelta(seconds=row.max_age) for row in past if row.error is None and row.max_age]
        return max(ends, default=None)


def _hosted(row: HostedRow | None) -> Hosted | None:
    if row is None or row.mode is None or row.policy_id is None:
        return None
    return Hosted(advice.made(row.mode, row.max_age or 0, row.mx), row.policy_id)


def _unused_id(now: datetime, used: set[str | None]) -> str:
    while (policy_id := advice.fresh_id(now)) in used:
        now += timedelta(seconds=1)
    return policy_id


def _one_line(text: str) -> str:
    """A form's field as it may stand in a line of the policy: it cannot bring lines of its own."""
    if "\n" in text or "\r" in text:
        raise UsageError("one line only")
    return text.strip()
