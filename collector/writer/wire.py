"""What the listener and its writer say to each other, in frames.

The listener begins with a `Task`, which the writer answers with `Ready` once the database is. Then come deliveries;
their answers follow in the same order, a group in one frame.
"""

from collections.abc import Sequence

import msgspec

from collector.delivery import Delivery, Stored
from collector.errors import ConfigurationError, SchemaOutdated, StoreUnavailable, TlsrptError
from collector.frames import frame


class Task(msgspec.Struct, frozen=True):
    """What the writer has to know. It is sent and not put on a command line, for a URL may hold a password."""

    database_url: str
    domains: tuple[str, ...]  # to begin with
    log_level: str


class Ready(msgspec.Struct, frozen=True):
    """Whether it takes deliveries now; else `error` is why not, and `kind` names its class in `collector.errors`."""

    kind: str | None = None
    error: str = ""

    @classmethod
    def not_yet(cls, error: TlsrptError) -> "Ready":
        return cls(type(error).__name__, str(error))

    def check(self) -> None:
        """Raises the error."""
        if self.kind is not None:
            raise _KINDS.get(self.kind, StoreUnavailable)(self.error)


_KINDS: dict[str, type[TlsrptError]] = {
    kind.__name__: kind for kind in (ConfigurationError, SchemaOutdated, StoreUnavailable)
}


class Answer(msgspec.Struct, frozen=True, array_like=True):
    """What became of one delivery, or why it is not stored."""

    stored: Stored | None = None
    error: str | None = None


_task_decoder = msgspec.msgpack.Decoder(Task)
_ready_decoder = msgspec.msgpack.Decoder(Ready)
_delivery_decoder = msgspec.msgpack.Decoder(Delivery)
_answers_decoder = msgspec.msgpack.Decoder(list[Answer])


def task(what: Task) -> bytearray:
    return frame(what)


def read_task(content: bytes) -> Task:
    return _task_decoder.decode(content)


def ready(what: Ready) -> bytearray:
    return frame(what)


def read_ready(content: bytes) -> Ready:
    return _ready_decoder.decode(content)


def delivery(what: Delivery) -> bytearray:
    return frame(what)


def read_delivery(content: bytes) -> Delivery:
    return _delivery_decoder.decode(content)


def answers(results: Sequence[Stored | StoreUnavailable]) -> bytearray:
    """The answers to the oldest deliveries that have none yet, in their order."""
    return frame([Answer(stored=one) if isinstance(one, Stored) else Answer(error=str(one)) for one in results])


def read_answers(content: bytes) -> list[Stored | StoreUnavailable]:
    return [one.stored or StoreUnavailable(one.error) for one in _answers_decoder.decode(content)]
