"""The dashboard over a database with a replica, and what it asked of either."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from collector import settings
from collector.store.engine import Engine
from collector.store.replica import Replica
from dashboard.web import create_app
from tests.support import replication
from tests.web import world

MOST_BEHIND = 60


class Seconds:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


@dataclass
class Site:
    """A filled database with its replica, and how often each table was read on either."""

    pair: replication.Pair
    url: str
    engine: Engine
    replica: Replica
    clock: Seconds
    asked: dict[str, set[str]] = field(default_factory=lambda: {"database": set(), "replica": set()})

    def app(self, replica: Replica | None = None) -> Flask:
        given = settings.load(environ={})
        return create_app(given, self.engine, replica=replica or self.replica, now=world.Clock())

    def open(self) -> Replica:
        """The replica as another web server sees it."""
        found = Replica(self.engine, self.pair.read_url(self.url), most_behind=MOST_BEHIND, clock=self.clock)
        found.look()
        return found

    def watch(self) -> None:
        for where, engine in (("database", self.engine), ("replica", self.replica._engine)):
            event.listen(engine, "before_cursor_execute", self._noting(where))

    def _noting(self, where: str) -> Callable[..., None]:
        def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            self.asked[where] |= set(re.findall(r'(?:FROM|JOIN|INTO|UPDATE) "?([a-z_]+)', statement))

        return note

    def reads(self, client: FlaskClient, path: str) -> str:
        """Where a page's own tables were read; the page has to be there."""
        for tables in self.asked.values():
            tables.clear()
        assert client.get(path).status_code == 200, path
        both = [where for where, tables in self.asked.items() if tables - WHO_ASKS]
        assert len(both) == 1, (path, self.asked)
        return both[0]


# Who is asking, and what was changed last: always read from the database itself.
WHO_ASKS = {"user", "secret", "web_session", "api_token", "change_mark"}
