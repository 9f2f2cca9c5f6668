"""Who gets which mail: the settings' word, the dashboard's before it, less those who asked for none."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from collector.settings import Recipient as Named
from collector.settings import Settings
from collector.store import recipients as store
from collector.store.engine import Engine
from collector.store.recipients import Kept
from dashboard.mail.unsubscribing import Tokens


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who gets mails of one kind. `address` is in normal form; `domains` empty: about all.

    `unsubscribe` is the link for that, None where no public address is set.
    """

    address: str
    domains: tuple[str, ...]
    language: str
    only_if_needed: bool
    unsubscribe: str | None = None


def recipients(engine: Engine, settings: Settings, kind: str, *, now: datetime) -> tuple[Recipient, ...]:
    """Those of `kind` ("summary" or "alerts"), by address. Raises StoreUnavailable."""
    found = without_links(engine, settings, kind)
    public_url = settings.web.public_url
    if public_url is None or not found:
        return found
    tokens = Tokens(engine, now)
    return tuple(replace(one, unsubscribe=tokens.url(public_url, kind, one.address)) for one in found)


def without_links(engine: Engine, settings: Settings, kind: str) -> tuple[Recipient, ...]:
    """The same for whoever only looks: the link that ends a mail is its recipient's. Raises StoreUnavailable."""
    named = settings.summary.recipients if kind == "summary" else settings.alerts.recipients
    gone = store.unsubscribed(engine)
    found = merged(settings, kind, named, store.kept(engine))
    return tuple(one for one in found if (one.address, kind) not in gone)


def merged(settings: Settings, kind: str, named: Iterable[Named], kept: Iterable[Kept]) -> tuple[Recipient, ...]:
    """The two lists as one, by address. Somebody whom the settings name twice gets the domains of both. Pure."""
    language, only_if_needed = settings.summary.language, settings.summary.only_if_needed
    found: dict[str, Recipient] = {}
    for one in named:
        address = store.normal(one.address)
        names = one.domains
        if address in found:
            before = found[address].domains
            names = tuple(dict.fromkeys(before + names)) if before and names else ()
        found[address] = Recipient(address, names, language, only_if_needed)
    for row in kept:
        found.pop(row.address, None)
        if row.gets(kind):
            found[row.address] = Recipient(row.address, row.domains, row.language or language, row.only_if_needed)
    return tuple(found[address] for address in sorted(found))
