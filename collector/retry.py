"""Kept deliveries read again as if they came today: after an upgrade, a changed setting, or a key that was away.

Each keeps its id and the time it arrived. What is counted already is left alone.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from collector.adopt import as_it_stands, read_again, work_off
from collector.auth.dkim import Authenticator
from collector.auth.keys import KeyCache, KeySource
from collector.auth.results import TrustedResults
from collector.delivery import Delivery
from collector.errors import KeyUnavailable
from collector.ingest import ingest
from collector.resolver import Resolver
from collector.settings import Limits, Settings
from collector.store import kept as store
from collector.store import queries, to_settle
from collector.store.domains import Snapshot
from collector.store.kept import Kept
from collector.store.settle import retry as settle_retried

if TYPE_CHECKING:
    from sqlalchemy import Engine

# Of what was larger than the limit these keep the beginning. That it holds no whole report says nothing new.
_MAY_CUT = ("imap", "import")
# An imported mail arrived at some time before: until when its signature was good for arriving is not looked at.
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Reader:
    """Reads a kept delivery under the present settings."""

    def __init__(self, settings: Settings, keys: KeySource) -> None:
        self._settings = settings
        self._authenticator = Authenticator(keys)
        self._trusted = TrustedResults.of(settings.auth)

    @property
    def limits(self) -> Limits:
        return self._settings.limits

    def others(self, kept: Kept) -> Delivery:
        """One that is not tried again, but is concerned."""
        return as_it_stands(kept, self.limits)

    def __call__(self, kept: Kept) -> Delivery:
        """Raises KeyUnavailable if a DKIM key could not be fetched just now."""
        limits = self._settings.limits
        # What was authenticated once stays so: its key may be gone since, which says nothing about the mail.
        if kept.authenticated:
            return read_again(kept, limits)
        read = ingest(
            kept.raw,
            kept.envelope,
            kept.received_at,
            limits=limits,
            dkim=self._settings.auth.dkim,
            authenticate=self._authenticator.at(_LONG_AGO if kept.envelope.channel == "import" else kept.received_at),
            trusted=self._trusted,
            # An imported file is only refused for its signature if that was asked for; it still is.
            import_requires_dkim=kept.reason is not None and kept.reason.code.startswith("dkim_"),
        )
        is_cut = kept.reason is not None and kept.reason.code == "limit" and kept.envelope.channel in _MAY_CUT
        return replace(read, id=kept.id, reason=kept.reason if is_cut and not read.found else read.reason)


@dataclass(frozen=True, slots=True)
class Retried:
    """What a delivery is after the retry; `key_away` says why nothing was tried (then it is as before)."""

    row: queries.DeliveryRow
    key_away: str | None = None


def retry(engine: "Engine", reader: Reader, groups: Iterable[Sequence[Kept]]) -> Iterator[Retried]:
    """Reads groups of deliveries again, in their order; each group is durable when its first result comes.

    Raises StoreUnavailable; what was done until then is done.
    """
    snapshot = Snapshot()
    for group in groups:
        read: list[Delivery] = []
        away: dict[UUID, str] = {}
        for kept in group:
            if kept.is_open:
                try:
                    read.append(reader(kept))
                except KeyUnavailable as error:
                    away[kept.id] = str(error)
        settle_retried(engine, read, snapshot, reader.others)
        # Those that one of these has lent its authentication to are concerned too.
        for _ in work_off(engine, limits=reader.limits, name=to_settle.ONE, snapshot=snapshot):
            pass
        for row in queries.deliveries_with_ids(engine, [kept.id for kept in group]):
            yield Retried(row, away.get(row.id))


def action(settings: Settings, engine: "Engine") -> Callable[[UUID], None]:
    """For the dashboard: what tries one delivery again.

    That raises UsageError (there is no such delivery), KeyUnavailable or StoreUnavailable.
    """
    reader = Reader(settings, KeyCache(Resolver(settings.dns).txt, time.monotonic))

    def act(delivery_id: UUID) -> None:
        found = store.find(engine, [delivery_id])
        for retried in retry(engine, reader, store.these(engine, found)):
            if retried.key_away is not None:
                raise KeyUnavailable(retried.key_away)

    return act
