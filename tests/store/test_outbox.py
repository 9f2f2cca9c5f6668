"""A message is sent once, whoever sends and whoever dies: the rows alone, on both databases."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, select

from collector.ids import new_id
from collector.store import outbox, tables
from collector.store.engine import reading
from collector.store.outbox import SUMMARIES, Claimed, Patience

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LEASE = 15 * MINUTE
AFTER = NOW + LEASE
WEEK = {"week": "2026-W47"}
ONE, OTHER = new_id(), new_id()


def put(engine: Engine, *recipients: str, week: str = "2026-W47", now: datetime = NOW) -> None:
    rows = [
        {"week": week, "recipient": name, **outbox.fresh(f"<{week}.{name}@example.com>", now)} for name in recipients
    ]
    outbox.put(engine, SUMMARIES, rows)


def claim(engine: Engine, owner: UUID = ONE, now: datetime = NOW, limit: int = 10, **where: Any) -> list[Claimed]:
    return list(outbox.claim(engine, SUMMARIES, where or WEEK, owner=owner, now=now, lease=LEASE, limit=limit))


def names(claimed: list[Claimed]) -> list[str]:
    return [message.key["recipient"] for message in claimed]


def row(engine: Engine, recipient: str = "a") -> Any:
    table = tables.summary_run
    with reading(engine) as connection:
        return connection.execute(select(table).where(table.c.recipient == recipient)).one()


def test_what_is_put_twice_is_there_once(engine: Engine) -> None:
    put(engine, "a", "b")
    [first, _] = claim(engine)
    put(engine, "a", "c", now=NOW + MINUTE)
    assert row(engine).claimed_by == ONE
    assert names(claim(engine, OTHER, NOW + MINUTE)) == ["c"]
    assert (first.message_id, first.attempts, first.is_repeat) == ("<2026-W47.a@example.com>", 1, False)
    outbox.put(engine, SUMMARIES, [])


def test_a_claim_keeps_others_away_until_its_lease_is_over(engine: Engine) -> None:
    put(engine, "a")
    assert names(claim(engine)) == ["a"]
    assert claim(engine, OTHER) == []
    assert claim(engine, OTHER, AFTER - MINUTE) == []
    [again] = claim(engine, OTHER, AFTER)
    assert (again.attempts, again.is_repeat) == (2, False)


def test_only_what_is_asked_for_is_claimed_and_the_longest_waiting_first(engine: Engine) -> None:
    put(engine, "late", now=NOW + MINUTE)
    put(engine, "early")
    put(engine, "old", week="2026-W46")
    later = NOW + 2 * MINUTE
    assert names(claim(engine, now=later, limit=1, **WEEK)) == ["early"]
    assert names(claim(engine, now=later, recipient=["old", "late"], week={"2026-W46"})) == ["old"]
    assert names(claim(engine, now=later)) == ["late"]


def test_of_many_at_once_each_message_goes_to_one(engine: Engine) -> None:
    put(engine, *(f"{number:02}" for number in range(20)))
    start = threading.Barrier(4)

    def take(_: int) -> list[str]:
        start.wait(20)
        owner, taken = new_id(), []
        while claimed := claim(engine, owner, limit=1):
            taken += names(claimed)
        return taken

    with ThreadPoolExecutor(4) as threads:
        everything = [name for taken in threads.map(take, range(4)) for name in taken]
    assert sorted(everything) == [f"{number:02}" for number in range(20)]


ENDS = {
    "sent": lambda engine, messages: outbox.sent(engine, messages, NOW),
    "given up": lambda engine, messages: outbox.give_up(engine, messages, NOW, "550 no such user"),
    "skipped": lambda engine, messages: outbox.skip(engine, messages, NOW, "nothing to say"),
}


@pytest.mark.parametrize("end", ENDS)
def test_what_is_done_is_never_claimed_again(end: str, engine: Engine) -> None:
    put(engine, "a")
    claimed = claim(engine)
    assert outbox.handing_over(engine, claimed, NOW, LEASE)
    ENDS[end](engine, claimed)
    assert claim(engine, OTHER, NOW + timedelta(days=9)) == []
    assert outbox.next_due(engine, SUMMARIES, {}) is None
    assert not outbox.handing_over(engine, claimed, NOW, LEASE)
    assert row(engine).claimed_by is None


def test_who_lost_the_claim_hands_nothing_over_and_changes_nothing(engine: Engine) -> None:
    put(engine, "a", "b")
    [first, second] = claim(engine)
    [theirs] = claim(engine, OTHER, AFTER, limit=1)
    assert theirs.key == first.key
    before = row(engine)
    assert not outbox.handing_over(engine, [second, first], AFTER, LEASE)
    assert row(engine, "b").handed_over_at is None  # both or none: they are one mail
    assert not outbox.put_off(engine, [first], AFTER, "late")
    assert not outbox.give_up(engine, [first], AFTER, "late")
    assert not outbox.skip(engine, [first], AFTER, "late")
    assert not outbox.unanswered(engine, [first], AFTER, AFTER, "late")
    assert row(engine) == before


def test_what_was_sent_is_sent_even_if_the_claim_was_lost(engine: Engine) -> None:
    """Its answer came after the lease: whoever took over must not send it once more."""
    put(engine, "a")
    mine = claim(engine)
    assert outbox.handing_over(engine, mine, NOW, LEASE)
    theirs = claim(engine, OTHER, AFTER)
    outbox.sent(engine, mine, AFTER)
    assert not outbox.handing_over(engine, theirs, AFTER, LEASE)
    assert row(engine).sent_at == AFTER


def test_who_ends_gives_back_what_it_has_not_handed_over(engine: Engine) -> None:
    put(engine, "a", "b", "c", "d")
    a, b, c = claim(engine, limit=3)
    claim(engine, OTHER)
    outbox.handing_over(engine, [b], NOW, LEASE)
    outbox.sent(engine, [c], NOW)
    assert outbox.give_back(engine, SUMMARIES, ONE) == 1
    assert outbox.handing_over(engine, [a], NOW, LEASE) is False  # a thread of it that is still at it
    [again] = claim(engine, OTHER)
    assert (again.key, again.message_id, again.attempts, again.is_repeat) == (a.key, a.message_id, 1, False)
    assert outbox.give_back(engine, SUMMARIES, ONE) == 0


def test_handing_over_renews_the_lease(engine: Engine) -> None:
    put(engine, "a")
    mine = claim(engine)
    assert outbox.handing_over(engine, mine, AFTER - MINUTE, LEASE)
    assert claim(engine, OTHER, AFTER) == []


def test_put_off_is_due_later_and_is_no_repeat(engine: Engine) -> None:
    put(engine, "a")
    mine = claim(engine)
    outbox.handing_over(engine, mine, NOW, LEASE)
    assert outbox.put_off(engine, mine, NOW + MINUTE, "451 later\r\n\x00\ud800")
    assert claim(engine, OTHER) == []
    assert outbox.next_due(engine, SUMMARIES, WEEK) == NOW + MINUTE
    assert row(engine).last_error == "451 later\\r\\n\\x00?"
    [again] = claim(engine, OTHER, NOW + MINUTE)
    assert (again.attempts, again.is_repeat) == (2, False)


def test_a_death_after_handing_over_is_repeated_once_with_the_same_id_and_then_given_up(engine: Engine) -> None:
    put(engine, "a")
    first = claim(engine)
    assert outbox.handing_over(engine, first, NOW, LEASE)
    [repeat] = claim(engine, OTHER, AFTER)
    assert repeat.is_repeat
    assert repeat.message_id == first[0].message_id
    assert outbox.handing_over(engine, [repeat], AFTER, LEASE)
    assert claim(engine, ONE, AFTER + LEASE) == []
    found = row(engine)
    assert (found.given_up_at, found.last_error) == (AFTER + LEASE, outbox.MAY_HAVE_ARRIVED)
    assert found.handed_over_at == AFTER
    assert outbox.again(engine, SUMMARIES, WEEK, AFTER + LEASE) == 0  # not by hand either


def test_a_repeat_that_dies_before_it_hands_over_costs_nothing(engine: Engine) -> None:
    put(engine, "a")
    outbox.handing_over(engine, claim(engine), NOW, LEASE)
    [_] = claim(engine, OTHER, AFTER)
    [third] = claim(engine, ONE, AFTER + LEASE)
    assert third.is_repeat
    outbox.sent(engine, [third], AFTER + LEASE)
    assert row(engine).sent_at == AFTER + LEASE


def test_no_answer_is_as_good_as_a_death(engine: Engine) -> None:
    put(engine, "a")
    for owner, now in ((ONE, NOW), (OTHER, NOW + MINUTE)):
        claimed = claim(engine, owner, now)
        assert [message.is_repeat for message in claimed] == [owner == OTHER]
        assert outbox.handing_over(engine, claimed, now, LEASE)
        assert outbox.unanswered(engine, claimed, now, now + MINUTE, "it does not answer")
    assert claim(engine, ONE, NOW + LEASE) == []
    found = row(engine)
    assert (found.given_up_at, found.claimed_by) == (NOW + MINUTE, None)
    assert found.last_error == f"{outbox.MAY_HAVE_ARRIVED} (it does not answer)"


def test_a_repeat_that_is_surely_refused_may_be_tried_again(engine: Engine) -> None:
    put(engine, "a")
    claimed = claim(engine)
    outbox.handing_over(engine, claimed, NOW, LEASE)
    outbox.unanswered(engine, claimed, NOW, NOW, "it does not answer")
    for _ in range(3):
        claimed = claim(engine)
        assert claimed[0].is_repeat
        assert outbox.handing_over(engine, claimed, NOW, LEASE)
        outbox.put_off(engine, claimed, NOW, "451 later")
    assert row(engine).given_up_at is None


def test_by_hand_everything_that_did_not_arrive_is_due_again(engine: Engine) -> None:
    put(engine, "sent", "off", "up", "skipped", "claimed", week="2026-W47")
    by_name = {message.key["recipient"]: message for message in claim(engine)}
    outbox.sent(engine, [by_name["sent"]], NOW)
    outbox.put_off(engine, [by_name["off"]], NOW + timedelta(days=30), "451 later")
    outbox.give_up(engine, [by_name["up"]], NOW, "550 no")
    outbox.skip(engine, [by_name["skipped"]], NOW, "nothing to say")
    assert outbox.again(engine, SUMMARIES, WEEK, NOW) == 3
    assert sorted(names(claim(engine, OTHER))) == ["off", "skipped", "up"]


@pytest.mark.parametrize(
    ("attempts", "waits"), [(1, MINUTE), (2, 2 * MINUTE), (6, 32 * MINUTE), (7, 60 * MINUTE), (999, 60 * MINUTE)]
)
def test_patience(attempts: int, waits: timedelta) -> None:
    message = Claimed(SUMMARIES, ONE, {}, {}, "<1@example.com>", attempts, NOW, is_repeat=False)
    assert Patience().again(message, NOW) == NOW + waits
    assert Patience().again(message, NOW + timedelta(days=3) - waits) == NOW + timedelta(days=3)
    assert Patience().again(message, NOW + timedelta(days=3)) is None
