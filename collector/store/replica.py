"""A streaming replica of the database, for what is only shown: whether it may be read just now.

A reader gets the replica only if the last look found it answering, following this very database, with the schema of
the program and not too far behind; and then with the mark of the last change (`collector.store.marks`).
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Engine, Row, exc, text

from collector.errors import ReplicaUnavailable, SchemaOutdated, StoreUnavailable
from collector.store import marks, startup
from collector.store.cut import Connections
from collector.store.engine import open_replica, reading

log = logging.getLogger("tlsrpt.replica")

_EVERY_SECONDS = 2.0
# A look takes milliseconds. Where it takes this long, readers would wait as long for each of their queries.
_PATIENCE_SECONDS = 4.0
# A look that hangs says nothing: then the last one counts no longer.
_GOOD_FOR_SECONDS = 10.0
# Two databases are the same one if both numbers are: a streaming replica has them from its origin.
_SAME = """
    (SELECT system_identifier FROM pg_control_system()) AS system,
    (SELECT oid FROM pg_database WHERE datname = current_database()) AS database
"""
_PRIMARY = text(f"SELECT {_SAME}, pg_current_wal_lsn() - '0/0'::pg_lsn AS position")
_STANDBY = text(  # `position` is NULL where it replays nothing; there the first function would be an error
    f"SELECT {_SAME}, pg_is_in_recovery() AS follows, pg_last_wal_replay_lsn() - '0/0'::pg_lsn AS position"
)

Word = Literal["used", "not known yet", "away", "behind", "other schema", "no replica", "unknown"]


@dataclass(frozen=True, slots=True)
class Standing:
    """What a look found. `behind`: seconds, None where nobody knows; `why`: more of what is wrong, for the log."""

    word: Word
    behind: float | None = None
    why: str = ""


class Delay:
    """How far a replica is behind in time, by one clock of ours and from positions in the log of the database.

    Where the database was at a look is the goal, and stays it until the replica has come there. What is told is never
    too little, but for the time before the first goal: until then `is_known` is false.
    """

    def __init__(self) -> None:
        self.is_known = False
        self._as_of: float | None = None
        self._goal: tuple[float, int] | None = None

    def seen(self, at: float, position: int, replayed: int) -> float:
        """Seconds. `at`: when the database was at `position`, in bytes."""
        if self._goal is not None and replayed >= self._goal[1]:
            self._as_of, self._goal, self.is_known = self._goal[0], None, True
        if replayed >= position:
            self._as_of, self._goal, self.is_known = at, None, True
        elif self._goal is None:
            self._goal = at, position
        if self._as_of is None:
            self._as_of = at
        return at - self._as_of


class Replica:
    """One per process. `look()` is for tests; a program calls `start()`."""

    def __init__(
        self, primary: Engine, url: str, *, most_behind: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`url` as the settings have it; `most_behind` in seconds; `clock` in seconds from anywhere."""
        self._primary = primary
        self._engine = open_replica(url)
        self._connections = Connections(self._engine)
        marks.check_each(self._engine)
        self._most_behind = most_behind
        self._clock = clock
        self._delay = Delay()
        self._lock = threading.Lock()
        self._standing = Standing("not known yet")
        self._looked_at = clock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="replica", daemon=True)

    def start(self) -> None:
        """Looks every two seconds from now on, so that no reader waits for a look."""
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(1.0)  # a look at a server that is silent takes longer, and nobody needs it any more
        self._engine.dispose()

    @property
    def standing(self) -> Standing:
        """What the last look found, as long as it counts."""
        if self._clock() - self._looked_at > _GOOD_FOR_SECONDS:
            return Standing("unknown")
        return self._standing

    def reader(self) -> Engine | None:
        """The replica for one reader, who may meet ReplicaUnavailable; None if it is not to be read just now.

        Raises StoreUnavailable if the database itself does not answer.
        """
        return marks.at_least(self._engine, marks.last(self._primary)) if self.standing.word == "used" else None

    def failed(self, error: ReplicaUnavailable) -> None:
        """A reader met an error there: the others are spared it until the next look."""
        self._set(Standing("away", why=str(error)))

    def look(self, patience: float = _PATIENCE_SECONDS) -> None:
        """Asks both databases once. If that takes more than `patience` seconds, nobody waits for the replica any more.

        A server that is frozen, or whose disk is, answers nothing and breaks nothing off.
        """
        asking = threading.Thread(target=lambda: self._set(self._found()), name="look at the replica", daemon=True)
        asking.start()
        asking.join(patience)
        if asking.is_alive():
            self._connections.cut()
            asking.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            self.look()
            self._stop.wait(_EVERY_SECONDS)

    def _set(self, found: Standing) -> None:
        with self._lock:
            before, self._standing = self._standing.word, found
            self._looked_at = self._clock()
        if before == found.word:
            return
        if found.word == "used":
            log.info("reading from the replica")
        else:
            log.warning("not reading from the replica: %s", found.why)

    def _found(self) -> Standing:
        at = self._clock()
        try:
            ours = self._asked(self._primary, _PRIMARY)
            theirs = self._asked(self._engine, _STANDBY)
            if (ours.system, ours.database) != (theirs.system, theirs.database):
                return Standing("no replica", why="it is another database than database.url")
            if not theirs.follows or theirs.position is None:
                return Standing("no replica", why="it follows no other server")
            startup.check(self._engine)
        except ReplicaUnavailable as error:
            return Standing("away", why=str(error))
        except StoreUnavailable as error:
            return Standing("unknown", why=f"how far it is behind is not known: {error}")
        except SchemaOutdated as error:
            return Standing("other schema", why=str(error))
        return self._judged(self._delay.seen(at, int(ours.position), int(theirs.position)))

    def _asked(self, engine: Engine, query: Any) -> Row[Any]:
        try:
            with reading(engine) as connection:
                return connection.execute(query).one()
        except exc.DBAPIError as error:  # such as a server that forbids these functions, or is none of PostgreSQL
            kind = StoreUnavailable if engine is self._primary else ReplicaUnavailable
            raise kind(str(error.orig).splitlines()[0]) from error

    def _judged(self, behind: float) -> Standing:
        if behind > self._most_behind:
            return Standing("behind", behind, f"it is {behind:.0f} seconds behind, more than database.read_lag_seconds")
        if not self._delay.is_known:
            return Standing("not known yet", why="how far it is behind will be seen at the next look")
        return Standing("used", behind)
