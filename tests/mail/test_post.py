"""One message from its claim to its record, over a real relay and a real database."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from collector import settings
from collector.errors import StoreUnavailable
from collector.ids import new_id
from collector.store import outbox, tables
from collector.store.engine import reading
from collector.store.outbox import SUMMARIES
from dashboard.mail import post
from dashboard.mail.message import Content
from dashboard.mail.post import Outcome, Post
from tests.support.processes import free_port
from tests.support.relay import DIES, Answer, Relay

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CONTENT = Content("all well", "text\n")
OWNER = new_id()


@pytest.fixture
def relay() -> Iterator[Relay]:
    with Relay() as running:
        yield running


class Clock:
    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


def opened(engine: Engine, relay: Relay, clock: Clock, **more: Any) -> Post:
    mail = settings.load(environ={}, overrides=relay.settings(mail__from="tlsrpt@example.com")).mail
    return Post(engine, mail, clock=clock, sleep=clock.sleep, **more)


def message_id(recipient: str) -> str:
    return f"<{recipient.replace('@', '.')}@example.com>"


def put(engine: Engine, *recipients: str) -> None:
    rows = [{"week": "w", "recipient": one, **outbox.fresh(message_id(one), NOW)} for one in recipients]
    outbox.put(engine, SUMMARIES, rows)


def claim(engine: Engine, clock: Clock, limit: int = 1) -> tuple[outbox.Claimed, ...]:
    return outbox.claim(engine, SUMMARIES, {}, owner=OWNER, now=clock.at, lease=15 * MINUTE, limit=limit)


def row(engine: Engine, recipient: str = "a@example.net") -> Any:
    table = tables.summary_run
    with reading(engine) as connection:
        return connection.execute(select(table).where(table.c.recipient == recipient)).one()


# What the relay does, what comes of it, and how the row then stands: done, due again when, given up; and known or not.
CASES: list[tuple[dict[str, Answer], Outcome, str]] = [
    ({}, Outcome.SENT, "sent"),
    ({"RCPT": b"550 5.1.1 no such user\r\n"}, Outcome.GIVEN_UP, "given up"),
    ({".": b"554 5.7.1 spam\r\n"}, Outcome.GIVEN_UP, "given up"),
    ({"RCPT": b"450 4.2.0 greylisted\r\n"}, Outcome.PUT_OFF, "due in 0:01:00"),
    ({".": b"451 4.3.0 later\r\n"}, Outcome.PUT_OFF, "due in 0:01:00"),
    ({"DATA": DIES}, Outcome.AWAY, "due in 0:01:00"),
    ({"MAIL": b"550 5.7.1 sender not allowed\r\n"}, Outcome.AWAY, "due in 0:01:00"),
    ({".": DIES}, Outcome.PUT_OFF, "due in 0:01:00, perhaps arrived"),
]


@pytest.mark.parametrize(("answers", "outcome", "state"), CASES, ids=lambda value: str(value)[:40])
def test_what_the_relay_says_becomes_a_row(
    answers: dict[str, Answer], outcome: Outcome, state: str, sqlite_engine: Engine, relay: Relay
) -> None:
    relay.answers.update(answers)
    clock = Clock()
    put(sqlite_engine, "a@example.net")
    with opened(sqlite_engine, relay, clock) as sending:
        assert sending.send(claim(sqlite_engine, clock), "a@example.net", CONTENT) is outcome
    found = row(sqlite_engine)
    if found.sent_at is not None:
        stands = "sent"
    elif found.given_up_at is not None:
        stands = "given up"
    else:
        stands = f"due in {found.due_at - NOW}" + (", perhaps arrived" if found.handed_over_at is not None else "")
    assert stands == state
    assert (found.last_error is None) == (state == "sent")
    assert found.claimed_by is None


def test_nobody_listens(sqlite_engine: Engine) -> None:
    clock = Clock()
    put(sqlite_engine, "a@example.net")
    mail = settings.load(environ={}, overrides={"mail.relay": f"127.0.0.1:{free_port()}"}).mail
    with Post(sqlite_engine, mail, clock=clock) as sending:
        assert sending.send(claim(sqlite_engine, clock), "a@example.net", CONTENT) is Outcome.AWAY


def test_a_relay_that_is_away_for_long_is_given_up(sqlite_engine: Engine, relay: Relay) -> None:
    relay.answers["MAIL"] = b"451 4.3.0 later\r\n"
    clock = Clock()
    put(sqlite_engine, "a@example.net")
    waits = []
    with opened(sqlite_engine, relay, clock) as sending:
        while sending.send(claim(sqlite_engine, clock), "a@example.net", CONTENT) is Outcome.AWAY:
            waits.append(row(sqlite_engine).due_at - clock.at)
            clock.at = row(sqlite_engine).due_at
    assert [wait // MINUTE for wait in waits[:8]] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert timedelta(days=2, hours=23) < clock.at - NOW <= timedelta(days=3)
    assert row(sqlite_engine).given_up_at == clock.at


def test_no_answer_is_tried_once_more_under_the_same_id_and_not_a_third_time(
    sqlite_engine: Engine, relay: Relay
) -> None:
    relay.answers["."] = DIES
    clock = Clock()
    put(sqlite_engine, "a@example.net")
    with opened(sqlite_engine, relay, clock) as sending:
        assert sending.send(claim(sqlite_engine, clock), "a@example.net", CONTENT) is Outcome.PUT_OFF
        clock.at += MINUTE
        assert sending.send(claim(sqlite_engine, clock), "a@example.net", CONTENT) is Outcome.GIVEN_UP
    clock.at += timedelta(days=1)
    assert claim(sqlite_engine, clock) == ()
    assert [mail.message_id for mail in relay.mails] == [message_id("a@example.net")] * 2
    assert row(sqlite_engine).last_error.startswith(outbox.MAY_HAVE_ARRIVED)


def test_a_claim_that_was_lost_sends_nothing(sqlite_engine: Engine, relay: Relay) -> None:
    clock = Clock()
    put(sqlite_engine, "a@example.net")
    mine = claim(sqlite_engine, clock)
    other = outbox.claim(
        sqlite_engine, SUMMARIES, {}, owner=new_id(), now=NOW + timedelta(hours=1), lease=MINUTE, limit=1
    )
    assert len(other) == 1
    with opened(sqlite_engine, relay, clock) as sending:
        assert sending.send(mine, "a@example.net", CONTENT) is Outcome.LOST
    assert relay.mails == []


def test_several_messages_are_told_in_one_mail(sqlite_engine: Engine, relay: Relay) -> None:
    clock = Clock()
    put(sqlite_engine, "a@example.net", "b@example.net")
    with opened(sqlite_engine, relay, clock) as sending:
        assert sending.send(claim(sqlite_engine, clock, limit=2), "ops@example.net", CONTENT) is Outcome.SENT
    assert [mail.recipient for mail in relay.mails] == ["ops@example.net"]
    assert {row(sqlite_engine, name).sent_at for name in ("a@example.net", "b@example.net")} == {NOW}


def test_a_relay_that_had_enough_of_a_connection_gets_another(sqlite_engine: Engine, relay: Relay) -> None:
    """Many close after so many mails, with 421 or without a word."""
    clock = Clock()
    put(sqlite_engine, "1@example.net", "2@example.net", "3@example.net")
    with opened(sqlite_engine, relay, clock) as sending:
        for number, ends in enumerate(({}, {"MAIL": b"421 4.7.0 enough\r\n"}, {"RSET": DIES}), start=1):
            [message] = claim(sqlite_engine, clock)
            once(relay, ends)
            assert sending.send([message], f"{number}@example.net", CONTENT) is Outcome.SENT
    assert len(relay.mails) == 3
    assert relay.seen.connections == 3


def once(relay: Relay, answers: dict[str, bytes]) -> None:
    """Each answer is given one time."""
    left = dict(answers)
    for verb in answers:
        relay.answers[verb] = lambda _, verb=verb: left.pop(verb, b"")  # type: ignore[misc]


def test_after_many_mails_the_connection_is_a_new_one(
    sqlite_engine: Engine, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(post, "_MAILS_IN_A_SESSION", 2)
    clock = Clock()
    put(sqlite_engine, *(f"{number}@example.net" for number in range(5)))
    with opened(sqlite_engine, relay, clock) as sending:
        for _ in range(5):
            assert sending.send(claim(sqlite_engine, clock), "ops@example.net", CONTENT) is Outcome.SENT
    assert (len(relay.mails), relay.seen.connections, relay.seen.quits) == (5, 3, 3)


def test_while_the_database_is_away_the_record_waits(
    sqlite_engine: Engine, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The relay has the mail: to give the record up would send it twice."""
    clock = Clock()
    put(sqlite_engine, "a@example.net")
    real, failures = outbox.sent, [StoreUnavailable("away")] * 3

    def sent(*arguments: Any) -> None:
        if failures:
            raise failures.pop()
        real(*arguments)

    monkeypatch.setattr(outbox, "sent", sent)
    with opened(sqlite_engine, relay, clock) as sending:
        assert sending.send(claim(sqlite_engine, clock), "a@example.net", CONTENT) is Outcome.SENT
    assert clock.at == NOW + timedelta(seconds=1 + 2 + 4)
    assert row(sqlite_engine).sent_at == NOW
    assert len(relay.mails) == 1


def test_a_claim_outlasts_whatever_is_waited_for() -> None:
    given = settings.load(environ={}, overrides={"mail.relay": "127.0.0.1:25"}).mail
    at_the_end = timedelta(seconds=given.timeout) * 10
    assert at_the_end == timedelta(minutes=10)  # RFC 5321 section 4.5.3.2.6
    assert post.lease(given) > 2 * at_the_end
