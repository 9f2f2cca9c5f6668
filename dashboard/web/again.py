"""Trying everything again that was quarantined for one reason, for as long as somebody waits. For page and API."""

import time
from dataclasses import dataclass

from flask import abort

from collector.delivery import REASONS
from collector.errors import KeyUnavailable
from collector.store import queries
from dashboard.text import say
from dashboard.web import state
from dashboard.web.actions import actions

# How long a person waits; whoever asked may then go on.
_PATIENCE_SECONDS = 8.0
_GROUP = 50


@dataclass(frozen=True, slots=True)
class Tried:
    """`counted`: how many of those tried are quarantined no more. `next`: the cursor of the others, None at the end.

    `is_key_away`: DNS could not deliver a DKIM key just now, so it ended early.
    """

    tried: int
    counted: int
    next: str | None
    is_key_away: bool


def retry_all(reason: str, cursor: str | None, *, patience: float = _PATIENCE_SECONDS, group: int = _GROUP) -> Tried:
    """Newest first. Ends the request with 404 for what is no reason; raises UsageError for what is no cursor."""
    if reason not in REASONS:
        abort(404, say("There is no such reason."))
    until = time.monotonic() + patience
    tried = counted = 0
    while True:
        page = queries.deliveries(state.engine(), outcome="quarantined", reason=reason, limit=group, cursor=cursor)
        ids = [row.id for row in page.items]
        done = 0
        for delivery_id in ids:
            try:
                actions().retry(delivery_id)
            except KeyUnavailable:
                break
            done += 1
        tried += done
        rows = queries.deliveries_with_ids(state.engine(), ids)
        counted += sum(row.outcome != "quarantined" for row in rows)
        is_key_away = done < len(ids)
        if is_key_away or page.next is None or time.monotonic() > until:
            # Where a key is away the group is tried again from its beginning.
            return Tried(tried, counted, cursor if is_key_away else page.next, is_key_away)
        cursor = page.next
