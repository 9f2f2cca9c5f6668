"""One client's connection: its place, its time, its end. What is said on it is `session`'s business."""

import asyncio
import ipaddress
import logging
from dataclasses import dataclass, field
from typing import Any, cast

from aiosmtpd.smtp import SMTP, TLSSetupException

from collector.addresses import Recipients
from collector.receive.smtp import proxy
from collector.receive.smtp.intake import Intake
from collector.receive.smtp.limits import Gate, client_address
from collector.receive.smtp.stream import HungUp, Stream
from collector.receive.smtp.tls import Certificate
from collector.settings import Smtp

log = logging.getLogger(__name__)

# How long the last answer may take to leave, and how often a client that waits for us is looked at again.
_LINGER = 5.0
_RECHECK = 1.0
# How long a load balancer may take to say for whom it speaks.
_HEADER_SECONDS = 10.0

STOPPING = "421 4.3.2 The service stops, try again later"
_NO_PLACE = "421 4.7.0 There is no room for another connection, try again later"


Networks = tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]


@dataclass(frozen=True, slots=True)
class Shared:
    """What all connections of one listener have in common."""

    hostname: str
    smtp: Smtp
    message_bytes: int
    recipients: Recipients
    intake: Intake
    gate: Gate
    certificate: Certificate | None = None
    proxies: Networks = ()
    open: set["Connection"] = field(default_factory=set)
    inherited: dict[str, Any] = field(default_factory=dict)


def inherited_state(hostname: str) -> dict[str, Any]:
    """What aiosmtpd's constructor sets, found out once for all connections. To be called in the event loop."""
    return vars(SMTP(object(), hostname=hostname, enable_SMTPUTF8=True, loop=asyncio.get_running_loop())).copy()


class Connection(Stream):
    """The base of a session: subclasses bring `converse()`."""

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared.inherited)
        self.shared = shared
        self.peer = ""
        self._place: str | None = None  # the address under which the gate counts it
        self._mute = False  # a load balancer that has not said yet for whom it speaks hears nothing
        self._end = self._seen + shared.smtp.session_seconds
        self.busy = False  # it is the client who waits, for us
        self.leaving = False
        self.stopping = False

    async def converse(self) -> None:
        """Talks with the client until one of the two leaves."""
        raise NotImplementedError

    # The transport's calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self._original_transport is None:
            self.peer = client_address(transport.get_extra_info("peername"))
            self._mute = self._is_proxy()
            # Without an address it is a unix socket's client, or one that has gone before anybody looked.
            has_gone = not self.peer and isinstance(transport.get_extra_info("sockname"), tuple)
            if has_gone or not self._enter("" if self._mute else self.peer):
                self._turn_away(cast("asyncio.Transport", transport))
                return
        super().connection_made(transport)
        if self._original_transport is not None:
            self.forget_input()
        else:
            self.shared.open.add(self)
            self.task.add_done_callback(self._release)

    def eof_received(self) -> bool | None:
        # Not aiosmtpd's way, which gives up at once: whoever has sent everything may still want our answer.
        self._at_end = True
        self._wake()
        return self._handler_coroutine is not None and self._tls_protocol is None

    def connection_lost(self, error: Exception | None) -> None:
        # Not aiosmtpd's way, which cancels whatever is going on: a mail in hand is stored all the same, and takes up
        # its place and its bytes until then.
        asyncio.StreamReaderProtocol.connection_lost(self, error)
        self.transport = None
        self._at_end = True
        self._wake()
        if self._original_transport is not None:
            self._original_transport.close()
        if self._handler_coroutine is not None and not self.busy:
            self._handler_coroutine.cancel()

    # The life of the connection

    @property
    def task(self) -> asyncio.Task[None]:
        assert self._handler_coroutine is not None
        return self._handler_coroutine

    def wind_up(self) -> None:
        """The listener stops: a client without a mail in hand is told at once, any other after its answer."""
        self.stopping = True
        if self._awaiting_command:
            self.dismiss(STOPPING)

    def dismiss(self, reply: str) -> None:
        """Ends the connection from outside its conversation, with a last word where that is possible."""
        self.leaving = True
        if self._tls_protocol is not None and self.session is not None and self.session.ssl is None:
            cast("asyncio.Transport", self._original_transport).abort()  # no word can be said during a handshake
        elif self.transport is not None and not self._mute:
            self.say(reply)
            self._writer.write(bytes(self._output))
        self.task.cancel()

    async def _handle_client(self) -> None:
        try:
            if not self._mute or await self._introduced():
                await self.converse()
            await self.flush()
        except HungUp:
            log.debug("%s went away", self.peer or "-")
        except proxy.BadHeader as error:
            log.warning("%s is in smtp.proxy_from and was cut off, its PROXY header: %s", self.peer, error)
        except TLSSetupException as error:
            log.info("no TLS with %s: %s", self.peer or "-", error.__cause__)
            cast("asyncio.Transport", self._original_transport).abort()
        except Exception:  # the last line of defence: the client tries again, and learns nothing about us
            log.exception("peer=%s unexpected error", self.peer or "-")
        finally:
            self._writer.close()

    def _enter(self, address: str) -> bool:
        """Whether there is a place for a client of this address, which it then has."""
        if self._place is not None:
            self.shared.gate.leave(self._place)
        self._place = address if self.shared.gate.enter(address) else None
        if self._place is None:
            log.warning("%s was turned away", address or self.peer or "-")
            self.shared.intake.figures.turned_away.inc()
        return self._place is not None

    def _turn_away(self, transport: asyncio.Transport) -> None:
        if not self._mute:
            transport.write(_NO_PLACE.encode("ascii") + b"\r\n")
        transport.close()

    def _is_proxy(self) -> bool:
        networks = self.shared.proxies
        if not networks or not self.peer:
            return False
        address = ipaddress.ip_address(self.peer)
        return any(address in network for network in networks)

    async def _introduced(self) -> bool:
        """Takes the header of a load balancer; whether there is a place for its client. Raises BadHeader."""
        self._awaiting_command = True  # whoever stops the listener need not wait
        try:
            async with asyncio.timeout(_HEADER_SECONDS):
                while (header := proxy.parse(self._input)) is None:
                    if not await self._fill():
                        raise HungUp
        except TimeoutError:
            raise proxy.BadHeader("it does not come") from None
        self._awaiting_command = False
        del self._input[: header.length]
        self._mute = False
        self.peer = header.client or self.peer
        if not self._enter(self.peer):
            self.say(_NO_PLACE)
            return False
        return True

    def _release(self, _: asyncio.Task[None]) -> None:
        self.shared.open.discard(self)
        if self._place is not None:
            self.shared.gate.leave(self._place)
        if self._timeout_handle is not None:
            self._timeout_handle.cancel()
        if self.transport is not None:
            abort = cast("asyncio.Transport", self.transport).abort
            self._timeout_handle = self.loop.call_later(_LINGER, abort)

    # Time

    def _reset_timeout(self, duration: float | None = None) -> None:
        # One timer that looks when it fires: to move it at each command would cost more than the command.
        self._seen = self.loop.time()
        if self._timeout_handle is None:
            first = min(self.shared.smtp.command_seconds, self.shared.smtp.session_seconds)
            self._timeout_handle = self.loop.call_later(first, self._timeout_cb)

    def _timeout_cb(self) -> None:
        now = self.loop.time()
        due = now + _RECHECK if self.busy else min(self._seen + self.shared.smtp.command_seconds, self._end)
        if now < due:
            self._timeout_handle = self.loop.call_at(due, self._timeout_cb)
        elif now < self._end:
            self.dismiss("421 4.4.2 You were silent for too long")
        else:
            self.dismiss("421 4.4.2 The session took too long")

    def be_busy(self, busy: bool) -> None:
        """While we are busy the client is not silent."""
        self.busy = busy
        self._seen = self.loop.time()
