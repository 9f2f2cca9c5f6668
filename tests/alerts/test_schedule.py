"""`tlsrpt schedule` looks, and tells, by itself."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from collector.store.engine import open_engine
from tests.alerts.receiver import Receiver
from tests.alerts.world import World
from tests.support import processes


def test_schedule_looks_and_tells_and_ends(tmp_path: Path, migrated_sqlite_url: str) -> None:
    engine = open_engine(migrated_sqlite_url)
    World(engine).check(datetime.now(UTC) - timedelta(minutes=1), left=-30)
    engine.dispose()
    with Receiver() as receiver:
        variables = {
            "TLSRPT_DATABASE_URL": migrated_sqlite_url,
            "TLSRPT_ALERTS_WEBHOOKS": receiver.url(),
            "TLSRPT_DNS_NAMESERVERS": "127.0.0.1:9",
            "TLSRPT_ALERTS_OFF": "record_elsewhere,policy_fetch",
        }
        with processes.running("schedule", cwd=tmp_path, variables=variables) as scheduler:
            processes.until(lambda: receiver.requests, 30, "a webhook", scheduler.process)
            assert scheduler.stop() == 0
    assert [request.json["alert"]["rule"] for request in receiver.requests] == ["certificate"]
