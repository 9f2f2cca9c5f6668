"""One message from its claim to its record: what the channel says becomes a row, whoever dies in between.

`watch` is told each step (dashboard.mail.post.STEPS) as it is reached: the tests let the process die there. Only a mail
has a step of its own for the connection.
"""

import logging
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from uuid import UUID

from collector.settings import Settings
from collector.store import outbox
from collector.store.engine import Engine
from collector.store.outbox import NOTICES, Claimed, Patience
from collector.store.queries.alerts import DueMessage
from dashboard.alerts.channels.apprise import Service
from dashboard.alerts.channels.outcome import LOST, PUT_OFF, REFUSED, SENT, UNANSWERED, Message, Outcome, Send
from dashboard.alerts.channels.webhook import SECONDS as WEBHOOK_SECONDS
from dashboard.alerts.channels.webhook import Webhook
from dashboard.alerts.mail import mail
from dashboard.alerts.targets import MAIL, WEBHOOK, by_digest
from dashboard.mail import post
from dashboard.mail.foot import with_foot
from dashboard.mail.post import Post
from dashboard.mail.recipients import Recipient, recipients
from dashboard.text import language

log = logging.getLogger(__name__)

# An alert of yesterday is news to nobody; the page has it. Summaries are tried for longer.
PATIENCE = Patience(whole=timedelta(days=1))
# Longer than the longest that a channel other than mail waits.
_LEASE = timedelta(minutes=5)
_MOST_IN_ONE = 10_000
Clock = Callable[[], datetime]


class Messenger:
    """Sends what is due in one lane: all mails, which share a relay, or one webhook, or one service. To be closed."""

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        owner: UUID,
        clock: Clock,
        *,
        watch: Callable[[str], None] = post.unwatched,
    ) -> None:
        self._engine = engine
        self._settings = settings
        self._owner = owner
        self._clock = clock
        self._watch = watch
        self._stack = ExitStack()
        self._post: Post | None = None
        self._people: dict[str, Recipient] | None = None

    def __enter__(self) -> "Messenger":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def send(self, due: DueMessage) -> bool:
        """Claims one message and sends it; False if the rest of the lane need not be tried now.

        Raises StoreUnavailable, and ConfigurationError for a relay that is set wrongly.
        """
        if due.channel == MAIL:
            return self._mail(due)
        urls = self._settings.alerts.webhooks if due.channel == WEBHOOK else self._settings.alerts.apprise
        url = by_digest(urls).get(due.target)
        claimed = self._claimed(due, _LEASE)
        if claimed and url is None:
            outbox.skip(self._engine, claimed, self._clock(), "it is no longer set")
        elif claimed and url is not None:
            self._watch("claimed")
            send = sender(due.channel, url, self._settings)
            self._record(due.channel, claimed, self._attempt(send, claimed))
        return True

    def _claimed(self, due: DueMessage, lease: timedelta) -> tuple[Claimed, ...]:
        where = {"channel": due.channel, "target": due.target, "message_id": due.message_id}
        return outbox.claim(
            self._engine, NOTICES, where, owner=self._owner, now=self._clock(), lease=lease, limit=_MOST_IN_ONE
        )

    def _attempt(self, send: Send, claimed: Sequence[Claimed]) -> Outcome:
        def may_end() -> bool:
            self._watch("handing_over")
            mine = outbox.handing_over(self._engine, claimed, self._clock(), _LEASE)
            self._watch("handed_over")
            return mine

        contents = tuple(one.row["content"] for one in sorted(claimed, key=lambda one: one.key["notice_id"].int))
        return send(Message(claimed[0].message_id, contents), may_end)

    def _record(self, channel: str, claimed: Sequence[Claimed], outcome: Outcome) -> None:
        now = self._clock()
        again = PATIENCE.again(claimed[0], now)
        match outcome.kind:
            case kind if kind == SENT:
                self._watch("taken")
                outbox.sent(self._engine, claimed, now)
                self._watch("recorded")
            case kind if kind == UNANSWERED:
                outbox.unanswered(self._engine, claimed, now, again or now, outcome.why)
            case kind if kind == PUT_OFF and again is not None:
                outbox.put_off(self._engine, claimed, again, outcome.why)
            case kind if kind in (PUT_OFF, REFUSED):
                outbox.give_up(self._engine, claimed, now, outcome.why)
        if outcome.kind not in (SENT, LOST):
            log.warning("alert by %s: %s", channel, outcome.why)

    def _mail(self, due: DueMessage) -> bool:
        claimed = self._claimed(due, post.lease(self._settings.mail))
        if not claimed:
            return True
        to = None if self._settings.mail.relay is None else self._who().get(due.target)
        if to is None:
            outbox.skip(
                self._engine, claimed, self._clock(), "this address gets no alerts any more, or there is no relay"
            )
            return True
        contents = [one.row["content"] for one in sorted(claimed, key=lambda one: one.key["notice_id"].int)]
        content = mail(contents, to.language, self._settings.web.public_url)
        outcome = self._opened_post().send(claimed, to.address, with_foot(content, to), to.unsubscribe)
        return outcome is not post.Outcome.AWAY

    def _who(self) -> dict[str, Recipient]:
        if self._people is None:
            found = recipients(self._engine, self._settings, "alerts", now=self._clock())
            self._people = {one.address: one for one in found}
        return self._people

    def _opened_post(self) -> Post:
        if self._post is None:
            made = Post(self._engine, self._settings.mail, clock=self._clock, patience=PATIENCE, watch=self._watch)
            self._post = self._stack.enter_context(made)
        return self._post


def sender(channel: str, url: str, settings: Settings) -> Send:
    """What sends to a webhook or through Apprise. Its words are in the language of the settings."""
    told, public_url = language(settings.summary.language), settings.web.public_url
    if channel == WEBHOOK:
        return Webhook(url, settings.alerts.webhook_secret, public_url, told, WEBHOOK_SECONDS)
    return Service(url, public_url, told)
