"""Runs the listener in a thread of the test, and talks to it in raw SMTP: what smtplib would never send."""

import asyncio
import socket
import threading
import time
from datetime import UTC, datetime
from types import TracebackType

from sqlalchemy import Engine

from collector import settings
from collector.commands.collect import Bound, run
from collector.delivery import Delivery, Stored
from collector.receive.smtp import sockets
from collector.receive.smtp.figures import Figures
from collector.settings import Address
from collector.store import domains, queries
from collector.store.queries import DeliveryRow
from collector.store.writer import Writer
from collector.writer import wire
from tests.support import reports

_SECONDS = 20
HOSTNAME = "mx.receiver.example"


class InThread:
    """The writer as a thread: a process for each test would take too long. `tests/writer` has the process."""

    def __init__(self, engine: Engine) -> None:
        self.writer = Writer(engine)
        self.writer.start()

    def submit(self, delivery: Delivery) -> "asyncio.Future[Stored]":
        return asyncio.wrap_future(self.writer.submit(delivery))

    def submit_encoded(self, delivery: bytes) -> "asyncio.Future[Stored]":
        return self.submit(wire.read_delivery(delivery))


class Listener:
    """The whole listener on a free port. Keywords are settings: `smtp__connections="2"` is `smtp.connections`."""

    def __init__(self, engine: Engine, *, grace: float = 5, **overrides: str) -> None:
        given = {name.replace("__", "."): value for name, value in overrides.items()}
        usual = {"smtp.listen": "127.0.0.1:0", "smtp.hostname": HOSTNAME, "auth.dkim": "off"}
        self.settings = settings.load(environ={}, overrides=usual | given)
        self.engine = engine
        self.figures = Figures()
        self._grace = grace
        domains.seed(engine, ("example.com",))
        self._bound = Bound.of(self.settings)
        self.addresses = [sockets.address_of(each) for each in (*self._bound.smtp, *self._bound.lmtp)]
        self.port = self.addresses[0].port
        self._ready = threading.Event()
        self._stop = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._sink = InThread(engine)
        self._thread = threading.Thread(target=self._serve, name="listener", daemon=True)

    def _serve(self) -> None:
        asyncio.run(self._run())

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        sink = self._sink
        try:
            await run(
                self.settings,
                sink,
                self._bound.smtp,
                lmtp=self._bound.lmtp,
                stop=self._stop,
                ready=self._ready.set,
                grace=self._grace,
                figures=self.figures,
            )
        finally:
            await asyncio.to_thread(sink.writer.close)

    def __enter__(self) -> "Listener":
        self._thread.start()
        assert self._ready.wait(_SECONDS), "the listener did not start"
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        self.stop()
        self.ended()

    def stop(self) -> None:
        """What SIGTERM does; does not wait."""
        if self._loop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)

    def ended(self) -> None:
        """Waits for the end."""
        self._thread.join(_SECONDS)
        assert not self._thread.is_alive(), "the listener did not end"

    def close_store(self) -> None:
        """From here on nothing is stored any more."""
        self._sink.writer.close()

    def client(self) -> "Client":
        return Client(self.port)

    def deliveries(self) -> list[DeliveryRow]:
        """All deliveries in the store, oldest first."""
        return list(reversed(queries.deliveries(self.engine, limit=1000).items))

    def outcomes(self) -> list[str]:
        return [delivery.outcome for delivery in self.deliveries()]


class Client:
    """A raw client that sends exactly the bytes it is given. `hello` is LHLO where LMTP is spoken."""

    hello = "EHLO"

    def __init__(self, port: int, host: str = "127.0.0.1", source: str | None = None) -> None:
        self._begin(socket.create_connection((host, port), _SECONDS, (source, 0) if source else None))

    def _begin(self, connected: socket.socket) -> None:
        self.socket = connected
        self._lines = connected.makefile("rb")

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._lines.close()
        self.socket.close()

    def send(self, *chunks: bytes) -> "Client":
        for chunk in chunks:
            self.socket.sendall(chunk)
        return self

    def reply(self) -> str:
        """The next reply, its lines joined; "" when the server has hung up."""
        lines = []
        while True:
            try:
                line = self._lines.readline()
            except ConnectionError:
                return ""
            lines.append(line.decode("ascii").rstrip("\r\n"))
            if line[3:4] != b"-":
                return "\n".join(lines)

    def replies(self, count: int) -> list[str]:
        """The codes of the next replies."""
        return [self.reply()[:3] for _ in range(count)]

    def ask(self, command: str | bytes) -> str:
        return self.send((command.encode() if isinstance(command, str) else command) + b"\r\n").reply()

    def greet(self) -> "Client":
        """Greeting, EHLO and an accepted recipient: DATA is next."""
        assert self.reply().startswith("220")
        assert self.ask(f"{self.hello} client.example").startswith("250")
        return self.begin()

    def begin(self) -> "Client":
        assert self.ask("MAIL FROM:<tls-reports@reporter.example>").startswith("250")
        assert self.ask("RCPT TO:<tlsrpt@example.com>").startswith("250")
        return self

    def data(self, mail: bytes) -> str:
        """Sends a mail (CRLF) with its dots doubled; the answer."""
        assert self.ask("DATA").startswith("354")
        stuffed = (b"\r\n" + mail).replace(b"\r\n.", b"\r\n..")[2:]
        return self.send(stuffed + b".\r\n").reply()


class LmtpClient(Client):
    """The same, where LMTP is spoken: on a port or at the path of a unix socket."""

    hello = "LHLO"

    def __init__(self, address: Address) -> None:
        if address.path is None:
            super().__init__(address.port, address.host)
            return
        connected = socket.socket(socket.AF_UNIX)
        connected.settimeout(_SECONDS)
        connected.connect(address.path)
        self._begin(connected)


def good_report(listener: Listener) -> None:
    """A good report is still taken, within five seconds."""
    started = time.monotonic()
    report = reports.report(day=day(int(started * 1000) % 20_000))
    with listener.client() as client:
        assert client.greet().data(reports.mail(report)).endswith("stored")
    assert time.monotonic() - started < 5


def day(number: int) -> str:
    """A day for the `number`th report of a test: no two reports are alike."""
    return datetime.fromtimestamp(1_790_000_000 + number * 86400, UTC).date().isoformat()
