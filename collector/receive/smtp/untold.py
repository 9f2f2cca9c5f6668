"""In place of the listener's figures where nobody asks for them: without Prometheus's library, which takes memory."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext


class _Nowhere:
    """A gauge or a counter that keeps nothing."""

    def labels(self, *_values: str) -> "_Nowhere":
        return self

    def inc(self) -> None:
        """Nothing."""

    def set_function(self, _function: Callable[[], float]) -> None:
        """Nothing."""

    def track_inprogress(self) -> AbstractContextManager[None]:
        return nullcontext()


class Untold:
    """As `figures.Figures`."""

    in_hand_bytes = waiting = connections = turned_away = writer_lost = _Nowhere()

    def ingesting(self, _channel: str) -> AbstractContextManager[None]:
        return nullcontext()

    def answered(self, _channel: str, _reply: str) -> None:
        """Nothing."""

    def text(self) -> bytes:
        return b""
