"""A group of deliveries that gathered while the last commit ran: one transaction, and an answer for each."""

import logging
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Engine, exc

from collector.delivery import Delivery, Reason, Stored
from collector.errors import StoreUnavailable
from collector.store.commit import commit
from collector.store.domains import Snapshot
from collector.store.engine import Held

log = logging.getLogger(__name__)

MOST = 200  # deliveries in one transaction
MOST_BYTES = 32 * 1024 * 1024
# OverflowError: SQLite's driver says so itself where PostgreSQL's lets the server say it.
REFUSED = (exc.IntegrityError, exc.DataError, OverflowError)
TOO_MUCH = Reason("limit", "its figures cannot be added up in 64 bits")

Result = Stored | StoreUnavailable


class GroupCommit:
    """Writes groups one after the other; for one thread at a time."""

    def __init__(self, engine: Engine | Held) -> None:
        self._engine = engine
        self._snapshot = Snapshot()

    def write(self, deliveries: Sequence[Delivery]) -> list[Result]:
        """For each delivery what became of it, or StoreUnavailable if it is not stored: its sender keeps it (rule 1).

        Raises nothing.
        """
        try:
            return list(commit(self._engine, deliveries, self._snapshot))
        except StoreUnavailable as error:
            return [error] * len(deliveries)
        except REFUSED as error:
            return self._write_apart(deliveries, error)
        except Exception as error:
            # The last line of defence: whatever it is, the senders keep their mails and the writer goes on.
            log.exception("a group of %d deliveries could not be written", len(deliveries))
            return [StoreUnavailable(f"the delivery could not be written: {type(error).__name__}")] * len(deliveries)

    def _write_apart(self, deliveries: Sequence[Delivery], error: Exception) -> list[Result]:
        """The database refused a row. Its neighbours are innocent; the delivery itself is kept, uncounted (rule 2)."""
        if len(deliveries) > 1:
            return [result for delivery in deliveries for result in self.write([delivery])]
        [delivery] = deliveries
        if delivery.reason is not None:
            log.error("delivery %s could not be kept: %s", delivery.id, error)
            return [StoreUnavailable("the delivery could not be written")]
        log.warning("delivery %s holds figures that cannot be added up: %s", delivery.id, error.__class__.__name__)
        refused = replace(delivery, reason=TOO_MUCH)
        return self.write([refused])
