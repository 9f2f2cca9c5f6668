"""Senders that push reports into a collector whatever happens to it, and remember what they were told."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy import Engine

from collector.store import queries
from tests.receive.listener import Client
from tests.support import reports
from tests.support.processes import until

SENDERS = 4
FIRST_DAY = date(2026, 1, 1)
DAYS = 300
_SECONDS = 60
_PAUSE = 0.02  # seconds, before what was put off is sent again
SUCCESSFUL = 7  # sessions in each report


def report_mail(sender: int, number: int) -> bytes:
    """The `number`th report of a sender: no two are alike."""
    day = (FIRST_DAY + timedelta(days=number % DAYS)).isoformat()
    result = reports.policy_result("example.com", successful=SUCCESSFUL)
    document = reports.report([result], day=day, report_id=f"{sender}-{number}", organization=f"sender{sender}")
    return reports.mail(document, "example.com")


@dataclass
class Told:
    """What one sender heard. `numbers` of its reports by the answer: `stored` and `duplicate` are promises."""

    sender: int
    promised: dict[UUID, int] = field(default_factory=dict)
    outcomes: list[str] = field(default_factory=list)
    put_off: int = 0
    unanswered: int = 0
    others: list[str] = field(default_factory=list)

    def note(self, number: int, reply: str) -> bool:
        """Whether the report has been taken."""
        words = reply.split()
        if reply.startswith("250"):
            self.promised[UUID(words[2])] = number
            self.outcomes.append(words[3])
        elif not reply:
            self.unanswered += 1
        elif reply.startswith(("451", "452", "421")):
            self.put_off += 1
        else:
            self.others.append(reply)
        return reply.startswith("250")


class Push:
    """Four senders, each with its own reports; a report that was not taken is sent again, as every MTA does."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._stop = threading.Event()
        self.told = [Told(sender) for sender in range(SENDERS)]
        self._threads = [threading.Thread(target=self._send, args=(told,), daemon=True) for told in self.told]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Each sender goes on until its present report is taken."""
        self._stop.set()
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive(), "a report is not taken for 30 s"

    @property
    def put_off(self) -> int:
        """How many times a sender was told to try again later."""
        return sum(told.put_off for told in self.told)

    def until_taken(self, more: int) -> None:
        """Waits until so many more reports are taken."""
        before = len(self.sent)
        until(lambda: len(self.sent) >= before + more, _SECONDS, f"{more} more reports to be taken")

    def until_put_off(self, more: int = 1) -> None:
        """Waits until senders were told to try again later so many times more."""
        before = self.put_off
        until(lambda: self.put_off >= before + more, _SECONDS, "senders to be put off")

    @property
    def promised(self) -> dict[UUID, tuple[int, int]]:
        return {key: (told.sender, number) for told in self.told for key, number in told.promised.copy().items()}

    @property
    def sent(self) -> set[tuple[int, int]]:
        """All reports that were taken, by (sender, number)."""
        return set(self.promised.values())

    def _send(self, told: Told) -> None:
        number = 0
        while True:
            for reply in self._session(told.sender, number):
                if told.note(number, reply):
                    number += 1
                    if self._stop.is_set():
                        return
                else:
                    self._stop.wait(_PAUSE)

    def _session(self, sender: int, number: int) -> Iterator[str]:
        """The answers to the reports from `number` on, over one connection, as long as it holds."""
        try:
            with Client(self._port) as client:
                if not client.reply().startswith("220"):
                    return
                client.ask("EHLO sender.example")
                while True:
                    reply = transaction(client, report_mail(sender, number))
                    yield reply
                    if not reply or reply.startswith("421"):
                        return
                    number += reply.startswith("250")
        except OSError:
            yield ""


def transaction(client: Client, mail: bytes) -> str:
    """The last answer of a mail transaction; "" if the server has gone."""
    for command in (b"MAIL FROM:<tls-reports@sender.example>", b"RCPT TO:<tlsrpt@example.com>", b"DATA"):
        reply = client.ask(command)
        if not reply.startswith(("250", "354")):
            return reply
    return client.send(mail + b".\r\n").reply()


@contextmanager
def pushing(port: int) -> Iterator[Push]:
    push = Push(port)
    push.start()
    try:
        yield push
    finally:
        push.stop()


def check(engine: Engine, push: Push) -> None:
    """Every promise is kept, and every report counts exactly once."""
    kept: dict[UUID, str] = {}
    cursor = None
    while True:
        page = queries.deliveries(engine, limit=1000, cursor=cursor)
        kept |= {row.id: row.outcome for row in page.items}
        cursor = page.next
        if cursor is None:
            break
    lost = [key for key in push.promised if kept.get(key) not in ("stored", "duplicate")]
    assert not lost, f"{len(lost)} deliveries were promised and are not there"
    assert not [told.others for told in push.told if told.others]
    assert list(kept.values()).count("stored") == len(push.sent)
    domain_id = queries.find_domain(engine, "example.com")
    assert domain_id is not None
    year = queries.Filter(FIRST_DAY, FIRST_DAY + timedelta(days=DAYS))
    days = queries.daily(engine, domain_id, year, now=datetime.now(UTC)).days
    assert sum(day.successful for day in days) == SUCCESSFUL * len(push.sent)
