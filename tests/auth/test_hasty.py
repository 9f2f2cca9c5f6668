"""DNS that is away is not waited for with each of 100,000 mails."""

from dataclasses import dataclass, field

import pytest

from collector.auth.hasty import HastyKeys
from collector.auth.key_record import Key, NoKey
from collector.errors import KeyUnavailable

KEY = NoKey("is not published")


@dataclass
class Slow:
    """A source of keys that knows some names and cannot tell about others."""

    known: set[str] = field(default_factory=set)
    cached: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)

    def peek(self, name: str) -> bool:
        return name in self.cached

    def get(self, name: str) -> Key | NoKey:
        if name not in self.cached:
            self.asked.append(name)
        if name not in self.known:
            raise KeyUnavailable(f"no answer for {name}")
        self.cached.add(name)
        return KEY


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_name_that_failed_is_asked_for_again_after_five_minutes() -> None:
    slow, clock = Slow(), Clock()
    keys = HastyKeys(slow, clock)
    for _ in range(3):
        with pytest.raises(KeyUnavailable, match="no answer for a"):
            keys.get("a")
    assert slow.asked == ["a"]
    slow.known.add("a")
    clock.now = 299
    with pytest.raises(KeyUnavailable):
        keys.get("a")
    clock.now = 300
    assert keys.get("a") is KEY
    assert keys.peek("a")
    assert slow.asked == ["a", "a"]


def test_five_names_in_a_row_and_none_is_asked_for_during_a_minute() -> None:
    slow, clock = Slow(known={"good", "new"}), Clock()
    keys = HastyKeys(slow, clock)
    keys.get("good")
    for name in "abcde":
        with pytest.raises(KeyUnavailable, match="no answer"):
            keys.get(name)
    with pytest.raises(KeyUnavailable, match="new was not asked for: DNS has not answered for a while"):
        keys.get("new")
    assert keys.get("good") is KEY  # it is there already
    assert slow.asked == ["good", *"abcde"]
    clock.now = 60
    with pytest.raises(KeyUnavailable, match="no answer"):
        keys.get("f")  # still away: another minute
    with pytest.raises(KeyUnavailable, match="for a while"):
        keys.get("new")
    clock.now = 120
    assert keys.get("new") is KEY


def test_an_answer_in_between_shows_that_dns_is_there() -> None:
    slow = Slow(known={"good"})
    keys = HastyKeys(slow, Clock())
    for name in ["a", "b", "c", "d", "good", "e", "f"]:
        try:
            keys.get(name)
        except KeyUnavailable:
            assert name != "good"
    assert slow.asked == ["a", "b", "c", "d", "good", "e", "f"]
