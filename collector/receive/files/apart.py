"""Reading in a process of its own, so that it goes on while the last group is committed.

The parent sends a `Task`, closes its end for writing, and takes what comes. It is data in one direction only; at the
end an empty batch says that it was the end.
"""

import os
import pickle
import queue
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

import msgspec

from collector import log
from collector.errors import TemporaryError
from collector.frames import receive, send
from collector.receive.files.pieces import Unreadable
from collector.receive.files.read import Read, Reading, Terms

_BATCH = 25  # items in a message
_BATCH_BYTES = 256 * 1024
# Messages that wait while a group is committed: more than a group.
_WAITING = 12


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be read, and how."""

    paths: tuple[str, ...]
    terms: Terms
    log_level: str


class _Batch(msgspec.Struct, frozen=True, array_like=True):
    """Some of what was read; `done` bytes of the sources were behind it then."""

    done: int
    items: list[tuple[Read | None, Unreadable | None]]


_encoder = msgspec.msgpack.Encoder()
_batch_decoder = msgspec.msgpack.Decoder(_Batch)


class Apart:
    """What a process of its own reads, which has the same standard input. Iterate once."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self.done = 0

    def __iter__(self) -> Generator[Read | Unreadable, None, None]:
        """Raises TemporaryError if the process is killed. Closing the generator ends the process."""
        with _process(self._task) as stream:
            while (content := receive(stream)) is not None:
                batch = _batch_decoder.decode(content)
                if not batch.items:
                    return
                for read, unreadable in batch.items:
                    item = read or unreadable
                    assert item is not None
                    yield item
                self.done = batch.done
        raise TemporaryError("the reading process was killed; what was counted before is stored")


@contextmanager
def _process(task: Task) -> Iterator[IO[bytes]]:
    """What the process says, which is killed at the end: it has nothing to put away."""
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            process = subprocess.Popen(  # noqa: S603  our own program
                [sys.executable, "-P", "-m", __name__, str(theirs.fileno())], pass_fds=[theirs.fileno()]
            )
        try:
            with ours.makefile("wb") as orders:
                send(orders, pickle.dumps(task))
            with ours.makefile("rb") as stream:
                yield stream
        finally:
            process.kill()
            process.wait()


# From here on: what the process does.


class _Outbox:
    """Sends messages from a thread, so that reading goes on while the parent is busy, a bounded way ahead of it."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._waiting: queue.Queue[bytes | None] = queue.Queue(_WAITING)
        self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)
        self._thread.start()

    def put(self, content: bytes) -> None:
        self._waiting.put(content)

    def close(self) -> None:
        """Returns when all is sent."""
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (content := self._waiting.get()) is not None:
            try:
                send(self._stream, content)
            except ConnectionError:  # the parent is gone: nobody wants any of it
                os._exit(1)


def _batches(reading: Reading) -> Iterator[_Batch]:
    items: list[tuple[Read | None, Unreadable | None]] = []
    size = 0
    for item in reading:
        if isinstance(item, Unreadable):
            items.append((None, item))
        else:
            items.append((item, None))
            size += len(item.delivery.raw) if item.delivery is not None else 0
        if len(items) >= _BATCH or size >= _BATCH_BYTES:
            yield _Batch(reading.done, items)
            items, size = [], 0
    if items:
        yield _Batch(reading.done, items)


def main() -> None:
    """The process. Ctrl-C reaches the parent too, which ends it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with socket.socket(fileno=int(sys.argv[1])) as channel, channel.makefile("wb") as stream:
        with channel.makefile("rb") as orders:
            content = receive(orders)
        if content is None:
            return
        task: Task = pickle.loads(content)  # noqa: S301  it comes from our own parent
        log.configure(task.log_level)
        outbox = _Outbox(stream)
        for batch in _batches(Reading(task.paths, sys.stdin.buffer, task.terms)):
            outbox.put(_encoder.encode(batch))
        outbox.put(_encoder.encode(_Batch(0, [])))
        outbox.close()


if __name__ == "__main__":
    main()
