"""What reading a report may cost. `collector.settings.Limits` fits; this package does not know the settings."""

from typing import Protocol


class Limits(Protocol):
    """`report_bytes`: unpacked bytes, of all reports of a delivery together. The others: within one report."""

    @property
    def report_bytes(self) -> int: ...
    @property
    def policies(self) -> int: ...
    @property
    def failure_details(self) -> int: ...
