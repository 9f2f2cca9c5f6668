"""An orderly stop while the relay keeps silent: it takes seconds, and the next scheduler goes on at once."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from collector.settings.values import WEEKDAYS
from collector.store.queries.outgoing import message_counts
from dashboard.alerts.job import Notices
from dashboard.summary.job import Sending
from tests.alerts.world import World, configured
from tests.support import processes
from tests.support.relay import SILENT, Relay


def overrides(relay: Relay) -> dict[str, str]:
    now = datetime.now(UTC)
    return relay.settings(
        mail__timeout="60",
        summary__recipients="ops@example.net",
        summary__at=f"{WEEKDAYS[now.weekday()]} 00:00",  # on this day: it catches up
        alerts__recipients="ops@example.net",
        dns__nameservers="127.0.0.1:9",
    )


def variables(relay: Relay, url: str) -> dict[str, str]:
    given = overrides(relay) | {"database.url": url}
    return {f"TLSRPT_{name.replace('.', '_').upper()}": value for name, value in given.items()}


def go_on(engine: Engine, relay: Relay) -> None:
    """What the next scheduler sends, without any waiting."""
    given = configured(**{name.replace(".", "__"): value for name, value in overrides(relay).items()})

    async def notices() -> None:
        sending = Notices(engine, given)
        await sending.step()
        await sending.settle()

    Sending(given, engine).send_due()
    asyncio.run(notices())


def test_what_was_claimed_and_not_handed_over_is_given_back(tmp_path: Path, engine: Engine) -> None:
    World(engine).check(datetime.now(UTC) - timedelta(minutes=1), left=-30)
    url = engine.url.render_as_string(hide_password=False)
    with Relay(answers={"EHLO": SILENT}) as relay:
        with processes.running("schedule", cwd=tmp_path, variables=variables(relay, url)) as scheduler:
            processes.until(lambda: relay.seen.connections == 2, 30, "both mails", scheduler.process)
            now = datetime.now(UTC)
            assert message_counts(engine, now=now) == {("summary", "sending"): 1, ("alerts", "sending"): 1}
            began = time.monotonic()
            assert scheduler.stop() == 0
        assert time.monotonic() - began < 10  # the whole time that containers are given to end
        assert message_counts(engine, now=now) == {("summary", "waiting"): 1, ("alerts", "waiting"): 1}
        relay.answers.clear()
        go_on(engine, relay)
    assert len({mail.message_id for mail in relay.mails}) == len(relay.mails) == 2
    assert message_counts(engine, now=now) == {}
