"""Who gets which mail: as the settings and the dashboard say it, and changing the dashboard's part.

All functions raise StoreUnavailable.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from collector.errors import UsageError
from collector.settings import Recipient as Named
from collector.settings.mail import LANGUAGES
from collector.store import recipients as store
from collector.store.recipients import KINDS, Kept
from dashboard.text import say
from dashboard.web import changes, state
from dashboard.web.access import audit


@dataclass(frozen=True, slots=True)
class Row:
    """One address. `kinds` are those of KINDS that it gets, `ended` when it asked for none any more, by kind.

    `is_kept`: a row of the dashboard, which goes before what the settings say of the address.
    """

    address: str
    domains: tuple[str, ...]
    language: str
    kinds: tuple[str, ...]
    only_if_needed: bool
    is_kept: bool
    ended: dict[str, datetime]


def rows() -> list[Row]:
    """Everybody who is named anywhere, by address."""
    engine, settings = state.engine(), state.settings()
    gone = store.unsubscribed(engine)
    kept = store.kept(engine)
    found = [
        _row(each.address, each.domains, each.language, tuple(kind for kind in KINDS if each.gets(kind)), each, gone)
        for each in kept
    ]
    known = {each.address for each in kept}
    for address, names, kinds in _named((settings.summary.recipients, settings.alerts.recipients), known):
        found.append(_row(address, names, None, kinds, None, gone))
    return sorted(found, key=lambda row: (row.address, row.domains))


def _named(
    lists: tuple[tuple[Named, ...], ...], known: set[str]
) -> Iterator[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """(address, domains, kinds) of the settings' recipients; one with other domains for alerts is told twice."""
    found: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for kind, named in zip(KINDS, lists, strict=True):
        for one in named:
            address = store.normal(one.address)
            if address not in known:
                found.setdefault((address, one.domains), []).append(kind)
    for (address, names), kinds in found.items():
        yield address, names, tuple(dict.fromkeys(kinds))


def _row(
    address: str,
    names: tuple[str, ...],
    language: str | None,
    kinds: tuple[str, ...],
    kept: Kept | None,
    gone: dict[tuple[str, str], datetime],
) -> Row:
    summary = state.settings().summary
    return Row(
        address,
        names,
        language or summary.language,
        kinds,
        summary.only_if_needed if kept is None else kept.only_if_needed,
        kept is not None,
        {kind: gone[address, kind] for kind in KINDS if (address, kind) in gone},
    )


def put(address: str, limited_to: str, language: str, kinds: tuple[str, ...], only_if_needed: bool) -> str:
    """Adds a recipient, or changes the one of that address. Returns it in normal form. Raises UsageError."""
    found = store.normal(address.strip())
    wanted = tuple(kind for kind in KINDS if kind in kinds)
    if not wanted:
        raise UsageError(say("Choose what is to be sent there: the weekly mail, alerts, or both."))
    if language and language not in LANGUAGES:
        raise UsageError(say("%(language)s is no language of mails.", language=language[:20]))
    names = changes.domain_names(limited_to)
    row = Kept(found, names, language or None, "summary" in wanted, "alerts" in wanted, only_if_needed, state.now())
    if any(each.address == found for each in store.kept(state.engine())):
        store.change(state.engine(), row)
    else:
        store.add(state.engine(), row)
    audit.about(found, kind=wanted[0] if len(wanted) == 1 else "all", domains=",".join(names) or "all")
    return found


def remove(address: str) -> None:
    """Takes the dashboard's row away: what the settings say of the address counts again. Raises UsageError."""
    found = store.normal(address)
    store.remove(state.engine(), found)
    audit.about(found)


def subscribe(address: str, kind: str) -> None:
    """Takes back that somebody wanted none of these mails any more. Raises UsageError."""
    found = store.normal(address)
    if kind not in KINDS or not store.subscribe(state.engine(), found, kind):
        raise UsageError(say("There is nothing to take back."))
    audit.about(found, kind=kind)
