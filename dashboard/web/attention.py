"""What needs attention beside the domains: a quarantine that fills up, and who waits to be added.

For the overview and the API, which tell the same.
"""

from dataclasses import dataclass
from datetime import timedelta

from collector.store import queries
from collector.store.queries import Readable
from dashboard import explain
from dashboard.quarantine import to_do
from dashboard.text import Text
from dashboard.web import access, state

QUARANTINE_DAYS = 7
_MOST_FOREIGN = 10  # all of them have a list of their own


@dataclass(frozen=True, slots=True)
class Reason:
    """Deliveries of the last 7 days that are in quarantine for one reason. Capped: 1,000 of all reasons together."""

    code: str
    count: int
    meaning: str
    to_do: Text


def quarantined(database: Readable | None = None) -> tuple[Reason, ...]:
    """Most deliveries first; empty if there is none, and for viewers with a limit."""
    if access.only() is not None:
        return ()
    found = queries.quarantined_since(database or state.reader(), state.now() - timedelta(days=QUARANTINE_DAYS))
    ranked = sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(Reason(code, count, explain.reason(code), to_do(code)) for code, count in ranked)


def foreign(database: Readable) -> tuple[queries.ForeignName, ...]:
    """Foreign names that wait to be added, some of very many; none for viewers with a limit: others are not theirs."""
    return () if access.only() is not None else queries.foreign_names(database, limit=_MOST_FOREIGN).items
