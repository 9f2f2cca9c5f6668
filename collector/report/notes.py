"""Findings while they are gathered: one for each code, however often it occurs, so that none can flood a report."""

from collector.report.model import Finding

_LONGEST = 300  # characters; a message may quote what a stranger wrote


class Notes:
    """Collects findings by code; the first message of a code is kept, the others are counted."""

    def __init__(self) -> None:
        self._messages: dict[str, str] = {}
        self._more: dict[str, int] = {}

    def add(self, code: str, message: str) -> None:
        if code in self._messages:
            self.repeat(code, 1)
        else:
            self._messages[code] = message if len(message) <= _LONGEST else message[:_LONGEST] + "…"

    def repeat(self, code: str, times: int) -> None:
        """Counts further deviations of a code that was noted before."""
        self._more[code] = self._more.get(code, 0) + times

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self._messages)

    def findings(self) -> tuple[Finding, ...]:
        """In the order in which their codes were first noted."""
        return tuple(Finding(code, self._told(code, message)) for code, message in self._messages.items())

    def _told(self, code: str, message: str) -> str:
        more = self._more.get(code)
        return f"{message} (and {more} more)" if more else message
