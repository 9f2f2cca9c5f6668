"""One message from its claim to its record: what the relay says becomes a row, whatever dies in between.

`watch` is told each step (STEPS) as it is reached: the tests let the process die there.
"""

import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from collector.errors import (
    RecipientPutOff,
    RecipientRefused,
    RelayUnanswered,
    RelayUnavailable,
    StoreUnavailable,
    TlsrptError,
)
from collector.settings import Mail
from collector.store import outbox
from collector.store.engine import Engine
from collector.store.outbox import Claimed, Patience
from dashboard.mail import message
from dashboard.mail.dkim import Signer
from dashboard.mail.message import Content
from dashboard.mail.relay import LONGER_AT_THE_END, Relay, Session

log = logging.getLogger(__name__)

STEPS = ("claimed", "connected", "handing_over", "handed_over", "taken", "recorded")
# Relays close a connection after so many mails or somewhat more.
_MAILS_IN_A_SESSION = 50
_LONGEST_WAIT = 60.0


class Outcome(Enum):
    SENT = "sent"
    PUT_OFF = "put_off"
    GIVEN_UP = "given_up"
    LOST = "lost"  # another has the claim by now
    AWAY = "away"  # put off, and so would be all others just now


def lease(mail: Mail) -> timedelta:
    """How long a claim lasts: longer than everything that is waited for before the end of a mail, and after it."""
    return timedelta(minutes=5, seconds=2 * LONGER_AT_THE_END * mail.timeout)


def unwatched(step: str) -> None:
    """Nobody looks."""


class Post:
    """Sends messages that were claimed, over as few connections as will do. To be closed."""

    def __init__(
        self,
        engine: Engine,
        mail: Mail,
        *,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None] = time.sleep,
        patience: Patience = Patience(),  # noqa: B008  frozen
        watch: Callable[[str], None] = unwatched,
    ) -> None:
        """Raises ConfigurationError if the settings name no relay, or what they name cannot be read."""
        self._engine = engine
        self._relay = Relay(mail)
        self._signer = Signer(mail) if mail.dkim_key is not None else None
        self._by = message.sender(mail)
        self._lease = lease(mail)
        self._clock = clock
        self._sleep = sleep
        self._patience = patience
        self._watch = watch
        self._session: Session | None = None

    def __enter__(self) -> "Post":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None

    def send(
        self, messages: Sequence[Claimed], recipient: str, content: Content, unsubscribe: str | None = None
    ) -> Outcome:
        """Tells all `messages`, which are one owner's claims, to `recipient` in one mail under the first one's id.

        What came of it is recorded when this returns. Raises StoreUnavailable.
        """
        self._watch("claimed")
        try:
            return self._sent(messages, recipient, content, unsubscribe)
        except (RelayUnavailable, RecipientPutOff) as error:
            outcome = self._put_off(messages, error)
            return Outcome.AWAY if isinstance(error, RelayUnavailable) and outcome is Outcome.PUT_OFF else outcome
        except RecipientRefused as error:
            log.warning("mail to %s is given up: %s", recipient, error)
            self._recorded(outbox.give_up, messages, self._clock(), str(error))
            return Outcome.GIVEN_UP
        except RelayUnanswered as error:
            return self._unanswered(messages, error)

    def _sent(self, messages: Sequence[Claimed], recipient: str, content: Content, unsubscribe: str | None) -> Outcome:
        now = self._clock()
        raw = message.build(
            content, by=self._by, to=recipient, message_id=messages[0].message_id, now=now, unsubscribe=unsubscribe
        )
        if self._signer is not None:
            raw = self._signer.sign(raw, now)
        if not self._handed_over(messages, recipient, raw):
            log.warning("mail to %s: another took it over before it was sent", recipient)
            return Outcome.LOST
        self._watch("taken")
        self._recorded(outbox.sent, messages, self._clock())
        self._watch("recorded")
        return Outcome.SENT

    def _handed_over(self, messages: Sequence[Claimed], recipient: str, raw: bytes) -> bool:
        def may_end() -> bool:
            self._watch("handing_over")
            mine = outbox.handing_over(self._engine, messages, self._clock(), self._lease)
            self._watch("handed_over")
            return mine

        if self._session is not None and self._session.mails >= _MAILS_IN_A_SESSION:
            self.close()
        if self._session is not None:
            try:
                return self._session.send(self._by.address, recipient, raw, may_end)
            except RelayUnavailable as error:
                log.info("%s; connecting anew", error)  # it had enough of this connection
        return self._connected().send(self._by.address, recipient, raw, may_end)

    def _connected(self) -> Session:
        self.close()
        self._session = self._relay.connect()
        self._watch("connected")
        return self._session

    def _put_off(self, messages: Sequence[Claimed], error: TlsrptError) -> Outcome:
        now = self._clock()
        due = [self._patience.again(one, now) for one in messages]
        again = [due_at for due_at in due if due_at is not None]
        if len(again) < len(due):
            log.warning("mail is given up: %s", error)
            self._recorded(outbox.give_up, messages, now, str(error))
            return Outcome.GIVEN_UP
        log.warning("mail is put off: %s", error)
        self._recorded(outbox.put_off, messages, min(again), str(error))
        return Outcome.PUT_OFF

    def _unanswered(self, messages: Sequence[Claimed], error: TlsrptError) -> Outcome:
        now = self._clock()
        due_at = self._patience.again(messages[0], now) or now
        log.warning("nobody knows whether a mail arrived: %s", error)
        self._recorded(outbox.unanswered, messages, now, due_at, str(error))
        return Outcome.GIVEN_UP if messages[0].is_repeat else Outcome.PUT_OFF

    def _recorded(self, record: Callable[..., Any], messages: Sequence[Claimed], *values: Any) -> None:
        """Writes down what came of it, waiting for the database while the claim lasts: unwritten, it is done again."""
        until = self._clock() + self._lease
        wait = 1.0
        while True:
            try:
                record(self._engine, messages, *values)
                return
            except StoreUnavailable as error:
                if self._clock() + timedelta(seconds=wait) >= until:
                    raise
                log.warning("what came of a mail is not written down yet: %s", error)
            self._sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT)
