"""A user's mailbox on the tests' Dovecot, as the one who sends reports and the one who fetches them see it."""

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from imapclient import IMAPClient
from sqlalchemy import Engine, select

from collector import settings
from collector.auth.dkim import Authenticator
from collector.auth.key_record import Key, NoKey, choose
from collector.receive.imap.fetch import Fetcher
from collector.receive.imap.reading import Fetched
from collector.store import domains, queries
from collector.store.engine import reading
from collector.store.tables import imap_folder
from tests.imap.dovecot import HOST, PASSWORD, Dovecot
from tests.receive.listener import day
from tests.support import reports
from tests.support.mails import KeyPair

_USERS = itertools.count(1)


class NoKeys:
    """A source of keys for tests that look at no signature."""

    def get(self, name: str) -> Key | NoKey:
        raise AssertionError(f"{name} was asked for")

    def peek(self, name: str) -> bool:
        return False


class OneKey:
    """A source of keys that has this one for everybody."""

    def __init__(self, key: KeyPair) -> None:
        self._key = choose([key.record().encode()])

    def get(self, name: str) -> Key | NoKey:
        return self._key

    def peek(self, name: str) -> bool:
        return True


def mail(number: int = 0) -> bytes:
    """The mail with the `number`th report: no two are alike."""
    return reports.mail(reports.report(day=day(number)))


def in_short(fetched: Fetched | None) -> str:
    """The closing line without what is none: `stored 2 · duplicate 1`, `nothing` if it was."""
    assert fetched is not None
    counts = (re.sub(r" \(.*\)", "", count) for count in str(fetched).split(" · "))
    return " · ".join(count for count in counts if not count.endswith(" 0")) or "nothing"


@dataclass
class Mailbox:
    """A new user's mailbox. Settings are named as the listener's tests do: `imap__folder="Reports"`."""

    dovecot: Dovecot
    engine: Engine
    user: str = field(default_factory=lambda: f"user{next(_USERS)}")

    def __post_init__(self) -> None:
        domains.seed(self.engine, ("example.com",))
        self.program: IMAPClient = self.dovecot.client(self.user)

    def close(self) -> None:
        self.program.shutdown()

    def put(self, mails: Iterable[bytes], folder: str = "INBOX", **how: Any) -> None:
        """As a mail server delivers them, one after the other."""
        for each in mails:
            self.program.append(folder, each, **how)

    def holds(self, folder: str = "INBOX") -> list[int]:
        """The UIDs in a folder, looked at with nothing marked."""
        self.program.select_folder(folder, readonly=True)
        return list(self.program.search())

    def settings(self, **overrides: str) -> settings.Settings:
        usual = {
            "imap.host": HOST,
            "imap.port": str(self.dovecot.port),
            "imap.security": "none",
            "imap.user": self.user,
            "imap.password": PASSWORD,
            "imap.timeout": "20",
            "auth.dkim": "off",
        }
        given = {name.replace("__", "."): value for name, value in overrides.items()}
        return settings.load(environ={}, overrides=usual | given)

    def fetcher(self, *, keys: Any = None, clock: Any = None, window: int = 50_000, **overrides: str) -> Fetcher:
        return Fetcher(
            self.settings(**overrides),
            self.engine,
            Authenticator(keys or NoKeys()),
            clock or (lambda: datetime.now(UTC)),
            window=window,
        )

    def fetch(self, **how: Any) -> Fetched:
        """One pass that goes through to its end."""
        fetched = self.fetcher(**how).fetch()
        assert fetched is not None
        if fetched.error is not None:
            raise fetched.error
        return fetched

    def told(self, **how: Any) -> str:
        """What came of one pass, in short."""
        return in_short(self.fetch(**how))

    def outcomes(self) -> list[str]:
        """Of all deliveries in the store, oldest first."""
        return [delivery.outcome for delivery in reversed(queries.deliveries(self.engine, limit=1000).items)]

    def row(self) -> Any:
        """What is remembered of the folder."""
        with reading(self.engine) as connection:
            return connection.execute(select(imap_folder)).one()
