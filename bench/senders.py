"""Senders for the benches: separate processes that send mails over real SMTP, one command at a time."""

import asyncio
import multiprocessing
from collections import Counter
from collections.abc import Sequence
from multiprocessing.connection import Connection

_EHLO = b"EHLO sender.example\r\n"
_MAIL = b"MAIL FROM:<tls-reports@reporter.example>\r\n"
_RCPT = b"RCPT TO:<tlsrpt@example.com>\r\n"
_DATA = b"DATA\r\n"
_QUIT = b"QUIT\r\n"
_END = b".\r\n"


class _Session(asyncio.Protocol):
    """Sends its mails over one connection, each command after the answer to the last, as most senders do."""

    def __init__(self, mails: Sequence[bytes], answers: "Counter[str]", done: "asyncio.Future[None]") -> None:
        self._steps = iter([_EHLO, *(step for mail in mails for step in (_MAIL, _RCPT, _DATA, mail)), _QUIT])
        self._answers = answers
        self._done = done
        self._last = b""
        self._line = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._line += data
        if not self._line.endswith(b"\r\n") or self._line.splitlines()[-1][3:4] == b"-":
            return
        if self._last.endswith(_END):
            words = self._line.decode("ascii").split()
            self._answers[f"{words[0]} {words[-1]}"] += 1
        self._line = b""
        self._last = next(self._steps, b"")
        self._transport.write(self._last)

    def connection_lost(self, error: Exception | None) -> None:
        if not self._done.done():
            self._done.set_result(None)


async def _send(port: int, mails: Sequence[bytes], connections: int) -> "Counter[str]":
    loop = asyncio.get_running_loop()
    answers: Counter[str] = Counter()
    ends = []
    for number in range(connections):
        end = loop.create_future()
        ends.append(end)
        own = mails[number::connections]
        await loop.create_connection(lambda own=own, end=end: _Session(own, answers, end), "127.0.0.1", port)
    await asyncio.gather(*ends)
    return answers


def _work(orders: Connection, mails: Sequence[Sequence[bytes]], connections: int) -> None:
    """Waits for (port, batch number), sends that batch, tells the answers; None ends it."""
    while (order := orders.recv()) is not None:
        port, batch = order
        orders.send(asyncio.run(_send(port, mails[batch], connections)))


class Senders:
    """A few processes with all their batches of mails. A context manager."""

    def __init__(self, batches: Sequence[Sequence[bytes]], *, processes: int, connections: int) -> None:
        """`connections` is the number of each process. Mails have CRLF line ends and no line that begins with a dot."""
        context = multiprocessing.get_context("spawn")
        self._orders = []
        self._processes = []
        for number in range(processes):
            ours, theirs = context.Pipe()
            own = [[mail + _END for mail in batch[number::processes]] for batch in batches]
            self._orders.append(ours)
            self._processes.append(context.Process(target=_work, args=(theirs, own, connections)))

    def __enter__(self) -> "Senders":
        for process in self._processes:
            process.start()
        return self

    def __exit__(self, *_: object) -> None:
        for orders in self._orders:
            orders.send(None)
        for process in self._processes:
            process.join()

    def send(self, port: int, batch: int) -> "Counter[str]":
        """Sends a batch to a port of loopback; how many answers there were of each kind (`250 stored`)."""
        for orders in self._orders:
            orders.send((port, batch))
        answers: Counter[str] = Counter()
        for orders in self._orders:
            answers += orders.recv()
        return answers
