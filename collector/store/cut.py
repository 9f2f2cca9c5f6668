"""Connections that can be cut: a server that is frozen and no more answers keeps nobody waiting then."""

import os
import socket
import threading
from contextlib import suppress
from typing import Any
from weakref import WeakSet

from sqlalchemy import Engine, event


class Connections:
    """The open connections of a PostgreSQL engine."""

    def __init__(self, engine: Engine) -> None:
        """To be made before anything is connected."""
        self._lock = threading.Lock()
        self._open: WeakSet[Any] = WeakSet()
        event.listen(engine, "connect", self._opened)
        event.listen(engine, "close", self._closes)

    def cut(self) -> None:
        """Whoever waits for an answer on one of them meets StoreUnavailable (of a replica: ReplicaUnavailable) now."""
        with self._lock:
            for connection in self._open:
                # Not closed here: that is for the thread that waits.
                with suppress(OSError, connection.OperationalError), _socket(connection) as shared:
                    shared.shutdown(socket.SHUT_RDWR)

    def _opened(self, connection: Any, _record: object) -> None:
        with self._lock:
            self._open.add(connection)

    def _closes(self, connection: Any, _record: object) -> None:
        # Under the lock, for its number may soon be that of somebody else's connection.
        with self._lock:
            self._open.discard(connection)


def _socket(connection: Any) -> socket.socket:
    """A handle of our own. Raises OSError or the driver's OperationalError if the connection is closed."""
    return socket.socket(fileno=os.dup(connection.fileno()))
