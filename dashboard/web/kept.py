"""The bytes of deliveries, counted or not, for page and API alike: to be kept and not shown, they are a stranger's."""

from uuid import UUID

from flask import Response, abort

from collector.channels import MAIL_CHANNELS
from collector.store import queries
from dashboard.text import say
from dashboard.web import respond, scope, state


def raw(delivery_id: UUID) -> Response:
    """A delivery as it came."""
    is_mail = scope.delivery(delivery_id).channel in MAIL_CHANNELS
    found = queries.delivery_raw(state.reader(), delivery_id)
    if found is None:
        abort(404, say("There is no such delivery."))
    content_type = "message/rfc822" if is_mail else "application/octet-stream"
    return respond.attachment(found, f"{delivery_id}.{'eml' if is_mail else 'bin'}", content_type)


def document(delivery_id: UUID, position: int) -> Response:
    """The JSON of one of its reports, by its position."""
    found = queries.delivery_document(state.reader(), delivery_id, position, limits=state.settings().limits)
    if found is None:
        abort(404, say("There is no such report in a delivery."))
    return respond.attachment(found, f"{delivery_id}-{position}.json", "application/json")
