"""A scheduler is killed at every step of telling of alerts, and another goes on: each target gets each message once.

There is one point at which nobody can know: the other side has taken the message and its sender died before it could
write that down. There, and only there, it comes once more, under the same id.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest

from collector.store.engine import open_engine
from collector.store.queries.alerts import notices
from dashboard.mail.post import STEPS
from tests.alerts.receiver import Receiver
from tests.alerts.schedulers import begin, go_on
from tests.alerts.world import World, configured
from tests.summary.schedulers import finish
from tests.support.collector import NOW
from tests.support.relay import Relay

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

LATER = timedelta(hours=1)  # after every claim of the dead has run out
KILLED = -9
# Of a webhook each alert is a message, of a mail what each address is told, with Apprise all of a look.
MESSAGES = {"mail": 2, "webhook": 2, "apprise": 1}


@dataclass
class Sides:
    """Two alerts that have just opened, and all who are told of them."""

    url: str
    receiver: Receiver
    relay: Relay
    given: dict[str, str]

    def arrived(self, channel: str) -> Counter[str]:
        """How often each message came, by its id."""
        if channel == "mail":
            return Counter(mail.message_id for mail in self.relay.mails)
        bodies = [request.json for request in self.receiver.requests if request.path == f"/{channel}"]
        return Counter(body["id" if channel == "webhook" else "message"] for body in bodies)

    def states(self, channel: str) -> Counter[str]:
        engine = open_engine(self.url)
        rows = [each for row in World(engine).rows() for each in notices(engine, row.id)]
        engine.dispose()
        return Counter(each.state for each in rows if each.channel == channel)


@contextmanager
def sides(url: str) -> Iterator[Sides]:
    with Receiver() as receiver, Relay() as relay:
        given = {
            "mail__relay": f"127.0.0.1:{relay.port}",
            "alerts__recipients": "ada@example.net,bob@example.net",
            "alerts__webhooks": receiver.url("/webhook"),
            "alerts__apprise": f"json://127.0.0.1:{receiver.port}/apprise",
        }
        engine = open_engine(url)
        world = World(engine, configured(**given))
        world.check(NOW, left=5, mx="mx9.example.com")
        world.look()
        engine.dispose()
        yield Sides(url, receiver, relay, given)


def channels(step: str) -> list[str]:
    """Only a mail has a step for the connection. Apprise is a webhook but for what sends it: two steps are enough."""
    return [
        "mail",
        *(["webhook"] if step != "connected" else []),
        *(["apprise"] if step in ("handed_over", "taken") else []),
    ]


def killed(made: Sides, step: str, late: timedelta = timedelta()) -> None:
    """A scheduler for each channel, all at a time, each killed with its first message."""
    processes = [begin(made.url, made.given, channel, step, late) for channel in channels(step)]
    assert [finish(process) for process in processes] == [KILLED] * len(processes)


@pytest.mark.parametrize("step", STEPS)
def test_one_is_killed_and_another_goes_on(step: str, migrated_url: str) -> None:
    with sides(migrated_url) as made:
        killed(made, step)
        before = {channel: made.arrived(channel) for channel in channels(step)}
        go_on(made.url, made.given, channels(step))
        # What the dead one had claimed waits until its claim is over.
        for channel in channels(step):
            assert (made.arrived(channel) - before[channel]).total() == MESSAGES[channel] - 1
            assert ("waiting" in made.states(channel)) == (step != "recorded")
        go_on(made.url, made.given, channels(step), LATER)
        counts = {channel: made.arrived(channel) for channel in channels(step)}
    for channel in channels(step):
        assert before[channel].total() == (1 if step in ("taken", "recorded") else 0)
        assert len(counts[channel]) == MESSAGES[channel]
        assert counts[channel].total() == len(counts[channel]) + (1 if step == "taken" else 0)
        assert set(made.states(channel)) == {"sent"}


def test_who_dies_twice_where_nobody_can_know_does_not_send_a_third_time(migrated_url: str) -> None:
    with sides(migrated_url) as made:
        for hours in range(2):
            killed(made, "taken", timedelta(hours=hours))
        for hours in (2, 3):
            go_on(made.url, made.given, channels("taken"), timedelta(hours=hours))
        counts = {channel: made.arrived(channel) for channel in channels("taken")}
    for channel, arrived in counts.items():
        assert sorted(arrived.values()) == [1] * (MESSAGES[channel] - 1) + [2]
        assert "given_up" in made.states(channel)
