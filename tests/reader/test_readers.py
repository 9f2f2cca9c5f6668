"""Large mails in processes of their own: read as everywhere else, at nobody's cost, and no process stays behind."""

import asyncio
import os
import signal
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from collector.auth.at_hand import KeysAtHand, LookupNeeded
from collector.auth.dkim import Authenticator
from collector.auth.key_record import Key, NoKey, choose
from collector.delivery import Delivery, Envelope
from collector.errors import KeyUnavailable, ReaderUnavailable
from collector.ids import new_id
from collector.ingest import ingest
from collector.reader.client import COMMAND, Read, Readers
from collector.reader.wire import Task
from collector.settings import Auth, Limits
from collector.writer import wire
from tests.support import reports
from tests.support.collector import NOW
from tests.support.mails import KeyPair, ed25519_key, rsa_key, sign

SECONDS = 30
ENVELOPE = Envelope("smtp", "192.0.2.1", "client.example", "", ("tlsrpt@example.com",), "TLSv1.3")
NOTHING = new_id()


class Keys:
    """What DNS has, and what of it is cached by now. A name that it does not have at all cannot be asked for now."""

    def __init__(self, published: dict[str, Key | NoKey], *, cached: bool = True) -> None:
        self.published = published
        self.cached = cached

    def peek(self, _: str) -> bool:
        return self.cached

    def get(self, name: str) -> Key | NoKey:
        if name not in self.published:
            raise KeyUnavailable(f"{name} could not be fetched")
        return self.published[name]


def report_mail(details: int = 600, domain: str = "example.com") -> bytes:
    return reports.mail(reports.report([reports.policy_result(domain, details=[reports.detail()] * details)]), domain)


def endless() -> bytes:
    """So much that there is time to do something while it is read."""
    every = [reports.policy_result(f"d{number}.example") for number in range(9_000)]
    return reports.mail(reports.report(every))


def readers(dkim: str = "require", idle: float = 60, most: float = SECONDS) -> Readers:
    return Readers(Task(Limits(), Auth(dkim=dkim), "warning"), idle=idle, most=most)


def under(use: Callable[[Readers], Awaitable[None]], made: Callable[[], Readers] = readers) -> None:
    """Uses readers, and sees that none of their processes is left."""

    @asynccontextmanager
    async def closing(of: Readers) -> AsyncIterator[Readers]:
        try:
            yield of
        finally:
            pids = of.pids
            await of.close()
            assert not any(is_running(pid) for pid in pids)

    async def main() -> None:
        async with asyncio.timeout(SECONDS), closing(made()) as of:
            await use(of)

    asyncio.run(main())


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def delivery_of(read: Read) -> Delivery:
    delivery = wire.read_delivery(read.delivery)
    assert delivery.reporter == read.reporter
    return replace(delivery, id=NOTHING)


MAILS = {
    "a large report": report_mail(),
    "one about many domains": endless(),
    "one that is no report": b"Subject: x\r\n\r\n" + b"rubbish\r\n" * 10_000,
    "Microsoft's": reports.mail(reports.microsoft()),
    "more than is allowed": reports.mail(
        reports.report([reports.policy_result(f"d{n}.example") for n in range(20_000)])
    ),
}


def test_what_it_reads_is_what_anybody_reads() -> None:
    keys = KeysAtHand(Keys({}))

    async def use(of: Readers) -> None:
        for name, mail in MAILS.items():
            read = await of.read(mail, ENVELOPE, NOW, keys)
            here = ingest(mail, ENVELOPE, NOW, limits=Limits(), dkim="require", authenticate=Authenticator(keys))
            assert delivery_of(read) == replace(here, id=NOTHING), name
        assert len(of.pids) == 1  # one after the other: one process

    under(use)


@pytest.mark.parametrize("key", [rsa_key(), ed25519_key()], ids=["rsa", "ed25519"])
def test_the_keys_come_from_the_listener(key: KeyPair) -> None:
    mail = sign(report_mail(), "reporter.example", "s1", key)
    name = "s1._domainkey.reporter.example"
    dns = Keys({name: choose([key.record().encode()])}, cached=False)
    at_hand = KeysAtHand(dns)

    async def use(of: Readers) -> None:
        with pytest.raises(LookupNeeded) as needed:
            await of.read(mail, ENVELOPE, NOW, at_hand)
        assert needed.value.name == name
        at_hand.fetch(name)
        found = delivery_of(await of.read(mail, ENVELOPE, NOW, at_hand))
        assert (found.authenticated, found.reporter, found.reason) == (True, "reporter.example", None)
        dns.published = {name: NoKey("was revoked (p= is empty)")}
        dns.cached = True
        found = delivery_of(await of.read(mail, ENVELOPE, NOW, KeysAtHand(dns)))
        assert found.reason is not None
        assert (found.reason.code, "was revoked" in found.reason.message) == ("dkim_fail", True)
        dns.published = {}
        with pytest.raises(KeyUnavailable, match="could not be fetched"):
            await of.read(mail, ENVELOPE, NOW, KeysAtHand(dns))
        assert len(of.pids) == 1

    under(use)


def test_one_that_is_killed_costs_one_mail_a_delay() -> None:
    async def use(of: Readers) -> None:
        keys = KeysAtHand(Keys({}))
        await of.read(report_mail(), ENVELOPE, NOW, keys)
        [first] = of.pids
        reading = asyncio.create_task(of.read(endless(), ENVELOPE, NOW, keys))
        await asyncio.sleep(0.02)
        os.kill(first, signal.SIGKILL)
        with pytest.raises(ReaderUnavailable):
            await reading
        assert delivery_of(await of.read(endless(), ENVELOPE, NOW, keys)).found
        [second] = of.pids
        os.kill(second, signal.SIGKILL)  # while it waits: nobody notices
        while is_running(second):
            await asyncio.sleep(0.01)
        assert delivery_of(await of.read(report_mail(), ENVELOPE, NOW, keys)).found
        assert not {first, second} & set(of.pids)

    under(use)


def test_two_at_once_get_their_own_answers_even_if_a_third_has_gone() -> None:
    async def use(of: Readers) -> None:
        keys = KeysAtHand(Keys({}))
        names = [f"d{number}.example" for number in range(3)]
        sent = [asyncio.create_task(of.read(report_mail(2000, domain=name), ENVELOPE, NOW, keys)) for name in names]
        await asyncio.sleep(0.05)
        sent[1].cancel()
        first, _, last = await asyncio.gather(*sent, return_exceptions=True)
        for read, name in ((first, names[0]), (last, names[2])):
            assert isinstance(read, Read)
            [found] = delivery_of(read).found
            assert found.report.policies[0].policy.policy_domain == name
        assert sent[1].cancelled()
        assert len(of.pids) == 2

    under(use)


def test_one_that_comes_to_no_end_is_ended() -> None:
    async def use(of: Readers) -> None:
        with pytest.raises(ReaderUnavailable):
            await of.read(endless(), ENVELOPE, NOW, KeysAtHand(Keys({})))
        assert of.pids == []

    under(use, lambda: readers(most=0.01))


def test_one_with_nothing_to_do_ends() -> None:
    async def use(of: Readers) -> None:
        await of.read(report_mail(), ENVELOPE, NOW, KeysAtHand(Keys({})))
        [pid] = of.pids
        while is_running(pid):
            await asyncio.sleep(0.01)
        assert of.pids == []

    under(use, lambda: readers(idle=0.05))


def test_told_to_end_with_the_whole_group_it_goes_on_for_its_listener() -> None:
    async def use(of: Readers) -> None:
        for _ in range(2):
            await of.read(report_mail(), ENVELOPE, NOW, KeysAtHand(Keys({})))
            [pid] = of.pids
            os.kill(pid, signal.SIGTERM)
            os.kill(pid, signal.SIGINT)
        assert of.pids == [pid]

    under(use)


def test_it_ends_with_its_listener_however_that_went() -> None:
    ours, theirs = socket.socketpair()
    with theirs, subprocess.Popen([*COMMAND, str(theirs.fileno())], pass_fds=[theirs.fileno()]) as process:
        theirs.close()
        ours.close()
        assert process.wait(SECONDS) == 0


def test_the_listener_itself_has_next_to_no_work_with_a_large_mail() -> None:
    """So that it answers everybody else meanwhile: what it spends itself nobody else gets."""
    mail, keys = endless(), KeysAtHand(Keys({}))
    before = time.process_time()
    ingest(mail, ENVELOPE, NOW, limits=Limits(), dkim="off", authenticate=Authenticator(keys))
    here = time.process_time() - before

    async def use(of: Readers) -> None:
        await of.read(report_mail(), ENVELOPE, NOW, keys)
        before = time.process_time()
        await of.read(mail, ENVELOPE, NOW, keys)
        assert time.process_time() - before < here / 4

    under(use, lambda: readers("off"))
