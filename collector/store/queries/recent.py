"""What was quarantined lately, for whoever has to notice that the quarantine fills up."""

from datetime import datetime

from sqlalchemy import bindparam, func, select

from collector.store.queries.transaction import Readable, reading
from collector.store.tables import delivery

# Beyond it nobody needs to know how many exactly, and the page waits for the count.
MOST_RECENT = 1_000
_newest = (
    select(delivery.c.reason_code, delivery.c.received_at)
    .where(delivery.c.outcome == "quarantined")
    .order_by(delivery.c.delivery_id.desc())
    .limit(MOST_RECENT)
    .subquery()
)
_BY_REASON = (
    select(_newest.c.reason_code, func.count())
    .where(_newest.c.received_at >= bindparam("since"))
    .group_by(_newest.c.reason_code)
)


def quarantined_since(database: Readable, since: datetime) -> dict[str, int]:
    """Deliveries in quarantine that arrived from `since` (aware, UTC) on, by reason code; the newest 1,000 count."""
    with reading(database) as connection:
        found = connection.execute(_BY_REASON, {"since": since}).all()
    return {code: int(count) for code, count in found if code is not None}
