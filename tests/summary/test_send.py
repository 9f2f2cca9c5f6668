"""Who gets the mail of a week, when, and what a failure means for the next time."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from collector import settings
from collector.errors import ConfigurationError
from collector.settings import Settings
from collector.store import recipients as people
from collector.store.queries import outgoing
from collector.store.recipients import Kept
from dashboard.mail.recipients import Recipient
from dashboard.summary.compose import Parts
from dashboard.summary.job import Sending, job
from dashboard.summary.send import Counts, Sender, send_week
from dashboard.summary.week import Week
from tests.summary.schedulers import NOW, WEEK, made
from tests.support.relay import DIES, Relay

ADA = Kept("ada@example.net", ("example.com",), "ja", True, False, False, NOW)


@pytest.fixture
def relay() -> Iterator[Relay]:
    with Relay() as running:
        yield running


class Clock:
    def __init__(self, at: datetime = NOW) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


def loaded(relay: Relay, **more: str) -> Settings:
    return settings.load(environ={}, overrides=relay.settings(mail__from="tlsrpt@example.com", **more))


def send(engine: Engine, given: Settings, clock: Clock | None = None, week: Week = WEEK, **how: object) -> Counts:
    sender = Sender(engine, given, clock=clock or Clock(), compose=made)
    return send_week(engine, given, week, sender=sender, **how)  # type: ignore[arg-type]


def to(relay: Relay) -> list[str]:
    return sorted(mail.recipient for mail in relay.mails)


def test_each_gets_his_own(engine: Engine, relay: Relay) -> None:
    people.add(engine, ADA)
    given = loaded(relay, summary__recipients="bob@example.net", web__public_url="https://tls.example.com")
    assert send(engine, given) == Counts(sent=2)
    ada, bob = sorted((mail.message for mail in relay.mails), key=lambda mail: str(mail["To"]))
    assert (ada["To"], ada["Subject"]) == ("ada@example.net", "2026-W47 for ada@example.net")
    link = str(ada["List-Unsubscribe"]).strip("<>")
    body, other = ada.get_body(("plain",)), bob.get_body(("plain",))
    assert body is not None
    assert other is not None
    assert body.get_content() == f"example.com in ja\r\n\r\n配信の停止:\r\n{link}\r\n"
    assert str(bob["List-Unsubscribe"]).strip("<>") in other.get_content()
    assert bob["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert ada["List-Unsubscribe"] != bob["List-Unsubscribe"]
    assert ada["Message-ID"] != bob["Message-ID"]


def test_nobody_gets_a_week_twice(sqlite_engine: Engine, relay: Relay) -> None:
    given = loaded(relay, summary__recipients="ada@example.net,bob@example.net")
    assert send(sqlite_engine, given, only={"bob@example.net"}) == Counts(sent=1)
    assert send(sqlite_engine, given) == Counts(sent=1, already=1)
    assert send(sqlite_engine, given) == Counts(already=2)
    assert send(sqlite_engine, given, week=Week(2026, 46)) == Counts(sent=2)
    assert to(relay) == ["ada@example.net"] * 2 + ["bob@example.net"] * 2


def test_an_address_is_the_same_in_any_case(sqlite_engine: Engine, relay: Relay) -> None:
    assert send(sqlite_engine, loaded(relay, summary__recipients="ada@example.net")) == Counts(sent=1)
    assert send(sqlite_engine, loaded(relay, summary__recipients="Ada@Example.Net")) == Counts(already=1)


def test_without_recipients_there_is_nothing_to_do(sqlite_engine: Engine, relay: Relay) -> None:
    assert send(sqlite_engine, loaded(relay)) == Counts()
    assert relay.seen.connections == 0


def test_when_all_is_well_some_want_no_mail(sqlite_engine: Engine, relay: Relay) -> None:
    people.add(sqlite_engine, replace(ADA, only_if_needed=True))
    given = loaded(relay, summary__recipients="bob@example.net")
    counts = send(sqlite_engine, given)
    assert (counts, counts.is_done) == (Counts(sent=1, nothing=1), True)
    assert to(relay) == ["bob@example.net"]
    [ada, _] = outgoing.summary_runs(sqlite_engine, now=NOW)
    assert (ada.state, ada.error) == (outgoing.SKIPPED, "nothing to say: all is well")


def test_who_unsubscribes_while_his_mail_waits_gets_none(sqlite_engine: Engine, relay: Relay) -> None:
    given = loaded(relay, summary__recipients="ada@example.net")
    relay.answers["RCPT"] = b"450 4.2.0 greylisted\r\n"
    assert send(sqlite_engine, given) == Counts(put_off=1)
    people.unsubscribe(sqlite_engine, "ada@example.net", "summary", NOW)
    relay.answers.clear()
    Sender(sqlite_engine, given, clock=Clock(NOW + timedelta(hours=1)), compose=made).send_due({})
    assert relay.mails == []
    [run] = outgoing.summary_runs(sqlite_engine, now=NOW)
    assert (run.state, run.error) == (outgoing.SKIPPED, "no recipient any more")


def test_a_relay_that_is_away_puts_all_off_with_one_connection(sqlite_engine: Engine, relay: Relay) -> None:
    given = loaded(relay, summary__recipients="ada@example.net,bob@example.net")
    relay.answers[""] = DIES
    counts = send(sqlite_engine, given)
    assert (counts, counts.is_done) == (Counts(put_off=2), False)
    assert relay.seen.connections == 1
    relay.answers.clear()
    assert send(sqlite_engine, given, by_hand=False) == Counts(sent=1, put_off=1)  # not due before its time
    assert send(sqlite_engine, given) == Counts(sent=1, already=1)  # by hand nobody waits


def test_one_who_is_refused_stands_in_nobodys_way(sqlite_engine: Engine, relay: Relay) -> None:
    given = loaded(relay, summary__recipients="ada@example.net,gone@example.net,later@example.net,zoe@example.net")
    refused = {"gone": b"550 5.1.1 no such user\r\n", "later": b"450 4.2.0 greylisted\r\n"}
    relay.answers["RCPT"] = lambda recipient: refused.get(recipient.partition("@")[0], b"")
    counts = send(sqlite_engine, given)
    assert (counts, counts.is_done) == (Counts(sent=2, given_up=1, put_off=1), False)
    states = {run.recipient.partition("@")[0]: run for run in outgoing.summary_runs(sqlite_engine, now=NOW)}
    assert {name: run.state for name, run in states.items()} == {
        "ada": outgoing.SENT,
        "gone": outgoing.GIVEN_UP,
        "later": outgoing.PUT_OFF,
        "zoe": outgoing.SENT,
    }
    assert states["gone"].error is not None
    assert "550 5.1.1 no such user" in states["gone"].error
    assert states["later"].at == NOW + timedelta(minutes=1)
    assert outgoing.message_counts(sqlite_engine, now=NOW) == {("summary", "given_up"): 1, ("summary", "put_off"): 1}
    relay.answers.clear()
    assert send(sqlite_engine, given) == Counts(sent=2, already=2)  # by hand, once its box is there again


def test_one_that_cannot_be_made_stands_in_nobodys_way(sqlite_engine: Engine, relay: Relay) -> None:
    given = loaded(relay, summary__recipients="ada@example.net,bob@example.net=example.com")

    def broken(engine: Engine, found: Settings, week: Week, recipient: Recipient, now: datetime) -> Parts:
        assert recipient.domains, "made to fail"
        return made(engine, found, week, recipient, now)

    sender = Sender(sqlite_engine, given, clock=Clock(), compose=broken)
    sender.queue(WEEK)
    with pytest.raises(AssertionError, match="made to fail"):
        sender.send_due({})
    sender.send_due({})
    assert to(relay) == ["bob@example.net"]
    [ada, _] = outgoing.summary_runs(sqlite_engine, now=NOW)
    assert (ada.state, ada.error) == (outgoing.PUT_OFF, "it could not be made; the log says why")


def test_what_many_get_is_made_once(sqlite_engine: Engine, relay: Relay) -> None:
    times = []

    def counted(engine: Engine, found: Settings, week: Week, recipient: Recipient, now: datetime) -> Parts:
        times.append(recipient.address)
        return made(engine, found, week, recipient, now)

    given = loaded(relay, summary__recipients="a@example.net,b@example.net,c@example.net=example.com")
    sender = Sender(sqlite_engine, given, clock=Clock(), compose=counted)
    assert send_week(sqlite_engine, given, WEEK, sender=sender) == Counts(sent=3)
    assert len(times) == 2


def test_without_a_relay_sending_by_hand_is_an_error(sqlite_engine: Engine) -> None:
    given = settings.load(environ={}, overrides={"summary.recipients": "ada@example.net"})
    with pytest.raises(ConfigurationError, match=r"mail\.relay"):
        send_week(sqlite_engine, given, WEEK)


# When a scheduler looks, and the weeks whose mail went out until then.
MONDAY = "2026-11-23T"
LOOKS = [
    ([f"{MONDAY}06:59"], []),
    ([f"{MONDAY}07:00"], ["2026-W47"]),
    ([f"{MONDAY}07:00", f"{MONDAY}07:01", f"{MONDAY}23:00"], ["2026-W47"]),
    ([f"{MONDAY}18:30"], ["2026-W47"]),  # started late on the day
    (["2026-11-24T07:00"], []),
    ([f"{MONDAY}07:00", "2026-11-30T06:59", "2026-11-30T07:00"], ["2026-W47", "2026-W48"]),
    (["2027-01-04T07:00", "2027-01-11T07:00"], ["2026-W53", "2027-W01"]),
]


@pytest.mark.parametrize(("looks", "weeks"), LOOKS)
def test_the_job_sends_when_it_is_time(looks: list[str], weeks: list[str], sqlite_engine: Engine, relay: Relay) -> None:
    given = loaded(relay, summary__recipients="ada@example.net")
    clock = Clock()
    sending = Sending(given, sqlite_engine, clock=clock, compose=made)
    for look in looks:
        clock.at = datetime.fromisoformat(look).replace(tzinfo=UTC)
        waits = sending.send_due()
        assert 0 < waits <= 60
    assert [str(mail.message["Subject"])[:8] for mail in relay.mails] == weeks


def test_the_job_wakes_up_in_time(sqlite_engine: Engine, relay: Relay) -> None:
    given = loaded(relay, summary__recipients="ada@example.net")
    clock = Clock(NOW - timedelta(seconds=12))
    sending = Sending(given, sqlite_engine, clock=clock, compose=made)
    assert sending.send_due() == 12


def test_the_job_tries_again_what_was_put_off_on_a_later_day(sqlite_engine: Engine, relay: Relay) -> None:
    given = loaded(relay, summary__recipients="ada@example.net")
    clock = Clock()
    sending = Sending(given, sqlite_engine, clock=clock, compose=made)
    relay.answers[""] = DIES
    sending.send_due()
    relay.answers.clear()
    clock.at = NOW + timedelta(days=1)
    sending.send_due()
    assert to(relay) == ["ada@example.net"]


def test_somebody_added_on_the_day_gets_it_on_the_day(sqlite_engine: Engine, relay: Relay) -> None:
    given = loaded(relay)
    clock = Clock()
    sending = Sending(given, sqlite_engine, clock=clock, compose=made)
    sending.send_due()
    people.add(sqlite_engine, ADA)
    clock.at += timedelta(hours=1)
    sending.send_due()
    assert to(relay) == ["ada@example.net"]


def test_without_a_relay_there_is_no_job(sqlite_engine: Engine) -> None:
    assert job(settings.load(environ={}), sqlite_engine) is None


def test_a_job_that_is_told_to_stop_sends_no_further_mail(sqlite_engine: Engine, relay: Relay) -> None:
    sending = Sending(loaded(relay, summary__recipients="ada@example.net"), sqlite_engine, clock=Clock(), compose=made)
    asyncio.run(sending.close())
    assert asyncio.run(sending.step()) == 60
    assert relay.mails == []
    [run] = outgoing.summary_runs(sqlite_engine, now=NOW)
    assert run.state == outgoing.WAITING


def test_who_interrupts_the_sending_may_send_again_at_once(sqlite_engine: Engine, relay: Relay) -> None:
    given = loaded(relay, summary__recipients="ada@example.net,bob@example.net")

    def interrupted(step: str) -> None:
        if step == "connected":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        send_week(sqlite_engine, given, WEEK, sender=Sender(sqlite_engine, given, clock=Clock(), watch=interrupted))
    assert send(sqlite_engine, given) == Counts(sent=2)


def test_a_wrong_key_stops_the_start(sqlite_engine: Engine, relay: Relay, tmp_path: Path) -> None:
    key = tmp_path / "dkim.pem"
    key.write_text("no key")
    given = loaded(relay, mail__dkim_key=str(key), mail__dkim_selector="s1")
    with pytest.raises(ConfigurationError, match=r"mail\.dkim_key"):
        job(given, sqlite_engine)
