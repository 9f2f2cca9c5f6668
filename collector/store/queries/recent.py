"""What was quarantined lately, for whoever has to notice that the quarantine fills up."""

from datetime import datetime

from sqlalchemy import func, select

from collector.store.queries.transaction import Readable, reading
from collector.store.tables import delivery

# Beyond it nobody needs to know how many exactly, and the page waits for the count.
MOST_RECENT = 1_000


def quarantined_since(database: Readable, since: datetime) -> dict[str, int]:
    """Deliveries in quarantine that arrived from `since` (aware, UTC) on, by reason code; the newest 1,000 count."""
    table = delivery.c
    newest = (
        select(table.reason_code, table.received_at)
        .where(table.outcome == "quarantined")
        .order_by(table.delivery_id.desc())
        .limit(MOST_RECENT)
        .subquery()
    )
    query = (
        select(newest.c.reason_code, func.count()).where(newest.c.received_at >= since).group_by(newest.c.reason_code)
    )
    with reading(database) as connection:
        return {code: int(count) for code, count in connection.execute(query) if code is not None}
