"""A check that somebody asks for while nobody else looks, while somebody does, and while somebody never ends."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from collector.errors import CheckBusy, UsageError
from collector.monitor.ask import Asking
from collector.monitor.check import Looked
from collector.monitor.checked import Check, StsCheck, TlsrptCheck
from collector.monitor.model import Observation
from collector.store import published
from collector.store.domains import add
from collector.store.engine import Engine
from collector.store.queries import find_domain, last_check

NOW = datetime(2026, 3, 4, tzinfo=UTC)
LEASE = timedelta(minutes=5)


class World:
    """A clock that sleeping moves, and a look that counts itself."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.now = NOW
        self.looks = 0
        add(engine, ["example.com"], NOW)

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        if self.now >= NOW + timedelta(seconds=2):
            self.other_ends()

    def other_ends(self) -> None:
        """Nobody else is at it, unless a test says so."""

    def look(self, name: str, now: datetime) -> Looked:
        self.looks += 1
        return looked(name, now)

    def asking(self) -> Asking:
        return Asking(
            self.engine,
            self.look,
            LEASE,
            timedelta(hours=1),
            clock=lambda: self.now,
            sleep=self.sleep,
            chance=lambda: 0.0,
        )


def looked(name: str, now: datetime) -> Looked:
    seen = Observation(now, None, None, "no_record", "none", mx_hosts=())
    return Looked(seen, Check(name, now, TlsrptCheck(None), StsCheck(None, None, None, "no_record"), ()))


@pytest.fixture
def world(engine: Engine) -> World:
    return World(engine)


def test_it_looks_and_keeps_what_it_found(world: World) -> None:
    found = world.asking().check("example.com")
    assert (found.domain, found.at, world.looks) == ("example.com", NOW, 1)
    domain_id = find_domain(world.engine, "example.com")
    assert domain_id is not None
    assert last_check(world.engine, domain_id) == found
    # The claim has ended, and the next look is that of a failure (M13).
    world.now += timedelta(seconds=1)
    assert world.asking().check("example.com") is not None
    [due] = published.claim_due(world.engine, NOW + timedelta(minutes=11), 9, LEASE)
    assert due.failures == 2


def test_a_domain_that_was_not_added(world: World) -> None:
    with pytest.raises(UsageError, match=r"nobody\.example is none of the domains"):
        world.asking().check("nobody.example")
    assert world.looks == 0


def test_who_is_at_it_already_answers_for_both(world: World) -> None:
    [due] = published.claim_due(world.engine, NOW, 9, LEASE)
    theirs = looked("example.com", NOW + timedelta(seconds=2))

    def ends() -> None:
        published.record(world.engine, due.domain_id, theirs.observation, NOW + timedelta(days=1), check=theirs.check)

    world.other_ends = ends  # type: ignore[method-assign]
    assert world.asking().check("example.com") == theirs.check
    assert world.looks == 0
    assert published.claim(world.engine, "example.com", world.now, LEASE) is not None


def test_a_result_from_before_the_question_is_no_answer(world: World) -> None:
    [due] = published.claim_due(world.engine, NOW, 9, LEASE)
    old = looked("example.com", NOW - timedelta(seconds=1))
    published.record(world.engine, due.domain_id, old.observation, NOW + timedelta(days=1), check=old.check)
    assert world.asking().check("example.com").at == NOW
    assert world.looks == 1


def test_patience_ends(world: World) -> None:
    published.claim_due(world.engine, NOW, 9, LEASE)
    with pytest.raises(CheckBusy):
        world.asking().check("example.com")
    assert world.now - NOW == timedelta(seconds=30)
    assert world.looks == 0


def test_the_claim_of_one_who_died_runs_out(world: World) -> None:
    published.claim_due(world.engine, NOW, 9, timedelta(seconds=5))
    assert world.asking().check("example.com").at == NOW + timedelta(seconds=5)


def test_a_fault_ends_the_claim(world: World) -> None:
    def fails(name: str, now: datetime) -> Looked:
        raise ValueError("ours")

    with pytest.raises(ValueError, match="ours"):
        replace(world.asking(), look=fails).check("example.com")
    assert world.asking().check("example.com") is not None
