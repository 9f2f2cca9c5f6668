"""One time limit over everything that a self-test does on a connection, however slowly the other side drips."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from socket import SHUT_RDWR
from typing import Any, TypeVar

T = TypeVar("T", bound=AbstractContextManager[Any])


class Deadline:
    """`clock`: seconds that only grow."""

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._end = clock() + seconds

    def left(self, most: float) -> float:
        """The seconds left, at most `most`; raises TimeoutError if there are none."""
        left = self._end - self._clock()
        if left <= 0:
            raise TimeoutError
        return min(left, most)

    @contextmanager
    def over(self, client: T) -> Iterator[T]:
        """Opens `client` (it has a `sock`), and cuts its connection off when the time is over."""
        timer = threading.Timer(self.left(float("inf")), _cut, [client])
        timer.daemon = True
        timer.start()
        try:
            with client:
                yield client
        finally:
            timer.cancel()


def _cut(client: Any) -> None:
    sock = getattr(client, "sock", None)
    if sock is not None:
        try:
            sock.shutdown(SHUT_RDWR)
        except OSError:
            return  # it has ended by itself
