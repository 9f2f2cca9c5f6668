"""What the writer hears: one listener over a pair of sockets, or several that connect to a unix socket."""

import selectors
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress

from collector.delivery import Delivery
from collector.errors import TlsrptError
from collector.frames import Frames
from collector.store import group
from collector.writer import wire

_CHUNK = 1024 * 1024


class Channel:
    """The connection to one listener. It is answered in the order in which it sent."""

    def __init__(self, connection: socket.socket, room: memoryview) -> None:
        """`room` is what it receives into, in turn with others."""
        self.connection = connection
        self._room = room
        self.frames = Frames()
        self.is_begun = False  # its Task has been answered
        self.has_ended = False  # it sends no more

    def receive(self) -> None:
        """Takes what is there."""
        try:
            received = self.connection.recv_into(self._room, 0, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except ConnectionError:
            received = 0
        self.frames.feed(self._room[:received])
        self.has_ended = not received

    def send(self, frame: bytearray) -> None:
        """A listener that has gone waits for no answers. What it sent is written all the same."""
        with suppress(ConnectionError):
            self.connection.sendall(frame)


Waiting = tuple[Channel, Delivery]


class Inbox:
    """The channels, and whatever gathers in them."""

    def __init__(self, begin: Callable[[wire.Task], None]) -> None:
        """`begin` makes the database ready for what a listener asks; a TlsrptError that it raises is the answer."""
        self._begin = begin
        self._selector = selectors.DefaultSelector()
        self._channels: list[Channel] = []
        self._doors: list[socket.socket] = []
        # One for all: a fresh megabyte for each call would be new pages from the system each time.
        self._room = memoryview(bytearray(_CHUNK))

    def add(self, connection: socket.socket) -> None:
        """A listener."""
        channel = Channel(connection, self._room)
        self._channels.append(channel)
        self._selector.register(connection, selectors.EVENT_READ, channel.receive)

    def open(self, door: socket.socket) -> None:
        """Lets listeners connect, until SIGTERM or the end of standard input, which the supervisor holds open."""
        door.setblocking(False)
        ours, waker = socket.socketpair()
        for end in (ours, waker):
            end.setblocking(False)
        signal.set_wakeup_fd(waker.fileno())
        signal.signal(signal.SIGTERM, lambda *_: None)
        self._doors += [door, ours, waker]
        self._selector.register(door, selectors.EVENT_READ, self._accept)
        for told in (ours, 0):
            self._selector.register(told, selectors.EVENT_READ, self._shut)

    def groups(self) -> Iterator[list[Waiting]]:
        """Whatever has gathered since the last group, bounded; waits for the first of each. Ends with the last channel,
        once nobody can connect any more."""
        while True:
            waiting = self._take()
            if waiting:
                yield waiting
            elif self._channels or self._doors:
                self._hear(None)
            else:
                return

    def _take(self) -> list[Waiting]:
        waiting: list[Waiting] = []
        size = 0
        self._hear(0)
        while True:
            before = len(waiting)
            for channel in tuple(self._channels):
                while len(waiting) < group.MOST and size < group.MOST_BYTES:
                    content = channel.frames.take()
                    if content is None:
                        break
                    if channel.is_begun:
                        waiting.append((channel, wire.read_delivery(content)))
                        size += len(content)
                    else:
                        self._answer(channel, content)
                else:
                    return waiting
                # With deliveries in hand it still has to be answered: the next round drops it.
                if channel.has_ended and not waiting:
                    self._drop(channel)
            if len(waiting) == before:
                return waiting
            self._hear(0)

    def _hear(self, seconds: float | None) -> None:
        for key, _ in self._selector.select(seconds):
            key.data()

    def _answer(self, channel: Channel, content: bytes) -> None:
        try:
            self._begin(wire.read_task(content))
        except TlsrptError as error:
            channel.send(wire.ready(wire.Ready.not_yet(error)))
            self._drop(channel)
        else:
            channel.is_begun = True
            channel.send(wire.ready(wire.Ready()))

    def _drop(self, channel: Channel) -> None:
        self._channels.remove(channel)
        self._selector.unregister(channel.connection)
        channel.connection.close()

    def _accept(self) -> None:
        with suppress(BlockingIOError, ConnectionError):
            self.add(self._doors[0].accept()[0])

    def _shut(self) -> None:
        """Nobody else may connect. Who is connected says himself when he has done."""
        door, ours, waker = self._doors
        self._doors = []
        signal.set_wakeup_fd(-1)
        for each in (door, ours, 0):
            self._selector.unregister(each)
        for each in (door, ours, waker):
            each.close()
