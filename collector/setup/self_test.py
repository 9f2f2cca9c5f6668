"""The self-test: a report through each published `rua` that leads here, and whether it arrived in the database."""

import gzip
import secrets
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from collector.errors import LookupFailed, NoSuchName
from collector.monitor import tlsrpt_record
from collector.monitor.here import address_of
from collector.monitor.model import reason
from collector.resolver import Resolver
from collector.settings import Settings
from collector.setup import letter, mail_way, post_way
from collector.setup.deadline import Deadline
from collector.setup.ours import ours
from collector.setup.steps import Step, Way
from collector.store import self_tests
from collector.store.engine import Engine
from collector.store.self_tests import Arrival, SelfTestRow

_MOST_WAYS = 5
_SECONDS = 90.0  # for all of them together
_ABANDONED = timedelta(minutes=3)
# A mail server in front may take its time, and a mailbox is read every few minutes.
PATIENCE = timedelta(minutes=15)
_LEFT_OUT = "left out: it does not lead to this collector (smtp.recipients, imap.host, web.public_url)"


@dataclass(frozen=True, slots=True)
class Result:
    """The last test of a domain. `arrived`: True if every way that was tried ends here; None while it is waited for."""

    started_at: datetime
    finished_at: datetime | None
    ways: tuple[Way, ...]
    arrived: bool | None


class SelfTest:
    """Runs self-tests of known domains. `clock`: seconds that only grow."""

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        *,
        resolver: Resolver,
        context: ssl.SSLContext,
        clock: Callable[[], float] = time.monotonic,
        make_key: Callable[[], letter.ThrowAwayKey] = letter.make_key,
    ) -> None:
        self._settings = settings
        self._engine = engine
        self._resolver = resolver
        self._context = context
        self._clock = clock
        self._make_key = make_key

    def begin(self, domain_id: UUID, now: datetime) -> Callable[[str, Callable[[], datetime]], None] | None:
        """What runs the test (domain, clock) to its end, in at most a minute and a half; None: one ran just now."""
        key = self._make_key()
        token = f"selftest{secrets.token_hex(8)}"
        if not self_tests.begin(self._engine, domain_id, token, key.record, now):
            return None
        return lambda domain, clock: self._run(domain_id, domain, token, key, clock)

    def result(self, domain_id: UUID, domain: str, now: datetime) -> Result | None:
        """How far the last one came, what has arrived included; None if there was none."""
        row = self_tests.last(self._engine, domain_id)
        if row is None:
            return None
        arrived = self_tests.arrivals(self._engine, row.token, row.started_at)
        ways = tuple(_with_arrival(row, domain, index, arrived, now) for index in range(len(row.routes)))
        # One whose process ended is over too, with what it had found by then.
        is_over = row.finished_at is not None or now - row.started_at > _ABANDONED
        return Result(row.started_at, row.finished_at, ways, _verdict(ways, is_over=is_over))

    def _run(
        self, domain_id: UUID, domain: str, token: str, key: letter.ThrowAwayKey, clock: Callable[[], datetime]
    ) -> None:
        deadline = Deadline(_SECONDS, self._clock)
        ways = self._ways(domain)
        for index, way in enumerate(ways):
            if not way.steps:
                self._send(way, domain, f"{token}-{index}", key, clock(), deadline)
            self_tests.note(self._engine, domain_id, token, [each.as_json() for each in ways], None)
        self_tests.note(self._engine, domain_id, token, [each.as_json() for each in ways], clock())

    def _ways(self, domain: str) -> list[Way]:
        """A way for each URI of the record. One that has a step already is not to be tried."""
        name = f"_smtp._tls.{domain}"
        nowhere = Way("")
        try:
            check = tlsrpt_record.read(self._resolver.txt(name).records, domain)
        except (LookupFailed, NoSuchName) as error:
            nowhere.note("dns", False, str(error))
            return [nowhere]
        if not check.rua:
            nowhere.note("dns", False, f"the record {name}: {reason(check.problems) or 'there is none'}")
            return [nowhere]
        accepted = ours(self._settings, domain, check.rua).accepted
        ways = [Way(uri) for uri in check.rua[:_MOST_WAYS]]
        for way in ways:
            if way.rua not in accepted:
                way.note("dns", None, _LEFT_OUT)
        return ways

    def _send(
        self, way: Way, domain: str, report_id: str, key: letter.ThrowAwayKey, now: datetime, deadline: Deadline
    ) -> None:
        sender = f"tlsrpt-self-test@{domain}"
        if way.rua.lower().startswith("https:"):
            packed = letter.report(report_id, sender, now)
            # Level 0 leaves the id readable in what is kept of it.
            post_way.post(
                way,
                gzip.compress(packed, compresslevel=0, mtime=0),
                resolver=self._resolver,
                context=self._context,
                deadline=deadline,
            )
            return
        recipient = address_of(way.rua)
        way.note("dns", True, f"the record names {recipient}")
        mail_way.deliver(
            way,
            letter.mail(report_id, sender, recipient, key, now),
            sender="",  # nobody is told by a bounce: the answer of the server is all there is to know
            recipient=recipient,
            port=self._settings.monitor.smtp_port,
            helo=self._settings.smtp.hostname or socket.gethostname(),
            resolver=self._resolver,
            deadline=deadline,
        )


def _with_arrival(row: SelfTestRow, domain: str, index: int, arrived: tuple[Arrival, ...], now: datetime) -> Way:
    kept = row.routes[index]
    way = Way(kept["rua"], [Step(each["name"], each["ok"], each["text"]) for each in kept["steps"]])
    wanted = f"{row.token}-{index}".encode()
    found = next((arrival for arrival in arrived if wanted in arrival.raw), None)
    if found is not None:
        way.note("stored", True, _stored(found, domain, row.key_record))
    elif way.is_accepted and now - row.started_at < PATIENCE:
        way.note("stored", None, "not seen in the database yet")
    elif way.is_accepted:
        minutes = PATIENCE // timedelta(minutes=1)
        text = f"not seen in the database within {minutes} minutes: look at what took it, and where that passes it on"
        way.note("stored", False, text)
    return way


def _stored(found: Arrival, domain: str, key_record: str) -> str:
    text = f"stored by {found.channel}, not counted, as delivery {found.delivery_id}"
    if found.channel == "https":
        return text
    judged = letter.signature_after_all(found.raw, domain, key_record)
    if judged.domain is not None:
        return f"{text}; its DKIM signature came through unharmed"
    fault = judged.reason.message if judged.reason is not None else "no reason is known"
    return f"{text}; but its DKIM signature did not survive the way, so those of reporters will not either: {fault}"


def _verdict(ways: tuple[Way, ...], *, is_over: bool) -> bool | None:
    """A way that was left out says nothing, so a test of such ways alone has failed."""
    tried = [way for way in ways if any(step.ok is not None for step in way.steps)]
    if not is_over:
        return None
    if any(not way.steps or any(step.ok is False for step in way.steps) for way in ways):
        return False
    if any(way.steps[-1].ok is None for way in tried):
        return None
    return bool(tried) and all(way.steps[-1].name == "stored" for way in tried)
