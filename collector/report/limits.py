"""What reading a report may cost. `collector.settings.Limits` fits; this package does not know the settings."""

from typing import Protocol

from collector.errors import ReportRefused

# A text so small is not dangerous, whatever it holds.
_HARMLESS = 16 * 1024


class Limits(Protocol):
    """`report_bytes`: unpacked bytes, of all reports of a delivery together. The others: within one report."""

    @property
    def report_bytes(self) -> int: ...
    @property
    def policies(self) -> int: ...
    @property
    def failure_details(self) -> int: ...


def refuse_too_many_values(text: bytes, policies: int, failure_details: int) -> None:
    """Raises ReportRefused (`limit`) if so many policies and failure details cannot be what a JSON text is full of.

    Asked before the text is parsed, with what may be in it at most: an empty array of three bytes would take more than
    sixty. Asked again, with what is in it, before work is done for each value.
    """
    if has_too_many_values(text, policies, failure_details):
        raise ReportRefused(
            "limit", f"more values than a report of {policies} policies and {failure_details} failure details has"
        )


def has_too_many_values(text: bytes, policies: int, failure_details: int) -> bool:
    """The same as an answer."""
    if len(text) <= _HARMLESS:
        return False
    # A policy result with everything that RFC 8460 section 4.4 knows and a handful of hosts has 6 arrays and objects
    # and 16 commas, a failure detail 1 and 8. Twice that, for texts hold such characters too, and something on top.
    containers = 2 * (6 * policies + failure_details) + 1_000
    commas = 2 * (16 * policies + 8 * failure_details) + 20_000
    return text.count(b"[") + text.count(b"{") > containers or text.count(b",") > commas
