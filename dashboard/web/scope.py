"""What a view looks up for its viewer: the same as the queries, less what the viewer may not see."""

from uuid import UUID

from flask import abort

from collector import domains
from collector.errors import UsageError
from collector.store import queries
from collector.store.queries import Readable
from dashboard.text import say
from dashboard.web import access, state


def domain_name(given: str) -> str:
    """A domain name in normal form, known or not. Raises UsageError. The guard has seen whether it is the viewer's."""
    normal = domains.normalise(given)
    if normal is None:
        raise UsageError(say("%(given)s is no domain name", given=repr(given[:260])))
    return normal


def domain(given: str, database: Readable | None = None) -> tuple[str, UUID]:
    """The name in normal form and the id of a known domain that the viewer may see; else 404."""
    name = domains.normalise(given)
    found = None if name is None or not access.may_see(name) else queries.find_domain(database or state.reader(), name)
    if name is None or found is None:
        abort(404, say("There is no such domain here."))
    return name, found


def report(report_id: UUID) -> queries.ReportRow:
    """A report that the viewer may see, with its policy results; else 404."""
    return _theirs(queries.report(state.reader(), report_id))


def report_head(report_id: UUID) -> queries.ReportRow:
    """The same without its policy results."""
    return _theirs(queries.report_head(state.reader(), report_id))


def _theirs(found: queries.ReportRow | None) -> queries.ReportRow:
    if found is None or not access.may_see(found.domain):
        abort(404, say("There is no such report."))
    return found


def report_document(report_id: UUID) -> bytes:
    """A report's JSON as it came; 404 as above, or if the document is about domains that are not the viewer's too."""
    found = report_head(report_id)
    if access.only() is not None:
        delivery = queries.delivery(state.reader(), found.delivery_id)
        if delivery is None or not all(access.may_see(name) for name in delivery.domains):
            abort(404, say("This document is about other domains too."))
    document = queries.report_document(state.reader(), report_id, limits=state.settings().limits)
    if document is None:
        abort(404, say("There is no such report."))
    return document


def delivery(delivery_id: UUID) -> queries.DeliveryRow:
    """A delivery; else 404. The guard keeps viewers with a limit away from all of them."""
    found = queries.delivery(state.reader(), delivery_id)
    if found is None:
        abort(404, say("There is no such delivery."))
    return found
