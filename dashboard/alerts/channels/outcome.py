"""What came of one attempt to send one message."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

SENT = "sent"  # the other side took it
PUT_OFF = "put_off"  # it surely did not, and may later
UNANSWERED = "unanswered"  # nobody knows
REFUSED = "refused"  # it never will
SKIPPED = "skipped"  # it need not be sent after all
LOST = "lost"  # another sender has it by now: nothing was sent


@dataclass(frozen=True, slots=True)
class Outcome:
    """`why` is shown and logged: it holds no secret."""

    kind: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One message: `contents` are those of its notices (dashboard.alerts.telling), in their order."""

    message_id: str
    contents: tuple[Mapping[str, Any], ...]


# To be asked just before the other side can take it: whether it may be sent.
MayEnd = Callable[[], bool]


class Send(Protocol):
    """Sends one message to the target that it was made for. Raises nothing that is expected."""

    def __call__(self, message: Message, may_end: MayEnd) -> Outcome: ...
