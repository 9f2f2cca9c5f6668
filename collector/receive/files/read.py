"""From the bytes of a file to a delivery: `ingest()` with what is peculiar to files that an operator hands over."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import BinaryIO

from collector.auth import Authentication
from collector.auth.dkim import Authenticator
from collector.auth.hasty import HastyKeys
from collector.auth.keys import KeyCache, KeySource
from collector.auth.results import TrustedResults
from collector.delivery import Delivery, Envelope, Reason
from collector.errors import KeyUnavailable
from collector.ingest import ingest
from collector.receive.files.pieces import Piece, Unreadable
from collector.receive.files.sources import Sources
from collector.resolver import Resolver
from collector.settings import Auth, Dns, Limits

# A signature's x= is the latest time for the mail to arrive. These have arrived long ago, nobody knows when: none of
# them is too late.
_LONG_AGO = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class Read:
    """What was read from a piece. `delivery` is None if it has to wait until its key can be had (`--require-dkim`).

    `key_fault`: why a key could not be had just now, None if none was missing.
    """

    where: str
    delivery: Delivery | None
    key_fault: str | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """The settings to read by. `dkim` is settings.auth.dkim."""

    dns: Dns
    limits: Limits
    dkim: str
    require_dkim: bool
    trusted_results: tuple[str, ...] = ()  # settings.auth.trusted_results


class Reader:
    """Reads pieces. For one thread."""

    def __init__(self, keys: KeySource, terms: Terms, clock: Callable[[], datetime]) -> None:
        """`clock` answers the time, aware, UTC."""
        self._authenticate = Authenticator(keys).at(_LONG_AGO)
        self._terms = terms
        self._trusted = TrustedResults.of(Auth(trusted_results=terms.trusted_results))
        self._clock = clock
        self._key_fault: str | None = None

    def read(self, piece: Piece) -> Read:
        """A mail whose key cannot be had just now counts unauthenticated, unless authentication is required."""
        self._key_fault = None
        try:
            delivery = ingest(
                piece.raw,
                Envelope("import", file_name=piece.file_name),
                self._clock(),
                limits=self._terms.limits,
                dkim=self._terms.dkim,
                authenticate=self._now_or_never,
                trusted=self._trusted,
                import_requires_dkim=self._terms.require_dkim,
            )
        except KeyUnavailable as error:
            return Read(piece.where, None, str(error))
        return Read(piece.where, delivery, self._key_fault)

    def _now_or_never(self, mail: bytes, identities: frozenset[str]) -> Authentication:
        try:
            return self._authenticate(mail, identities)
        except KeyUnavailable as error:
            if self._terms.require_dkim:
                raise
            self._key_fault = str(error)
            return Authentication(None, Reason("dkim_fail", str(error)))


class Reading:
    """Everything behind the paths of a command line, read in this process. Iterate once."""

    def __init__(self, paths: Sequence[str], stdin: BinaryIO, terms: Terms) -> None:
        """`stdin` is what the path `-` means. Raises ConfigurationError."""
        self._sources = Sources(paths, stdin, terms.limits.message_bytes)
        keys = KeyCache(Resolver(terms.dns).txt, time.monotonic)
        self._reader = Reader(HastyKeys(keys, time.monotonic), terms, lambda: datetime.now(UTC))

    @property
    def done(self) -> int:
        """Bytes read so far."""
        return self._sources.done

    def __iter__(self) -> Iterator[Read | Unreadable]:
        for found in self._sources:
            yield found if isinstance(found, Unreadable) else self._reader.read(found)
