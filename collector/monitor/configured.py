"""The checker as the settings want it."""

from datetime import UTC, datetime, timedelta

from collector.monitor.check import Checker
from collector.monitor.fetch import tls_context
from collector.monitor.here import Here
from collector.monitor.probe import Prober
from collector.resolver import Resolver
from collector.settings import Settings

# Many domains that are due together have the same MX hosts: so long one look at such a host serves all of them.
_SHARED = timedelta(minutes=5)


def checker(settings: Settings, *, ours: bool) -> Checker:
    """A checker for one event loop. `ours`: also judges whether reports come to this collector.

    Raises ConfigurationError.
    """
    resolver = Resolver(settings.dns)
    prober = Prober(resolver, settings.monitor, settings.dns, lambda: datetime.now(UTC), keep=_SHARED)
    context = tls_context(settings.monitor)
    if not ours:
        return Checker(resolver, settings.monitor, context, prober)
    return Checker(resolver, settings.monitor, context, prober, Here(settings))


def lease(settings: Settings) -> timedelta:
    """Longer than any check lasts, with time to write it down."""
    return timedelta(seconds=4 * settings.monitor.timeout + 60)


def id_every(settings: Settings) -> timedelta:
    return timedelta(minutes=settings.monitor.id_minutes)
