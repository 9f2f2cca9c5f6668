"""Where a replica is read: what fails there is read again from the database itself, and changes leave their mark."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Flask, Response, request
from werkzeug.exceptions import NotFound

from collector.errors import ReplicaUnavailable, StoreUnavailable
from collector.store import marks
from dashboard.web import access, state
from dashboard.web.access.local import SAFE_METHODS

log = logging.getLogger("tlsrpt.web")

View = Callable[..., Any]


def register(app: Flask) -> None:
    """To be called when all views are there."""
    for endpoint, view in app.view_functions.items():
        app.view_functions[endpoint] = _twice(view)
    app.after_request(_leave_mark)


def _twice(view: View) -> View:
    """A view that only shows something may run again; one that changes something never reads from a replica.

    What a replica does not have may be new: nobody is told that there is none before the database itself says so.
    """

    @wraps(view)
    def run(**arguments: Any) -> Any:
        try:
            return view(**arguments)
        except ReplicaUnavailable as error:
            state.leave_replica(error)
        except NotFound:
            if not state.leave_replica():
                raise
        return view(**arguments)

    return run


def _leave_mark(response: Response) -> Response:
    """Whatever became of it: from now on nobody is shown less than what was there by the end of this request."""
    if request.method not in SAFE_METHODS and access.viewer() is not None:
        try:
            marks.leave(state.engine())
        except StoreUnavailable as error:
            # It is done, and the answer has to say so. The database is away, and nobody gets in without it.
            log.warning("no mark of a change for the replica: %s", error)
    return response
