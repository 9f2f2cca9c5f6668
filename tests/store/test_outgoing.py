"""How the mails stand, in words, on both databases."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from collector.ids import new_id
from collector.store import outbox
from collector.store.outbox import SUMMARIES
from collector.store.queries import outgoing

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
LEASE = timedelta(minutes=15)
LATER = NOW + timedelta(minutes=1)


def put(engine: Engine, week: str, *recipients: str) -> None:
    outbox.put(
        engine,
        SUMMARIES,
        [{"week": week, "recipient": one, **outbox.fresh(f"<{week}.{one}@example.com>", NOW)} for one in recipients],
    )


def test_each_state_has_its_word(engine: Engine) -> None:
    put(engine, "2026-W47", *outgoing.STATES)
    others = [state for state in outgoing.STATES if state != outgoing.WAITING]
    where = {"recipient": others}
    claimed = outbox.claim(engine, SUMMARIES, where, owner=new_id(), now=NOW, lease=LEASE, limit=9)
    by_name = {message.key["recipient"]: (message,) for message in claimed}
    outbox.put_off(engine, by_name["put_off"], LATER, "451 later")
    outbox.sent(engine, by_name["sent"], LATER)
    outbox.skip(engine, by_name["skipped"], LATER, "nothing to say")
    outbox.give_up(engine, by_name["given_up"], LATER, "550 no such user")
    assert outbox.handing_over(engine, by_name["uncertain"], NOW, LEASE)
    outbox.unanswered(engine, by_name["uncertain"], NOW, NOW, "silent")
    again = outbox.claim(engine, SUMMARIES, {"recipient": "uncertain"}, owner=new_id(), now=NOW, lease=LEASE)
    assert outbox.handing_over(engine, again, NOW, LEASE)
    outbox.unanswered(engine, again, LATER, LATER, "silent")

    runs = outgoing.summary_runs(engine, now=NOW)
    assert [(run.recipient, run.state) for run in runs] == [(state, state) for state in sorted(outgoing.STATES)]
    ended = {run.state: (run.at, run.error) for run in runs if run.at == LATER}
    assert ended["put_off"] == (LATER, "451 later")
    assert ended["given_up"] == (LATER, "550 no such user")
    assert set(ended) == {"put_off", "sent", "skipped", "given_up", "uncertain"}
    assert outgoing.message_counts(engine, now=NOW) == {
        ("summary", state): 1 for state in ("waiting", "sending", "put_off", "given_up", "uncertain")
    }


def test_a_dead_one_sends_no_longer(engine: Engine) -> None:
    put(engine, "2026-W47", "a")
    outbox.claim(engine, SUMMARIES, {}, owner=new_id(), now=NOW, lease=LEASE)
    for now, state in ((NOW, "sending"), (NOW + LEASE, "put_off")):
        [run] = outgoing.summary_runs(engine, now=now)
        assert run.state == state


def test_the_last_weeks_the_newest_first(engine: Engine) -> None:
    for week in ("2026-W52", "2027-W01", "2026-W53"):
        put(engine, week, "b", "a")
    found = [(run.week, run.recipient) for run in outgoing.summary_runs(engine, now=NOW, weeks=2)]
    assert found == [("2027-W01", "a"), ("2027-W01", "b"), ("2026-W53", "a"), ("2026-W53", "b")]
    only = outgoing.summary_runs(engine, now=NOW, week="2026-W52", recipients=["b"])
    assert [(run.week, run.recipient) for run in only] == [("2026-W52", "b")]
    assert outgoing.summary_runs(engine, now=NOW, recipients=[]) == ()
