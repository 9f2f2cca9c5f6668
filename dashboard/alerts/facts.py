"""What the rules look at: the states of all domains every few minutes, silence by the hour. Read only."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from collector import settings
from collector.alert_rules import RULES
from collector.store import figure_checks
from collector.store.engine import Engine
from collector.store.figure_checks import Differing
from collector.store.queries import silence, trouble
from collector.store.queries.silence import Silent
from collector.store.queries.trouble import Trouble

# R18, R38: the report about a day comes on the next one, and may be retried until the one after that. So what the last
# three whole days tell is the news of today; what comes later than that lands on its own day, and is none.
RECENT_DAYS = 3
# A failure is new if there was none in so many days before.
QUIET_DAYS = 28
NEWS = timedelta(days=2)
_DAY = timedelta(days=1)

SILENCE_RULES = frozenset({"no_reports", "reporter_silent"})
STATE_RULES = frozenset(RULES) - SILENCE_RULES


@dataclass(frozen=True, slots=True)
class Facts:
    """`rules` are those that can be told by these facts: of all others nothing is known now.

    `silent` and `last_stored` are there for the rules of silence, the rest for those of states.
    """

    rules: frozenset[str]
    domains: Mapping[str, Trouble] = field(default_factory=dict)  # by name
    quarantined: Mapping[str, int] = field(default_factory=dict)
    differing: tuple[Differing, ...] = ()  # by name
    silent: tuple[Silent, ...] = ()
    last_stored: datetime | None = None
    off: frozenset[str] = frozenset()  # rules that are not wanted


def of_states(
    engine: Engine, thresholds: settings.Alerts, now: datetime, *, also: Collection[UUID] = frozenset()
) -> Iterator[Facts]:
    """The facts in parts, at least one: some domains in each, what is about the installation in the first.

    `also`: the domains that have open alerts, in which all may be well again.
    """
    today = now.date()
    found = trouble.suspects(
        engine,
        failed_since=today - timedelta(days=RECENT_DAYS),
        changed_since=now - NEWS,
        ends_before=now + timedelta(days=thresholds.certificate_days),
    )
    first = today - timedelta(days=RECENT_DAYS + QUIET_DAYS)
    wanted, off = STATE_RULES - set(thresholds.off), frozenset(thresholds.off)
    quarantined, differing = trouble.quarantined(engine, now - _DAY), figure_checks.differing(engine)
    yield Facts(wanted, quarantined=quarantined, differing=differing, off=off)
    for some in trouble.troubles(engine, {*found, *also}, first=first):
        yield Facts(wanted, {each.name: each for each in some}, off=off)


def of_silence(engine: Engine, thresholds: settings.Alerts, now: datetime) -> Facts:
    """Reads the days of all domains: ask once an hour."""
    return Facts(
        rules=SILENCE_RULES - set(thresholds.off),
        off=frozenset(thresholds.off),
        silent=silence.silent(engine, today=now.date(), grace=thresholds.silent_days),
        last_stored=silence.last_stored(engine),
    )
