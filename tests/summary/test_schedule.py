"""`tlsrpt schedule` as a process sends the weekly mail by itself."""

from datetime import UTC, datetime
from pathlib import Path

from collector.settings.values import WEEKDAYS
from tests.support.processes import running, until
from tests.support.relay import Relay


def variables(relay: Relay, folder: Path, recipients: str = "ops@example.net") -> dict[str, str]:
    now = datetime.now(UTC)
    given = relay.settings(
        mail__from="tlsrpt@example.com",
        mail__timeout="60",
        summary__recipients=recipients,
        summary__at=f"{WEEKDAYS[now.weekday()]} 00:00",  # on this day: it catches up
        database__url=f"sqlite:///{folder / 'tlsrpt.db'}",
        dns__nameservers="127.0.0.1:9",
    )
    return {f"TLSRPT_{name.replace('.', '_').upper()}": value for name, value in given.items()}


def test_the_mail_of_the_last_week_goes_out(tmp_path: Path) -> None:
    with Relay() as relay:
        for count, people in ((1, "ops@example.net"), (2, "ops@example.net,zoe@example.net")):
            given = variables(relay, tmp_path, people)
            with running("schedule", cwd=tmp_path, variables=given) as process:
                until(lambda count=count: len(relay.mails) == count, 30, "the mail", alive=process.process)
                assert process.stop() == 0
    mail, second = relay.mails
    assert (mail.recipient, second.recipient) == ("ops@example.net", "zoe@example.net")
    assert mail.message["Auto-Submitted"] == "auto-generated"
    assert mail.message.get_content_type() == "multipart/alternative"
