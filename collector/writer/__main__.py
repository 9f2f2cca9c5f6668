"""The writer process: reads deliveries from listeners and answers when they are durable.

`python -m collector.writer FD` serves one listener over a connected socket; it has no signals of its own and ends when
that listener closes the socket, however it went. `python -m collector.writer --listen FD` serves all that connect to a
unix socket; told to end (SIGTERM, or standard input closes), it does so after the last of them. Neither ends before
everything that was sent is committed. It has one thread.
"""

import os
import signal
import socket
import sys
from contextlib import ExitStack, closing

from collector import log
from collector.delivery import Delivery
from collector.store.engine import Held, open_engine
from collector.store.group import GroupCommit, Result
from collector.store.startup import make_ready
from collector.writer import wire
from collector.writer.inbox import Channel, Inbox

# Whoever reads mails goes first where processors are short. A writer that had to wait finds a larger group, and in a
# group of eight a delivery costs half of what it costs in one of two: the longer it waits, the faster it catches up.
_NICENESS = 10


class Database:
    """What the first listener asks for; the others ask for the same."""

    def __init__(self, end: ExitStack) -> None:
        self._end = end
        self._commits: GroupCommit | None = None

    def make_ready(self, task: wire.Task) -> None:
        """Raises TlsrptError; then the next listener may try."""
        if self._commits is not None:
            return
        log.configure(task.log_level)
        engine = open_engine(task.database_url)
        try:
            make_ready(engine, task.domains)
        except BaseException:
            engine.dispose()
            raise
        self._end.callback(engine.dispose)
        self._commits = GroupCommit(self._end.enter_context(closing(Held(engine))))

    def write(self, deliveries: list[Delivery]) -> list[Result]:
        assert self._commits is not None
        return self._commits.write(deliveries)


def serve(inbox: Inbox, database: Database) -> None:
    """Writes what comes, group by group, until nobody can send any more."""
    for waiting in inbox.groups():
        results = database.write([delivery for _, delivery in waiting])
        answers: dict[Channel, list[Result]] = {}
        for (channel, _), result in zip(waiting, results, strict=True):
            answers.setdefault(channel, []).append(result)
        for channel, own in answers.items():
            channel.send(wire.answers(own))


def main() -> None:
    """The process."""
    *option, descriptor = sys.argv[1:]
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    os.nice(_NICENESS)
    given = socket.socket(fileno=int(descriptor))
    with ExitStack() as end:
        database = Database(end)
        inbox = Inbox(database.make_ready)
        if option == ["--listen"]:
            inbox.open(given)
        else:
            inbox.add(given)
        serve(inbox, database)


if __name__ == "__main__":
    main()
