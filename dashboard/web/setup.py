"""What the collector can do to help with setting a domain up; the action `setup` of `dashboard.web.actions`."""

from datetime import datetime
from typing import Any, Protocol
from uuid import UUID


class Setup(Protocol):
    """For known domains; `name` in normal form, `now` aware UTC. Methods raise StoreUnavailable and CheckBusy.

    The answers are dataclasses of the collector (`monitor.advice.Plan`, `setup.self_test.Result`, `setup.live.Draft`),
    which may not be imported here: templates and shapes read their fields.
    """

    def plan(self, name: str, domain_id: UUID, now: datetime) -> Any:
        """The steps with their ticks, by a look that is a few seconds old at most; it may take ten."""

    def begin_self_test(self, name: str, domain_id: UUID, now: datetime) -> bool:
        """Starts one; False if one was started less than a minute ago."""

    def self_test(self, name: str, domain_id: UUID, now: datetime) -> Any:
        """How far the last one came, None if there was none."""

    def suggestion(self, name: str, now: datetime) -> Any:
        """A policy to begin a draft with."""

    def draft(self, name: str, mode: str, max_age: str, mx: str, now: datetime) -> Any:
        """A policy from the fields of a form, with its problems and what it would mean. Raises UsageError."""

    def serve(self, name: str, domain_id: UUID, wanted: Any, by: str | None, now: datetime) -> None:
        """From now on the dashboard answers with the draft's policy. Raises UsageError."""

    def stop_serving(self, domain_id: UUID, by: str | None, now: datetime) -> None:
        """From now on the dashboard answers with none. Raises UsageError."""
