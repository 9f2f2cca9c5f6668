"""The reader process: `python -m collector.reader FD` reads one mail after the other for the listener at the other end
of a connected socket. It has no signals of its own and ends when that listener closes the socket, however it went.
"""

import os
import signal
import socket
import sys
from contextlib import ExitStack, suppress
from typing import IO

from collector import log
from collector.auth.at_hand import LookupNeeded
from collector.auth.dkim import Authenticator
from collector.auth.key_record import Key, NoKey
from collector.auth.results import TrustedResults
from collector.delivery import Delivery
from collector.errors import KeyUnavailable
from collector.frames import receive, send
from collector.ingest import ingest
from collector.reader import wire
from collector.writer import wire as writer

# Small mails go first where processors are short: they are what nearly everybody sends.
_NICENESS = 10


class _Listener:
    """Whom the process works for. As a KeySource it asks the listener."""

    def __init__(self, hears: IO[bytes], says: IO[bytes]) -> None:
        self._hears = hears
        self._says = says

    def hear(self) -> bytes | None:
        return receive(self._hears)

    def say(self, what: wire.Said) -> None:
        send(self._says, wire.encode(what))

    def hand_over(self, delivery: Delivery) -> None:
        self._says.write(writer.delivery(delivery))
        self._says.flush()

    def get(self, name: str) -> Key | NoKey:
        """Raises KeyUnavailable, or LookupNeeded: the listener has to look it up before this mail can be read."""
        self.say(wire.Wanted(name))
        content = self.hear()
        if content is None:
            raise ConnectionError
        given = wire.read_given(content)
        if given.unavailable is not None:
            raise KeyUnavailable(given.unavailable)
        key = given.key()
        if key is None:
            raise LookupNeeded(name)
        return key

    def peek(self, _: str) -> bool:
        return True


def serve(listener: _Listener, task: wire.Task) -> None:
    """Reads what comes, until nothing does."""
    authenticate = Authenticator(listener)
    trusted = TrustedResults.of(task.auth)
    while (content := listener.hear()) is not None:
        job = wire.read_job(content)
        try:
            delivery = ingest(
                job.raw,
                job.envelope,
                job.now,
                limits=task.limits,
                dkim=task.auth.dkim,
                authenticate=authenticate,
                trusted=trusted,
            )
        except KeyUnavailable as error:
            listener.say(wire.Failed(str(error)))
        except LookupNeeded:
            listener.say(wire.Failed(None))
        else:
            listener.say(wire.Done(delivery.reporter))
            listener.hand_over(delivery)
            del delivery
        del content, job  # nothing of it stays while the next is waited for


def main() -> None:
    """The process. A listener that has gone wants nothing any more."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    os.nice(_NICENESS)
    with ExitStack() as end:
        end.enter_context(suppress(ConnectionError))
        channel = end.enter_context(socket.socket(fileno=int(sys.argv[1])))
        hears, says = channel.makefile("rb"), channel.makefile("wb")
        listener = _Listener(end.enter_context(hears), end.enter_context(says))
        task = listener.hear()
        if task is None:
            return
        decoded = wire.Task.decode(task)
        log.configure(decoded.log_level)
        serve(listener, decoded)


if __name__ == "__main__":
    main()
