"""The whole way: mails with reports come in, the scheduler's jobs run, and those who are to know it know it once."""

import asyncio
from datetime import datetime, timedelta

from sqlalchemy import Engine

from dashboard.alerts.job import Notices, looking
from tests.alerts.receiver import Receiver
from tests.alerts.world import World, configured
from tests.support.collector import NOW
from tests.support.relay import Relay


class Scheduler:
    """Its two jobs about alerts, under a clock of ours."""

    def __init__(self, world: World) -> None:
        self._at = NOW
        self._look = looking(world.settings, world.engine, clock=self._clock)
        self._notices = Notices(world.engine, world.settings, self._clock)

    def _clock(self) -> datetime:
        return self._at

    def run(self, later: timedelta = timedelta()) -> None:
        """Lets some time go by; then each job does what is due."""
        self._at += later

        async def both() -> None:
            await self._look.step()
            await self._notices.step()
            await self._notices.settle()

        asyncio.run(both())


def test_mail_that_is_held_back_is_told_once_and_its_end_once(engine: Engine) -> None:
    with Receiver() as receiver, Relay() as relay:
        told = relay.settings(alerts__recipients="ops@example.net", alerts__webhooks=receiver.url())
        world = World(engine, configured(**{name.replace(".", "__"): value for name, value in told.items()}))
        scheduler = Scheduler(world)

        def arrived() -> tuple[list[str], int]:
            """What was posted about mail that is held back, and how many mails came."""
            posted = [request.json for request in receiver.requests]
            return [each["event"] for each in posted if each["alert"]["rule"] == "held_back"], len(relay.mails)

        def text(number: int) -> str:
            body = relay.mails[number].message.get_body(("plain",))
            assert body is not None
            return str(body.get_content())

        for back in range(20, 1, -1):
            world.report(back)
        scheduler.run()
        assert arrived() == ([], 0)

        world.report(1, failed=30)
        scheduler.run(timedelta(minutes=5))
        assert arrived() == (["opened"], 1)
        assert (world.one("held_back").is_open, world.one("held_back").size) == (True, 30)
        assert "new: example.com: mail is being held back" in text(0)

        for _ in range(3):
            scheduler.run(timedelta(minutes=5))
        assert arrived() == (["opened"], 1)

        for ahead in range(3):
            world.report(-ahead)  # clean days, until the last bad one is no news any more
        scheduler.run(timedelta(days=3))
        assert (arrived(), world.one("held_back").is_open) == ((["opened", "closed"], 2), False)
        assert "over: example.com: mail is being held back" in text(1)

        for _ in range(3):
            scheduler.run(timedelta(minutes=5))
        assert arrived() == (["opened", "closed"], 2)
