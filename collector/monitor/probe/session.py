"""A session with one MX host as a sender has it: the first address that answers, STARTTLS, and what TLS then shows."""

import asyncio
import os
import ssl

from collector import settings
from collector.monitor.probe.conversation import Conversation
from collector.monitor.probe.facts import Distrust, Fault, Session, TlsSeen
from collector.monitor.probe.tls import Contexts, chain

# A host has one or two; whoever names more of them is not waited for.
_MOST_ADDRESSES = 8
_CONNECT = 10.0  # seconds: packets that are dropped are not to use up the time of the other addresses
# X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED. OpenSSL looks at dates after it has found trust.
_DATE_ERRORS = (9, 10)


class Caller:
    """Opens sessions at `monitor.smtp_port`. `hello` is the name to greet with, None for our address."""

    def __init__(self, monitor: settings.Monitor, hello: str | None) -> None:
        """Raises ConfigurationError if `monitor.ca_file` cannot be read."""
        self.port = monitor.smtp_port
        self.contexts = Contexts(monitor)
        self.hello = hello

    async def session(self, host: str, addresses: tuple[str, ...], seconds: float) -> Session:
        """With the first address at which a mail server answers. Each has its share of `seconds`."""
        addresses = addresses[:_MOST_ADDRESSES]
        clock = asyncio.get_running_loop().time
        deadline = clock() + seconds
        faults: list[Fault] = []
        for index, address in enumerate(addresses):
            share = (deadline - clock()) / (len(addresses) - index)
            session = await _Trial(self, host, address).run(share)
            if session.fault is None or session.fault.reached:
                return session
            faults.append(session.fault)
        return Session(fault=_told(faults))


class _Trial:
    """What becomes known about one address of a host, in up to three connections."""

    def __init__(self, caller: Caller, host: str, address: str) -> None:
        self._caller = caller
        self._host = host
        self._address = address
        self._stage = "connection"
        self._starttls: bool | None = None
        self._distrust: Distrust | None = None
        self._weakness: str | None = None

    async def run(self, seconds: float) -> Session:
        """Within `seconds`. Whatever goes wrong is the session's fault."""
        try:
            async with asyncio.timeout(seconds):
                return await self._handshakes()
        except Fault as fault:
            return Session(self._starttls, fault=fault)
        except TimeoutError:
            limit = min(seconds, _CONNECT) if self._stage == "connection" else seconds
            return Session(self._starttls, fault=self._fault(f"gives no {self._stage} within {limit:.3g} s"))
        except OSError as error:
            words = os.strerror(error.errno) if error.errno else str(error)
            return Session(self._starttls, fault=self._fault(f"gives no {self._stage}: {words}"))

    async def _handshakes(self) -> Session:
        """As a client of today. Only if that fails, as others, to see why: a good host is called once."""
        contexts = self._caller.contexts
        session = await self._call(contexts.strict)
        if session is None and self._distrust is None:
            session = await self._call(contexts.old)
        if session is None and self._distrust is not None:
            session = await self._call(contexts.blind)
        if session is None:
            raise Fault("tls_failed", f"the TLS handshake with {self._address} fails: {self._weakness}")
        return session

    async def _call(self, context: ssl.SSLContext) -> Session | None:
        """One connection. None if the handshake failed, with the reason kept."""
        with Conversation(self._address, self._caller.port, self._enter) as talk:
            async with asyncio.timeout(_CONNECT):
                await talk.connect()
            await self._begin(talk)
            if not self._starttls:
                await talk.quit()
                return Session(False)
            try:
                tls = await talk.handshake(context, self._host)
            except ssl.SSLCertVerificationError as error:
                self._distrust = Distrust(error.verify_message, error.verify_code in _DATE_ERRORS)
                return None
            except ssl.SSLError as error:
                self._weakness = (error.reason or str(error)).replace("_", " ").lower()
                return None
            seen = TlsSeen(tls.version() or "", chain(tls), self._distrust, self._weakness)
            await talk.quit()
            return Session(True, seen)

    async def _begin(self, talk: Conversation) -> None:
        """Up to the place where TLS begins, if it is offered."""
        reply = await talk.reply()
        if reply.code == 220:
            reply = await talk.command(f"EHLO {self._caller.hello or talk.own_address()}")
        if reply.code not in (220, 250):
            raise Fault("refused", f"{self._address} does not talk to us: {reply}", reached=False)
        self._starttls = any(line.strip().upper() == "STARTTLS" for line in reply.lines[1:])
        if self._starttls:
            reply = await talk.command("STARTTLS")
            if reply.code != 220:
                raise Fault("starttls_refused", f"{self._address} offers STARTTLS and then refuses it: {reply}")

    def _enter(self, stage: str) -> None:
        self._stage = stage

    def _fault(self, text: str) -> Fault:
        """Of a connection that was lost or too slow: what that means depends on how far it came."""
        text = f"{self._address} port {self._caller.port} {text}"
        if self._starttls:
            return Fault("tls_failed", text)
        code = "unreachable" if self._stage in ("connection", "greeting") else "broken_off"
        return Fault(code, text, reached=False)


def _told(faults: list[Fault]) -> Fault:
    """Of several addresses without an answer: a server that refuses says more than one that is silent."""
    code = next(
        (code for code in ("refused", "broken_off") if any(fault.code == code for fault in faults)), "unreachable"
    )
    return Fault(code, "; ".join(dict.fromkeys(map(str, faults))), reached=False)
