"""Sends the weekly mails: each recipient gets that of a week once, however many schedulers run (docs/mail.md)."""

import logging
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from collector.ids import new_id
from collector.settings import Settings
from collector.store import outbox
from collector.store.engine import Engine
from collector.store.outbox import SUMMARIES, Claimed, Patience, Where
from collector.store.queries import outgoing
from dashboard.mail import message
from dashboard.mail.foot import with_foot
from dashboard.mail.post import Outcome, Post, lease, unwatched
from dashboard.mail.recipients import Recipient, recipients
from dashboard.summary import compose
from dashboard.summary.compose import Parts
from dashboard.summary.week import Week, parse

log = logging.getLogger(__name__)

NOTHING_TO_SAY = "nothing to say: all is well"
NO_RECIPIENT = "no recipient any more"
_NOT_MADE = "it could not be made; the log says why"
_MOST_KEPT = 16
_LATER = timedelta(hours=1)

Clock = Callable[[], datetime]
Compose = Callable[[Engine, Settings, Week, Recipient, datetime], Parts]


@dataclass(frozen=True, slots=True)
class Counts:
    """Recipients by what became of their mail. `already` had it before, `nothing` wants none when all is well.

    `busy`: another process is sending it just now. `put_off` is tried again by the scheduler.
    """

    sent: int = 0
    already: int = 0
    nothing: int = 0
    put_off: int = 0
    given_up: int = 0
    busy: int = 0

    @property
    def is_done(self) -> bool:
        """Whether everybody who is to have it has it, or is being sent it."""
        return not self.put_off and not self.given_up


def composed(engine: Engine, settings: Settings, week: Week, recipient: Recipient, now: datetime) -> Parts:
    """The mail of `dashboard.summary.compose` for a recipient."""
    return compose.mail(engine, settings, week, now=now, domains=recipient.domains, tag=recipient.language)


def now_utc() -> datetime:
    return datetime.now(UTC)


def send_week(
    engine: Engine,
    settings: Settings,
    week: Week,
    *,
    only: Collection[str] | None = None,
    by_hand: bool = True,
    sender: "Sender | None" = None,
) -> Counts:
    """Sends the mail of a week to everybody who gets it (or to `only` these addresses) and has it not yet.

    `by_hand`: what was put off, given up or skipped is tried now; what may have arrived never is. Raises
    StoreUnavailable, and ConfigurationError without a relay.
    """
    sender = sender or Sender(engine, settings)
    wanted = sender.queue(week, only)
    where: Where = {"week": str(week), "recipient": wanted}
    before = {run.recipient for run in sender.runs(week, wanted) if run.state == outgoing.SENT}
    if by_hand:
        outbox.again(engine, SUMMARIES, where, sender.clock())
    try:
        sender.send_due(where)
    except KeyboardInterrupt:
        sender.give_back()
        raise
    return _counted(sender.runs(week, wanted), before)


def _counted(runs: Iterable[outgoing.SummaryRun], before: Collection[str]) -> Counts:
    found = dict.fromkeys(("sent", "already", "nothing", "put_off", "given_up", "busy"), 0)
    names = {
        outgoing.SKIPPED: "nothing",
        outgoing.GIVEN_UP: "given_up",
        outgoing.UNCERTAIN: "given_up",
        outgoing.SENDING: "busy",
        outgoing.SENT: "sent",
    }
    for run in runs:
        had_it = run.state == outgoing.SENT and run.recipient in before
        found["already" if had_it else names.get(run.state, "put_off")] += 1
    return Counts(**found)


class Sender:
    """One process's view of the box of summaries."""

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        *,
        clock: Clock = now_utc,
        compose: Compose = composed,
        owner: UUID | None = None,
        watch: Callable[[str], None] = unwatched,
        is_stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        """`owner` names the claims; `watch` is told of steps (`dashboard.mail.post.STEPS`)."""
        self.clock = clock
        self._engine = engine
        self._settings = settings
        self._compose = compose
        self._owner = owner or new_id()
        self._watch = watch
        self._is_stopping = is_stopping

    def queue(self, week: Week, only: Collection[str] | None = None) -> tuple[str, ...]:
        """Puts the mail of a week into the box for all who get it and have no row yet; their addresses."""
        now = self.clock()
        by = message.sender(self._settings.mail)
        wanted = [one.address for one in self._recipients() if only is None or one.address in only]
        rows = [
            {"week": str(week), "recipient": address, **outbox.fresh(message.new_id(by), now)} for address in wanted
        ]
        outbox.put(self._engine, SUMMARIES, rows)
        return tuple(wanted)

    def runs(self, week: Week, wanted: Collection[str]) -> list[outgoing.SummaryRun]:
        """How the mails of a week stand."""
        found = outgoing.summary_runs(self._engine, now=self.clock(), week=str(week))
        return [run for run in found if run.recipient in frozenset(wanted)]

    def send_due(self, where: Where) -> None:
        """Sends what is due, until nothing is, the relay is away, or we are told to stop."""
        people = {one.address: one for one in self._recipients()}
        made: dict[object, Parts] = {}
        with Post(self._engine, self._settings.mail, clock=self.clock, watch=self._watch) as post:
            while not self._is_stopping():
                claimed = outbox.claim(
                    self._engine,
                    SUMMARIES,
                    where,
                    owner=self._owner,
                    now=self.clock(),
                    lease=lease(self._settings.mail),
                )
                if not claimed or not self._one(post, claimed[0], people, made):
                    return

    def give_back(self) -> None:
        """Leaves to others what was claimed and is not handed over, if it is ended in the middle of it."""
        outbox.give_back(self._engine, SUMMARIES, self._owner)

    def _recipients(self) -> tuple[Recipient, ...]:
        return recipients(self._engine, self._settings, "summary", now=self.clock())

    def _one(self, post: Post, claimed: Claimed, people: dict[str, Recipient], made: dict[object, Parts]) -> bool:
        """Sends one mail; False if the others need not be tried now."""
        recipient = people.get(claimed.key["recipient"])
        if recipient is None:
            outbox.skip(self._engine, (claimed,), self.clock(), NO_RECIPIENT)
            return True
        parts = self._made(claimed, recipient, made)
        if recipient.only_if_needed and parts.is_well:
            outbox.skip(self._engine, (claimed,), self.clock(), NOTHING_TO_SAY)
            return True
        outcome = post.send((claimed,), recipient.address, with_foot(parts, recipient), recipient.unsubscribe)
        if outcome is Outcome.SENT:
            log.info("summary of %s sent to %s", claimed.key["week"], recipient.address)
        return outcome is not Outcome.AWAY

    def _made(self, claimed: Claimed, recipient: Recipient, made: dict[object, Parts]) -> Parts:
        """Many want the same: it is made once in a pass."""
        same = (claimed.key["week"], recipient.domains, recipient.language)
        if same not in made:
            if len(made) >= _MOST_KEPT:
                made.clear()
            is_made = False
            try:
                made[same] = self._compose(
                    self._engine, self._settings, parse(claimed.key["week"]), recipient, self.clock()
                )
                is_made = True
            finally:
                if not is_made:
                    # Whatever it was, the next pass begins with somebody else.
                    now = self.clock()
                    outbox.put_off(self._engine, (claimed,), Patience().again(claimed, now) or now + _LATER, _NOT_MADE)
        return made[same]
