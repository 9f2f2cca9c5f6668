"""The listener: sockets, connections, and a stop that finishes what is in hand."""

import asyncio
import logging
import socket
from collections.abc import Sequence

from collector.addresses import Recipients
from collector.receive.smtp import sockets
from collector.receive.smtp.connection import STOPPING, Shared, inherited_state
from collector.receive.smtp.intake import Intake
from collector.receive.smtp.limits import Gate
from collector.receive.smtp.session import Session
from collector.receive.smtp.tls import Certificate
from collector.settings import Settings

log = logging.getLogger(__name__)

_SETTLE = 0.05  # seconds


class Server:
    """SMTP or LMTP on all `bound` sockets, as `settings` say. To be made in the event loop it runs in."""

    def __init__(
        self, bound: Sequence[socket.socket], settings: Settings, intake: Intake, *, session: type[Session] = Session
    ) -> None:
        """`session`: what is spoken. Raises ConfigurationError where the certificate is none."""
        self._bound = bound
        self._session = session
        smtp = settings.smtp
        hostname = smtp.hostname or socket.gethostname()
        self._shared = Shared(
            hostname=hostname,
            smtp=smtp,
            message_bytes=settings.limits.message_bytes,
            recipients=Recipients(smtp.recipients),
            intake=intake,
            gate=Gate(smtp.connections, smtp.connections_per_address),
            certificate=Certificate(smtp.tls_cert, smtp.tls_key) if smtp.tls_cert and smtp.tls_key else None,
            proxies=smtp.proxy_from if session is Session else (),
            inherited=inherited_state(hostname),
        )
        self._servers: list[asyncio.Server] = []
        connections = intake.figures.connections.labels(session.channel)
        connections.set_function(lambda: len(self._shared.open))

    async def start(self) -> None:
        """Accepts connections from here on."""
        loop = asyncio.get_running_loop()
        for each in self._bound:
            sockets.listen(each)
            self._servers.append(await loop.create_server(self._connection, sock=each))

    async def stop(self, grace: float) -> None:
        """Accepts nothing more; idle clients are told so, mails in hand are finished within `grace` seconds."""
        # Accepting ends first, and what was accepted a moment ago shows up and is turned away, before the sockets are
        # closed: asyncio loses a connection that it accepted and whose listener is gone by then.
        loop = asyncio.get_running_loop()
        for each in self._bound:
            loop.remove_reader(each)
        self._shared.gate.close()
        await asyncio.sleep(_SETTLE)
        for server in self._servers:
            server.close()
        sockets.close(self._bound)
        for connection in tuple(self._shared.open):
            connection.wind_up()
        tasks = [connection.task for connection in self._shared.open]
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=grace)
        for connection in tuple(self._shared.open):
            connection.dismiss(STOPPING)
        if late:
            log.warning("%d clients did not end within %g s and were cut off", len(late), grace)
            await asyncio.wait(late)

    def _connection(self) -> Session:
        return self._session(self._shared)
