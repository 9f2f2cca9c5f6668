"""Notices through the outbox: each target gets each message once, however slow or dead it or another one is."""

import asyncio
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from collector.store.queries.alerts import NoticeRow, notices
from collector.store.recipients import unsubscribe
from dashboard.alerts.job import Notices
from tests.alerts.receiver import Receiver
from tests.alerts.test_look import at_once, later
from tests.alerts.world import World
from tests.support.collector import NOW
from tests.support.processes import free_port
from tests.support.relay import Relay

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


@dataclass
class Clock:
    at: datetime = NOW

    def __call__(self) -> datetime:
        return self.at


@dataclass
class Scheduler:
    """Whatever is due is sent when a test says so, at a time that it sets."""

    world: World
    clock: Clock = field(default_factory=Clock)

    def pass_(self, minutes: float = 0) -> None:
        """Lets some minutes go by and sends what is due then."""
        self.clock.at += timedelta(minutes=minutes)

        async def run() -> None:
            sending = Notices(self.world.engine, self.world.settings, self.clock)
            await sending.step()
            await sending.settle()
            await sending.close()

        asyncio.run(run())

    def rows(self, channel: str) -> list[NoticeRow]:
        found = [each for row in self.world.rows() for each in notices(self.world.engine, row.id)]
        return sorted((each for each in found if each.channel == channel), key=lambda each: each.id)

    def states(self, channel: str) -> list[str]:
        return [each.state for each in self.rows(channel)]


Make = Callable[..., Scheduler]


@pytest.fixture
def make(engine: Engine) -> Make:
    """A scheduler under these settings, with one alert that has just opened, or two."""

    def made(*, mx: str = "mx1.example.com", **more: str) -> Scheduler:
        world = World(engine).with_settings(**more)
        world.check(NOW, left=5, mx=mx)
        world.look()
        return Scheduler(world)

    return made


TWO = "mx9.example.com"  # an MX whose certificate ends, and that the policy does not name


def test_a_webhook_gets_each_alert_once(make: Make) -> None:
    with Receiver() as receiver:
        scheduler = make(mx=TWO, alerts__webhooks=receiver.url())
        for _ in range(3):
            scheduler.pass_(5)
    assert sorted(request.json["alert"]["rule"] for request in receiver.requests) == ["certificate", "mx_not_in_policy"]
    assert scheduler.states("webhook") == ["sent", "sent"]
    assert len({request.json["id"] for request in receiver.requests}) == 2


def test_a_webhook_that_fails_is_tried_again_under_the_same_id_until_it_recovers(make: Make) -> None:
    with Receiver(500, 503, 429, 200) as receiver:
        scheduler = make(alerts__webhooks=receiver.url())
        for minutes in (0, 0.5, 0.5, 1, 1, 4, 60):
            scheduler.pass_(minutes)
    assert [request.json["id"] for request in receiver.requests] == [receiver.requests[0].json["id"]] * 4
    assert scheduler.states("webhook") == ["sent"]
    assert scheduler.rows("webhook")[0].last_error is None


def test_a_webhook_that_is_down_and_comes_back(make: Make) -> None:
    port = free_port()
    scheduler = make(alerts__webhooks=f"http://127.0.0.1:{port}/secret-token")
    scheduler.pass_()
    [row] = scheduler.rows("webhook")
    assert (row.state, row.last_error, row.attempts) == ("waiting", f"127.0.0.1:{port}: no connection", 1)
    with Receiver(port=port) as receiver:
        scheduler.pass_(2)
    assert (len(receiver.requests), scheduler.states("webhook")) == (1, ["sent"])


def test_a_webhook_that_refuses_for_good_is_asked_once(make: Make) -> None:
    with Receiver(404) as receiver:
        scheduler = make(alerts__webhooks=receiver.url())
        scheduler.pass_()
        scheduler.pass_(120)
    assert (len(receiver.requests), scheduler.states("webhook")) == (1, ["given_up"])


def test_a_webhook_that_is_down_for_a_day_is_given_up(make: Make) -> None:
    scheduler = make(alerts__webhooks=f"http://127.0.0.1:{free_port()}/")
    for _ in range(32):
        scheduler.pass_(60)
    [row] = scheduler.rows("webhook")
    assert (row.state, row.may_have_arrived) == ("given_up", False)


def test_a_slow_webhook_that_may_have_taken_it_gets_it_once_more_and_delays_no_other(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.alerts.messenger.WEBHOOK_SECONDS", 0.5)
    with Receiver(None) as slow, Receiver() as good:
        scheduler = make(alerts__webhooks=f"{slow.url()},{good.url()}")
        for minutes in (0, 2, 4, 60):
            scheduler.pass_(minutes)
    assert (len(slow.requests), len(good.requests)) == (2, 1)
    assert sorted(scheduler.states("webhook")) == ["given_up", "sent"]
    assert [each.may_have_arrived for each in scheduler.rows("webhook") if each.state == "given_up"] == [True]


def test_an_address_that_is_no_longer_set_is_not_posted_to(make: Make) -> None:
    with Receiver() as receiver:
        scheduler = make(alerts__webhooks=receiver.url())
        scheduler.world = scheduler.world.with_settings()
        scheduler.pass_()
    assert (receiver.requests, scheduler.states("webhook")) == ([], ["skipped"])


def test_apprise_and_mail_get_the_alerts_of_a_look_in_one_message(make: Make) -> None:
    with Receiver() as receiver, Relay() as relay:
        scheduler = make(
            mx=TWO,
            **relay.settings(alerts__recipients="ops@example.net,dev@example.net=example.com"),
            web__public_url="https://tls.example.com",
            alerts__apprise=f"json://127.0.0.1:{receiver.port}/token",
        )
        for _ in range(3):
            scheduler.pass_(5)
    assert len(receiver.requests) == 1
    assert receiver.requests[0].json["title"] == "2 alerts"
    assert sorted(mail.recipient for mail in relay.mails) == ["dev@example.net", "ops@example.net"]
    mail = relay.mails[0].message
    assert mail["Subject"] == "2 alerts"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Unsubscribe"].startswith("<https://tls.example.com/unsubscribe/")
    assert re.fullmatch(r"<[0-9a-f]+@[\w.-]+>", mail["Message-ID"])
    link = mail["List-Unsubscribe"].strip("<>")
    assert mail.get_content_type() == "multipart/alternative"
    plain, html = (part.get_content().replace("\r\n", "\n") for part in mail.iter_parts())
    assert plain.endswith(f"\n\nUnsubscribe:\n{link}\n")
    assert html.index("a certificate ends") < html.index(f'<a href="{link}"')
    assert "new: example.com: a certificate ends\n" in plain
    assert "new: example.com: an MX host is missing from the policy\n" in plain
    assert scheduler.states("mail") == ["sent"] * 4


def test_a_mail_is_in_the_language_of_the_settings(make: Make) -> None:
    with Relay() as relay:
        scheduler = make(**relay.settings(alerts__recipients="ops@example.net", summary__language="ja"))
        scheduler.pass_()
    assert relay.mails[0].message["Subject"] == "新規: example.com: 証明書の期限が切れます"


def test_a_mail_that_the_relay_puts_off_comes_later_under_the_same_message_id(make: Make) -> None:
    with Relay(answers={"RCPT": b"451 4.3.0 later\r\n"}) as relay:
        scheduler = make(**relay.settings(alerts__recipients="ops@example.net"))
        scheduler.pass_()
        assert scheduler.states("mail") == ["waiting"]
        relay.answers.clear()
        scheduler.pass_(2)
    assert (len(relay.mails), scheduler.states("mail")) == (1, ["sent"])


def test_who_wants_none_any_more_gets_none(make: Make) -> None:
    with Relay() as relay:
        scheduler = make(**relay.settings(alerts__recipients="ops@example.net"))
        unsubscribe(scheduler.world.engine, "ops@example.net", "alerts", NOW)
        scheduler.pass_()
        scheduler.world.check(NOW + later(1), left=90)
        scheduler.world.look(NOW + later(2))
    assert (relay.mails, scheduler.states("mail")) == ([], ["skipped"])  # and the end is not for it either


def test_a_dead_relay_delays_no_webhook(make: Make) -> None:
    with Receiver() as receiver:
        scheduler = make(
            mail__relay=f"127.0.0.1:{free_port()}",
            alerts__recipients="ops@example.net",
            alerts__webhooks=receiver.url(),
        )
        scheduler.pass_()
    assert (len(receiver.requests), scheduler.states("mail")) == (1, ["waiting"])


def test_two_schedulers_that_send_at_once_send_each_message_once(make: Make) -> None:
    with Receiver() as receiver, Relay() as relay:
        scheduler = make(
            mx=TWO, **relay.settings(alerts__recipients="ops@example.net"), alerts__webhooks=receiver.url()
        )
        other = Scheduler(scheduler.world)
        at_once(scheduler.pass_, other.pass_, Scheduler(scheduler.world).pass_)
    assert (len(receiver.requests), len(relay.mails)) == (2, 1)


def test_no_secret_is_logged_or_kept(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with Receiver(500) as receiver:
        scheduler = make(
            alerts__webhooks=f"{receiver.url('/secret-path?k=secret-key')},http://127.0.0.1:{free_port()}/secret-too",
            alerts__webhook_secret="secret-of-the-signature",
            alerts__apprise=f"json://user:secret-password@127.0.0.1:{receiver.port}/secret-token",
        )
        scheduler.pass_()
    assert len(receiver.requests) == 2
    kept = repr([*scheduler.rows("webhook"), *scheduler.rows("apprise")])
    assert "secret" not in caplog.text + kept
