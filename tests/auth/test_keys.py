"""The key cache: as long as DNS allows, within bounds; one look-up for all who wait."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from collector.auth.key_record import Key, NoKey
from collector.auth.keys import KeyCache
from collector.errors import KeyUnavailable, LookupFailed, NoSuchName
from collector.resolver import TxtAnswer
from tests.support.mails import rsa_key

NAME = "s1._domainkey.reporter.example"
RECORD = rsa_key(1024).record().encode()


class FakeDns:
    """Answers every name alike, and counts."""

    def __init__(self, answer: TxtAnswer | Exception) -> None:
        self.answer = answer
        self.asked: list[str] = []

    def __call__(self, name: str) -> TxtAnswer:
        self.asked.append(name)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def _answer(ttl: float, record: bytes = RECORD) -> TxtAnswer:
    return TxtAnswer((record,), ttl)


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        pytest.param(_answer(3600), 3600, id="as long as DNS says"),
        pytest.param(_answer(0), 60, id="at least a minute"),
        pytest.param(_answer(604_800), 86_400, id="at most a day"),
        pytest.param(NoSuchName("none", 120), 120, id="that there is none"),
        pytest.param(NoSuchName("none", 0), 60, id="that there is none, at least a minute"),
        pytest.param(NoSuchName("none", 3600), 300, id="that there is none, at most five minutes"),
        pytest.param(_answer(3600, b"v=DKIM1; p="), 300, id="a revoked key, at most five minutes"),
        pytest.param(_answer(3600, b"v=spf1 -all"), 300, id="no key record, at most five minutes"),
    ],
)
def test_how_long_an_answer_is_kept(answer: TxtAnswer | Exception, kept: float) -> None:
    dns, clock = FakeDns(answer), Clock()
    cache = KeyCache(dns, clock)
    assert not cache.peek(NAME)

    first = cache.get(NAME)
    clock.now += kept - 0.5
    assert cache.peek(NAME)
    assert cache.get(NAME) is first
    assert dns.asked == [NAME]

    clock.now += 1
    assert not cache.peek(NAME)
    assert isinstance(cache.get(NAME), type(first))
    assert dns.asked == [NAME, NAME]


def test_a_failed_look_up_is_temporary_and_not_remembered() -> None:
    dns = FakeDns(LookupFailed("no answer within 5 s"))
    cache = KeyCache(dns, Clock())

    with pytest.raises(KeyUnavailable, match=f"the DKIM key {NAME} could not be fetched: no answer within 5 s"):
        cache.get(NAME)
    assert not cache.peek(NAME)

    dns.answer = _answer(300)
    assert isinstance(cache.get(NAME), Key)


def test_the_least_recently_used_key_goes_first() -> None:
    dns = FakeDns(_answer(300))
    cache = KeyCache(dns, Clock(), max_entries=2)

    for name in ("a", "b", "a", "c"):
        cache.get(name)

    assert [name for name in "abc" if cache.peek(name)] == ["a", "c"]
    assert dns.asked == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (_answer(300), Key),
        (NoSuchName("none", 60), NoKey),
        (LookupFailed("no answer"), KeyUnavailable),
        (RuntimeError("a fault of the program"), RuntimeError),
    ],
)
def test_threads_that_want_the_same_key_share_one_look_up(answer: TxtAnswer | Exception, outcome: type[object]) -> None:
    dns = FakeDns(answer)
    asked, released = threading.Event(), threading.Event()

    def slow(name: str) -> TxtAnswer:
        asked.set()
        assert released.wait(10)
        return dns(name)

    cache = KeyCache(slow, Clock())
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(_outcome, cache.get)
        assert asked.wait(10)
        others = [pool.submit(_outcome, cache.get) for _ in range(3)]
        time.sleep(0.05)  # for them to get in line; one that comes later finds the answer
        assert not cache.peek(NAME)  # asking whether it is there does not wait
        released.set()
        results = [future.result(10) for future in (first, *others)]

    assert {type(result) for result in results} == {outcome}
    # A thread that came only after the look-up had failed makes its own.
    assert len(dns.asked) == 1 or outcome in (KeyUnavailable, RuntimeError)


def _outcome(get: Callable[[str], Key | NoKey]) -> object:
    try:
        return get(NAME)
    except (KeyUnavailable, RuntimeError) as error:
        return error
