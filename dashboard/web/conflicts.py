"""What a report says otherwise than the one that counts under its identity. For page and API."""

from dataclasses import dataclass
from uuid import UUID

from flask import abort

from collector.store import queries
from collector.store.queries import DeliveryRow, PartRow
from dashboard.differences import Difference, differences
from dashboard.text import say
from dashboard.web import scope, state


@dataclass(frozen=True, slots=True)
class Conflict:
    """`part` is the one that does not count, `counted` the report that does.

    `differences` is None if one of the two is not plain JSON.
    """

    delivery: DeliveryRow
    part: PartRow
    counted: UUID
    differences: tuple[Difference, ...] | None


def find(delivery_id: UUID, position: int) -> Conflict:
    """The conflict of a report within a delivery; else 404."""
    delivery = scope.delivery(delivery_id)
    part = next((part for part in delivery.parts if part.position == position and part.outcome == "conflict"), None)
    if part is None or part.report_id is None:
        abort(404, say("No report of this delivery contradicts another."))
    limits = state.settings().limits
    counted = queries.report_document(state.reader(), part.report_id, limits=limits)
    this = queries.delivery_document(state.reader(), delivery_id, position, limits=limits)
    if counted is None or this is None:
        abort(404, say("One of the two reports cannot be read any more."))
    return Conflict(delivery, part, part.report_id, differences(counted, this))
