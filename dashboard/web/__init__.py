"""The web application: `create_app` registers everything, and nothing else does."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from flask import Flask

from collector.settings import Given, Settings
from collector.store.engine import Engine
from collector.store.replica import Replica
from dashboard.web import access, actions, api, errors, headers, health, i18n, metrics, names, pages, prefix, replicas
from dashboard.web.pages import policy_host
from dashboard.web.pages import settings as settings_pages
from dashboard.web.state import State

# Forms are small, and nothing else is sent to these pages.
_LARGEST_BODY = 64 * 1024


def _clock() -> datetime:
    return datetime.now(UTC)


def create_app(
    settings: Settings,
    engine: Engine,
    *,
    replica: Replica | None = None,
    now: Callable[[], datetime] = _clock,
    given: Sequence[Given] = (),
) -> Flask:
    """The dashboard over `engine`. Nothing is read before the first request, so a database may be away at the start.

    `replica` is one of `engine`, for what is only shown. `now` answers an aware UTC time; `given` is what `settings`
    were made from, to be shown.
    """
    app = Flask(__name__, static_folder=None)  # the pages serve their own files
    app.config["MAX_CONTENT_LENGTH"] = _LARGEST_BODY
    app.extensions["tlsrpt"] = State(settings, engine, now, given, replica)
    names.register(app)  # before any route
    actions.register(app, settings, engine)
    headers.register(app)
    i18n.register(app)
    policy_host.register(app)  # before the guard: senders know no login
    access.register(app)
    errors.register(app)
    metrics.register(app)
    for blueprint in (health.blueprint, access.blueprint, api.blueprint, pages.blueprint, settings_pages.blueprint):
        app.register_blueprint(blueprint)
    if replica is not None:
        replicas.register(app)
    app.wsgi_app = prefix.below(settings.web, app.wsgi_app)  # type: ignore[assignment, method-assign]
    return app
