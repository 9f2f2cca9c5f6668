"""For those who watch the program: is it up, and can it work? Open to everybody, so they tell no more than that."""

from flask import Blueprint, Response

from collector.errors import SchemaOutdated, StoreUnavailable
from collector.store import startup
from dashboard.web import respond, state

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def up() -> Response:
    """200 as long as the program answers at all."""
    return respond.json({"status": "up"})


@blueprint.get("/readyz")
def ready() -> Response:
    """200 if the database answers and has the schema of this program, else 503 with the reason.

    A replica is told of and decides nothing: without it everything is read from the database itself.
    """
    try:
        startup.check(state.engine())
    except StoreUnavailable:
        return respond.json({"status": "not ready", "reason": "the database does not answer"}, 503)
    except SchemaOutdated as error:
        return respond.json({"status": "not ready", "reason": str(error)}, 503)
    replica = state.replica()
    return respond.json({"status": "ready"} | ({} if replica is None else {"replica": replica.standing.word}))
