"""The writer process: `python -m collector.writer FD` reads deliveries from a socket and answers when they are durable.

It has one thread and no signals of its own: it ends when the listener closes the socket, however the listener went,
and not before everything that was sent is committed.
"""

import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import closing, suppress

from collector import log
from collector.delivery import Delivery
from collector.errors import TlsrptError
from collector.store import group
from collector.store.engine import Held, open_engine
from collector.store.group import GroupCommit
from collector.store.startup import make_ready
from collector.writer import wire

_CHUNK = 1024 * 1024


class Inbox:
    """The frames that come in over a socket."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._frames = wire.Frames()

    def first(self) -> bytes | None:
        """The next frame; waits for it. None at the end."""
        while (content := self._frames.take()) is None:
            if not self._receive(0):
                return None
        return content

    def more(self) -> bytes | None:
        """The next frame if it is there already."""
        while (content := self._frames.take()) is None:
            if not self._receive(socket.MSG_DONTWAIT):
                return None
        return content

    def _receive(self, flags: int) -> bool:
        try:
            chunk = self._channel.recv(_CHUNK, flags)
        except (BlockingIOError, ConnectionError):
            return False
        self._frames.feed(chunk)
        return bool(chunk)


def groups(inbox: Inbox) -> Iterator[list[Delivery]]:
    """Whatever has gathered since the last group, bounded; waits for the first of each."""
    while (content := inbox.first()) is not None:
        waiting = [wire.read_delivery(content)]
        size = len(content)
        while len(waiting) < group.MOST and size < group.MOST_BYTES and (content := inbox.more()) is not None:
            waiting.append(wire.read_delivery(content))
            size += len(content)
        yield waiting


def serve(channel: socket.socket) -> None:
    """Makes the database ready, then writes what comes over `channel` until it is closed."""
    inbox = Inbox(channel)
    content = inbox.first()
    if content is None:
        return
    task = wire.read_task(content)
    log.configure(task.log_level)
    engine = None
    try:
        engine = open_engine(task.database_url)
        make_ready(engine, task.domains)
    except TlsrptError as error:
        channel.sendall(wire.ready(wire.Ready.not_yet(error)))
    else:
        channel.sendall(wire.ready(wire.Ready()))
        with closing(Held(engine)) as held:
            _write(inbox, channel, GroupCommit(held))
    finally:
        if engine is not None:
            engine.dispose()


def _write(inbox: Inbox, channel: socket.socket, commits: GroupCommit) -> None:
    for deliveries in groups(inbox):
        results = commits.write(deliveries)
        # A listener that has gone waits for no answers. What it sent is written all the same.
        with suppress(ConnectionError):
            channel.sendall(wire.answers(results))


def main() -> None:
    """The process. The listener alone decides when it ends: Ctrl-C and SIGTERM reach that one too."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    with socket.socket(fileno=int(sys.argv[1])) as channel:
        serve(channel)


if __name__ == "__main__":
    main()
