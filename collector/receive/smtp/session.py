"""The verbs of SMTP (RFC 5321 section 4.1) as a receiver of reports speaks it. It relays nothing, ever."""

import logging
import re
from collections.abc import Awaitable, Callable
from typing import ClassVar

from collector.delivery import Envelope
from collector.errors import KeyUnavailable, TemporaryError
from collector.receive.smtp import transaction
from collector.receive.smtp.connection import STOPPING, Connection
from collector.receive.smtp.data import DataReader
from collector.receive.smtp.transaction import NO_ROOM, TOO_BIG, Transaction

log = logging.getLogger(__name__)

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
# Who sends verbs that do not exist talks another protocol.
_MAX_UNKNOWN = 10
# A mail over the limit is read to its end, so that the client gets its answer; so many bytes beyond it is cut off.
_MAX_DRAINED = 64 * 1024 * 1024

_TRY_LATER = "451 4.3.0 Not stored just now, try again later"
_KEY_LATER = "451 4.7.5 The DKIM key cannot be fetched just now, try again later"


class Session(Connection):
    """A client's session. Each verb is a method that takes its argument and answers by `say()`."""

    verbs: ClassVar[dict[str, Callable[["Session", str], Awaitable[None]]]]
    # What LMTP has otherwise.
    channel = "smtp"
    greeting = "ESMTP"
    hello = "EHLO"
    no_recipient = "554 5.5.1 There is no valid recipient"  # RFC 5321 section 3.3

    _helo = ""
    _extended = False
    _transaction: Transaction | None = None
    _commands = 0
    _unknown = 0

    async def converse(self) -> None:
        self.say(f"220 {self.shared.hostname} {self.greeting}")
        while not self.leaving:
            if self.stopping:
                self._leave(STOPPING)
                return
            line = await self.read_line()
            if line is None:
                return
            await self._obey(line)

    async def handle_exception(self, error: Exception) -> str:
        """The answer to whatever went wrong: the client keeps its mail and learns nothing about us."""
        if isinstance(error, TemporaryError):
            log.warning("peer=%s not stored: %s", self.peer or "-", error)
            return _KEY_LATER if isinstance(error, KeyUnavailable) else _TRY_LATER
        log.error("peer=%s unexpected error", self.peer or "-", exc_info=error)
        return _TRY_LATER

    async def _obey(self, line: bytes) -> None:
        self._commands += 1
        if self._commands > self.shared.smtp.session_commands:
            self._leave("421 4.7.0 Too many commands in one session")
            return
        text = line.decode("utf-8", "replace")
        if not text or _CONTROL.search(text):
            self.say("500 5.5.2 That is no command")
            return
        verb, _, argument = text.partition(" ")
        method = self.verbs.get(verb.upper(), Session.on_unknown)
        await method(self, argument.strip())

    def _leave(self, reply: str) -> None:
        self.leaving = True
        self.say(reply)

    # The greeting

    async def on_ehlo(self, argument: str) -> None:
        if not argument:
            self.say(f"501 5.5.4 Syntax: {self.hello} name")
            return
        self._begin_anew(argument, extended=True)
        offers = [self.shared.hostname, f"SIZE {self.shared.message_bytes}", "8BITMIME", "SMTPUTF8", "PIPELINING"]
        if self.shared.certificate is not None and self._tls_protocol is None:
            offers.append("STARTTLS")
        for offer in offers:
            self.say(f"250-{offer}")
        self.say("250 ENHANCEDSTATUSCODES")

    async def on_helo(self, argument: str) -> None:
        if not argument:
            self.say("501 5.5.4 Syntax: HELO name")
            return
        self._begin_anew(argument, extended=False)
        self.say(f"250 {self.shared.hostname}")

    def _begin_anew(self, helo: str, *, extended: bool) -> None:
        self._helo = helo
        self._extended = extended
        self._transaction = None

    async def on_starttls(self, argument: str) -> None:
        if argument:
            self.say("501 5.5.4 Syntax: STARTTLS")
        elif self._tls_protocol is not None:
            self.say("503 5.5.1 TLS is there already")
        elif self.shared.certificate is None:
            self.say("502 5.5.1 TLS is not offered")
        else:
            self.tls_context = self.shared.certificate.context()
            # RFC 3207 section 4.2: what was said in clear, and what waits unread, does not count.
            self._begin_anew("", extended=False)
            self.forget_input()
            await self.smtp_STARTTLS("")

    # The mail

    async def on_mail(self, argument: str) -> None:
        if not self._helo:
            self.say(f"503 5.5.1 {self.hello} first")
            return
        if self._transaction is not None:
            self.say("503 5.5.1 There is a sender already")
            return
        begun = transaction.begin(argument, extended=self._extended, message_bytes=self.shared.message_bytes)
        if isinstance(begun, str):
            self.say(begun)
            return
        if not self.shared.intake.in_hand.has_room_for(begun.size):
            self.say(NO_ROOM)
            return
        self._transaction = begun
        self.say("250 2.1.0 OK")

    async def on_rcpt(self, argument: str) -> None:
        if self._transaction is None:
            self.say("503 5.5.1 MAIL first")
        else:
            self.say(self._transaction.add_recipient(argument, self.shared.recipients))

    async def on_data(self, argument: str) -> None:
        if argument:
            self.say("501 5.5.4 Syntax: DATA")
        elif self._transaction is None:
            self.say("503 5.5.1 MAIL first")
        elif not self._transaction.recipients:
            self.say(self.no_recipient)
        else:
            mail, self._transaction = self._transaction, None
            await self._receive(mail)

    async def _receive(self, mail: Transaction) -> None:
        self.say("354 End with a dot on a line of its own")
        share = self.shared.intake.in_hand.share()
        try:
            reader = DataReader(self.shared.message_bytes, share)
            self.leaving = not await self._read_mail(reader)
            reply = self._refusal(reader) or await self._take(reader.content(), mail)
        finally:
            share.release()
        self.shared.intake.figures.answered(self.channel, reply)
        for _ in range(self.answers_to(mail)):
            self.say(reply)

    def answers_to(self, _: Transaction) -> int:
        """How many answers a mail gets."""
        return 1

    def _refusal(self, reader: DataReader) -> str | None:
        if reader.too_big:
            log.info("peer=%s refused: a mail of more than %d bytes", self.peer or "-", self.shared.message_bytes)
            return TOO_BIG.format(self.shared.message_bytes)
        if reader.no_room:
            log.warning("peer=%s refused for now: too many bytes of mails are in hand", self.peer or "-")
            return NO_ROOM
        return None

    async def _take(self, content: bytes, mail: Transaction) -> str:
        """Keeps a mail; the answer."""
        self.be_busy(True)
        try:
            with self.shared.intake.figures.ingesting(self.channel):
                stored = await self.shared.intake.take(content, self._envelope(mail))
        except Exception as error:  # noqa: BLE001  the last line of defence: no mail is lost to a fault of ours
            return await self.handle_exception(error)
        finally:
            self.be_busy(False)
        return f"250 2.0.0 {stored.id} {stored.outcome}"

    async def _read_mail(self, reader: DataReader) -> bool:
        """Whether the mail came to its end; False where it goes on and on."""
        while (rest := reader.feed(await self.read_chunk())) is None:
            if reader.size > self.shared.message_bytes + _MAX_DRAINED:
                return False
        self.put_back(rest)
        return True

    def _envelope(self, mail: Transaction) -> Envelope:
        tls = self.session.ssl["ssl_object"].version() if self.session is not None and self.session.ssl else None
        return Envelope(
            channel=self.channel,
            peer=self.peer or None,
            helo=self._helo,
            mail_from=mail.sender,
            rcpt_to=tuple(mail.recipients),
            tls=tls,
        )

    # The rest

    async def on_rset(self, argument: str) -> None:
        if argument:
            self.say("501 5.5.4 Syntax: RSET")
            return
        self._transaction = None
        self.say("250 2.0.0 OK")

    async def on_noop(self, _: str) -> None:
        self.say("250 2.0.0 OK")

    async def on_vrfy(self, _: str) -> None:
        self.say("252 2.5.2 Nobody is looked up here")

    async def on_help(self, _: str) -> None:
        self.say("214 2.0.0 This takes SMTP TLS reports (RFC 8460) and nothing else")

    async def on_quit(self, _: str) -> None:
        self._leave("221 2.0.0 Bye")

    async def on_unknown(self, _: str) -> None:
        self._unknown += 1
        if self._unknown >= _MAX_UNKNOWN:
            self._leave("421 4.7.0 Too many unknown commands")
        else:
            self.say("500 5.5.1 There is no such command")


# Made once. There is no AUTH, for nobody may relay, and no BDAT: clients use DATA where it is not offered (Q110).
Session.verbs = {
    "EHLO": Session.on_ehlo,
    "HELO": Session.on_helo,
    "STARTTLS": Session.on_starttls,
    "MAIL": Session.on_mail,
    "RCPT": Session.on_rcpt,
    "DATA": Session.on_data,
    "RSET": Session.on_rset,
    "NOOP": Session.on_noop,
    "VRFY": Session.on_vrfy,
    "HELP": Session.on_help,
    "QUIT": Session.on_quit,
}
