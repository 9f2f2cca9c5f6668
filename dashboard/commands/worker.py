"""gunicorn's threaded worker, made patient with slow clients without giving them its threads.

As it comes, a connection on which nothing is said takes a thread for five seconds, and one that says its request a
byte at a time takes it for ever. A web server in front keeps most of that away, but not all of them do.
"""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from selectors import EVENT_READ
from types import FrameType
from typing import Any

from gunicorn.http.message import Request
from gunicorn.workers.gthread import TConn, ThreadWorker

# Seconds that a request may take to come in: as a rule, and while every thread is taken.
_ALONE = 60.0
_CROWDED = 5.0
_LOOK_EVERY = 1.0


class Worker(ThreadWorker):  # type: ignore[misc]
    """What gunicorn runs; everything else is as it comes."""

    def init_process(self) -> None:
        self._patience = Patience(self.cfg.threads)
        self._patience.start()
        super().init_process()

    def handle_quit(self, number: int, frame: FrameType | None) -> None:
        """SIGINT ends it as SIGTERM does, after what is in hand.

        As it comes, an exception does that from wherever the signal arrives; in the callback of a weak reference it is
        lost, with a traceback in the log.
        """
        self.handle_exit(number, frame)

    def enqueue_req(self, conn: TConn) -> None:
        """A thread takes a new connection only once something is said on it."""
        if conn.initialized or conn.data_ready:
            super().enqueue_req(conn)
            return
        conn.sock.setblocking(False)
        conn.set_timeout()
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def handle(self, conn: TConn) -> Any:
        with self._patience.while_reading(conn.sock):
            return super().handle(conn)


class Patience:
    """Cuts off whoever takes too long to say a request; the sooner, the fewer threads are left for others."""

    def __init__(self, threads: int, *, alone: float = _ALONE, crowded: float = _CROWDED) -> None:
        self._threads = threads
        self._alone = alone
        self._crowded = crowded
        self._lock = threading.Lock()
        self._since: dict[socket.socket, float] = {}

    def start(self) -> None:
        threading.Thread(target=self._run, name="patience", daemon=True).start()

    @contextmanager
    def while_reading(self, connection: socket.socket) -> Iterator[None]:
        """While a thread has this connection."""
        with self._lock:
            self._since[connection] = time.monotonic()
        try:
            yield
        finally:
            with self._lock:
                del self._since[connection]

    def look(self) -> None:
        """Who has taken too long is read no further: to the thread that waits for it, the client seems to have gone.

        A request that is in already is not touched by that, and its answer still leaves.
        """
        with self._lock:
            allowed = self._crowded if len(self._since) >= self._threads else self._alone
            latest = time.monotonic() - allowed
            for connection, since in self._since.items():
                if since <= latest:
                    with suppress(OSError):  # it has gone by itself
                        connection.shutdown(socket.SHUT_RD)

    def _run(self) -> None:
        while True:
            time.sleep(_LOOK_EVERY)
            self.look()


def refuse_unread(most: int, _worker: ThreadWorker, request: Request) -> None:
    """Before a request is handled: a body of more than `most` bytes is not asked for, and the connection ends.

    Otherwise gunicorn says `100 Continue` before anybody has looked at the length.
    """
    declared = next((value for name, value in request.headers if name == "CONTENT-LENGTH"), "")
    if declared.isdigit() and int(declared) > most:
        request.must_close = True
        request._expected_100_continue = False  # noqa: SLF001  there is no other way to say so
