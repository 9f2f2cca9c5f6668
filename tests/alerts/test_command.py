"""`tlsrpt alert`, as a process."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from collector.store import audit
from collector.store.engine import open_engine
from collector.store.queries.alerts import alerts
from tests.alerts.receiver import Receiver
from tests.alerts.world import World
from tests.support import processes
from tests.support.collector import NOW
from tests.support.processes import free_port
from tests.support.relay import Relay

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, migrated_sqlite_url: str) -> Run:
    """(exit status, standard output, standard error) over a database with one alert."""
    engine = open_engine(migrated_sqlite_url)
    world = World(engine)
    world.check(NOW, left=5)
    world.look()
    engine.dispose()

    def made(*arguments: str, **settings: str) -> tuple[int, str, str]:
        variables = {f"TLSRPT_{name.upper()}": value for name, value in settings.items()}
        done = processes.tlsrpt(
            "alert", *arguments, cwd=tmp_path, variables={"TLSRPT_DATABASE_URL": migrated_sqlite_url, **variables}
        )
        return done.returncode, done.stdout, done.stderr

    return made


def the_id(run: Run) -> str:
    return run("list")[1].split("\t")[0]


def test_list(run: Run) -> None:
    status, out, _ = run("list")
    assert (status, out.split("\t")[1:]) == (0, ["open", "2026-11-24 12:00 UTC", "example.com: a certificate ends\n"])
    status, out, _ = run("list", "--all", "--json")
    [shape] = json.loads(out)
    assert (shape["rule"], shape["domain"], shape["subject"], shape["closed_at"]) == (
        "certificate",
        "example.com",
        "mx1.example.com",
        None,
    )
    assert shape["opened_at"] == "2026-11-24T12:00:00Z"


def test_ack_and_mute(run: Run, migrated_sqlite_url: str) -> None:
    alert_id, until = the_id(run), (datetime.now(UTC) + timedelta(days=9)).date().isoformat()
    assert run("ack", alert_id) == (0, "", "")
    assert run("list")[1].split("\t")[1] == "acknowledged"
    assert run("mute", alert_id, "--until", until) == (0, "", "")
    assert run("list")[1].split("\t")[1] == f"muted until {until} 00:00 UTC"
    assert run("unmute", alert_id) == (0, "", "")
    engine = open_engine(migrated_sqlite_url)
    [row] = alerts(engine).items
    assert (row.acknowledged_by, row.muted_until) == ("command", None)
    written = [(entry.action, entry.subject) for entry in audit.entries(engine).items]
    assert written == [(action, alert_id) for action in ("alert_unmuted", "alert_muted", "alert_acknowledged")]
    engine.dispose()


NOBODY = "00000000-0000-0000-0000-000000000000"
WRONG = [
    (("ack", NOBODY), f"there is no open alert {NOBODY}"),
    (("mute", NOBODY, "--until", "2030-01-01"), f"there is no open alert {NOBODY}"),
    (("mute", NOBODY, "--until", "soon"), "--until 'soon' is no day such as 2026-12-01"),
    (("mute", NOBODY, "--until", "2020-01-01"), "--until 2020-01-01: that day has begun"),
    (("test",), "alerts.recipients, alerts.webhooks, alerts.apprise: none is set, so nobody is told"),
]


@pytest.mark.parametrize(("arguments", "said"), WRONG)
def test_wrong_use(run: Run, arguments: tuple[str, ...], said: str) -> None:
    assert run(*arguments) == (2, "", f"{said}\n")


def test_test_sends_a_sample_to_each(run: Run) -> None:
    with Receiver() as receiver, Relay() as relay:
        status, out, err = run(
            "test",
            mail_relay=f"127.0.0.1:{relay.port}",
            alerts_recipients="ops@example.net",
            alerts_webhooks=receiver.url(),
            alerts_apprise=f"json://user:secret-password@127.0.0.1:{receiver.port}/secret-token",
        )
    lines = ["mail ops@example.net\tsent", f"webhook 1 (127.0.0.1:{receiver.port})\tsent", "apprise 1\tsent"]
    assert (status, out.splitlines()) == (0, lines)
    assert "secret" not in out + err
    assert [request.json.get("event") for request in receiver.requests] == ["test", None]
    assert relay.mails[0].message["Subject"] == "test: example.com: a certificate ends"


def test_test_says_which_one_failed_and_no_secret(run: Run) -> None:
    with Receiver(500) as receiver:
        status, out, err = run(
            "test",
            mail_relay=f"127.0.0.1:{free_port()}",
            alerts_recipients="ops@example.net",
            alerts_webhooks=receiver.url(),
            alerts_apprise=f"json://user:secret-password@127.0.0.1:{receiver.port}/secret-token",
            log_level="debug",
        )
    told = [line.partition("\t")[2].partition(":")[0] for line in out.splitlines()]
    assert (status, told) == (1, ["FAILED"] * 3)
    assert "status 500" in out
    assert "secret" not in out + err
