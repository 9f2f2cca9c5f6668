"""What a request can have done in the collector.

The dashboard may not import how: the actions are entry points (`tlsrpt.actions`), each a factory of (settings, engine).
"""

from collections.abc import Callable, Mapping
from functools import cached_property
from importlib.metadata import entry_points
from typing import Any, Protocol
from uuid import UUID

from flask import current_app

from collector.settings import Settings
from collector.store.engine import Engine
from dashboard.web.setup import Setup

GROUP = "tlsrpt.actions"
_KEY = "tlsrpt.actions"


class Adopted(Protocol):
    """What became of a domain that was to be adopted."""

    @property
    def is_new(self) -> bool:
        """False: it was known already, and nothing was done."""

    @property
    def reports(self) -> int:
        """Reports that count for it now."""

    @property
    def before(self) -> Mapping[str, int]:
        """By domain, how many of these counted for it until then, or count for it with other results now."""

    @property
    def is_whole(self) -> bool:
        """False: there may be more, which the scheduler counts."""


class Actions:
    """The actions over one database. Each is made when it is first asked for: they bring much along."""

    def __init__(self, settings: Settings, engine: Engine) -> None:
        self._settings = settings
        self._engine = engine

    @cached_property
    def retry(self) -> Callable[[UUID], None]:
        """Reads a delivery again. Raises UsageError (there is none), KeyUnavailable, StoreUnavailable."""
        retry: Callable[[UUID], None] = self._make("retry")
        return retry

    @cached_property
    def adopt(self) -> Callable[[str], Adopted]:
        """Makes a domain (normal form) known and counts what came for it before. Raises StoreUnavailable."""
        adopt: Callable[[str], Adopted] = self._make("adopt")
        return adopt

    @cached_property
    def remove(self) -> Callable[[str], bool]:
        """Removes a domain (normal form) and counts what it leaves to others. False: there is none.

        Raises StoreUnavailable.
        """
        remove: Callable[[str], bool] = self._make("remove")
        return remove

    @cached_property
    def check(self) -> Callable[[str], dict[str, Any]]:
        """Checks a known domain (normal form), into the history, and answers as `tlsrpt check --json`.

        Raises UsageError (it is none of the domains), CheckBusy, StoreUnavailable.
        """
        check: Callable[[str], dict[str, Any]] = self._make("check")
        return check

    @cached_property
    def setup(self) -> Setup:
        """Helps with setting a domain up."""
        setup: Setup = self._make("setup")
        return setup

    def _make(self, name: str) -> Any:
        [point] = entry_points(group=GROUP, name=name)
        return point.load()(self._settings, self._engine)


def register(app: Any, settings: Settings, engine: Engine) -> None:
    app.extensions[_KEY] = Actions(settings, engine)


def actions() -> Actions:
    found: Actions = current_app.extensions[_KEY]
    return found
