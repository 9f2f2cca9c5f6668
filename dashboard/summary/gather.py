"""From the database to a `Summary`: a thousand domains at a time, by a few queries, however many there are."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from collector.settings import Verdict as Thresholds
from collector.store import queries
from collector.store.engine import Engine
from collector.store.queries import PublishedPolicy
from collector.store.queries.policies import histories
from collector.store.queries.transaction import Readable, reading
from collector.store.queries.weeks import (
    AT_ONCE,
    day_counts,
    domain_ids,
    foreign_between,
    last_arrivals,
    quarantined_between,
    silent_reporters,
)
from collector.text import Text
from dashboard.charts.modes import changes
from dashboard.drift import drift
from dashboard.summary.domain import domain_week
from dashboard.summary.model import DomainWeek, Summary, shortened
from dashboard.summary.rank import rank
from dashboard.summary.week import Week
from dashboard.verdict import judge

_WEEK = timedelta(days=7)
# The end of a week is the first moment of a day that is not in it.
_LAST_MOMENT = timedelta(microseconds=1)
# A change is followed for so long: who still applies the old policy is told of, or that nobody does.
_DRIFT_DAYS = timedelta(days=35)
_Ranked = tuple[tuple[int, int, str], DomainWeek]


def gather(
    engine: Engine,
    week: Week,
    *,
    thresholds: Thresholds,
    now: datetime,
    only: Collection[str] | None = None,
    in_full: int | None = None,
    at_once: int = AT_ONCE,
) -> Summary:
    """The week of all domains, or of those that `only` names and that are known. `now`: aware, UTC.

    `in_full`: so many, the most important, with all there is to say, and of each other one what a line among many
    tells; None: all in full. They are read `at_once`. The week of now and the one before are judged as of now; an
    older one as of its end, by what was known then. Raises StoreUnavailable.
    """
    moment = now if now < week.end + _WEEK else week.end - _LAST_MOMENT
    with reading(engine) as database:
        ids = domain_ids(database, only)
        quarantined = quarantined_between(database, week.first, week.last) if only is None else None
        foreign = foreign_between(database, week.first, week.last) if only is None else None
    most = len(ids) if in_full is None else in_full
    full: list[_Ranked] = []
    others: list[_Ranked] = []
    for some in _parts(ids, at_once):
        # Each its own transaction: a long one keeps SQLite from folding its log, and a replica ends it.
        with reading(engine) as database:
            part = _Part(database, some, week, thresholds, moment)
            ranked = sorted([*full, *((rank(one), one) for one in part.brief())], key=_place)
            told = part.in_full({one.domain for _, one in ranked[:most]} & some.keys())
        full = [(place, told.get(one.domain, one)) for place, one in ranked[:most]]
        others += [(place, shortened(one)) for place, one in ranked[most:]]
    domains = (one for _, one in [*full, *sorted(others, key=_place)])
    return Summary(week, now, tuple(domains), quarantined, foreign)


def _place(ranked: _Ranked) -> tuple[int, int, str]:
    return ranked[0]


def _parts(ids: dict[str, UUID], at_once: int) -> Iterator[dict[str, UUID]]:
    names = list(ids)
    for start in range(0, len(names), at_once):
        yield {name: ids[name] for name in names[start : start + at_once]}


class _Part:
    """Some domains, and what the queries tell of all of them at once."""

    def __init__(
        self, database: Readable, ids: dict[str, UUID], week: Week, thresholds: Thresholds, moment: datetime
    ) -> None:
        known, end_before = ids.values(), week.before.end - _LAST_MOMENT
        self._database = database
        self._ids = ids
        self._week = week
        self._thresholds = thresholds
        self._moment = moment
        self._counts = day_counts(database, known, week.before.first, week.last)
        self._arrivals = last_arrivals(database, known)
        self._silent = silent_reporters(database, known, week.first, week.last)
        with reading(database) as connection:
            published = histories(connection, known)
        earlier = queries.evidence_of_all(database, known, now=end_before, published=published)
        self._before = {key: judge(earlier[key], thresholds, end_before).word for key in known}
        self._evidence = queries.evidence_of_all(database, known, now=moment, published=published)

    def brief(self) -> list[DomainWeek]:
        """All of them, without causes and drift. Their order does not depend on these."""
        return [self._made(name, key, self._evidence[key], None) for name, key in self._ids.items()]

    def in_full(self, names: Collection[str]) -> dict[str, DomainWeek]:
        """These, with all there is to say: a few queries more for each that had failures, or a new policy."""
        return {name: self._told(name, self._ids[name]) for name in names}

    def _told(self, name: str, key: UUID) -> DomainWeek:
        of = self._evidence[key]
        if any(failed for _, _, failed in self._counts.get(key, {}).values()):
            of = queries.evidence(self._database, key, now=self._moment)
        return self._made(name, key, of, _drift(self._database, key, of.history, self._week, self._moment))

    def _made(self, name: str, key: UUID, of: queries.Evidence, drifted: Text | None) -> DomainWeek:
        return domain_week(
            name,
            self._week,
            self._counts.get(key, {}),
            of,
            self._moment,
            self._thresholds,
            before=self._before[key],
            drifted=drifted,
            silent=self._silent.get(key, ()),
            last_report=self._arrivals.get(key),
        )


def _drift(
    database: Readable, domain_id: UUID, history: Sequence[PublishedPolicy], week: Week, moment: datetime
) -> Text | None:
    """Who has picked up a recent change of mode or MX; nothing once everybody had before the week."""
    recent = [each for each in changes(history) if moment - _DRIFT_DAYS <= each.at <= moment]
    if not any(each.kind in ("mode", "policy") for each in recent):
        return None
    change = drift(queries.policies(database, domain_id, now=moment), moment).change
    if change is None or change.day < (moment - _DRIFT_DAYS).date():
        return None
    is_old_news = change.is_everywhere and change.by is not None and change.by < week.first
    return None if is_old_news else change.text
