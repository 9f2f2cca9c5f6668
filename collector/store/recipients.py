"""Who gets mail, as the dashboard keeps it: recipients beside those of the settings, and who wants none any more.

Addresses are in normal form (`normal`). All functions raise StoreUnavailable if the database is away.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from collector import domains
from collector.errors import UsageError
from collector.settings import values
from collector.store import tables
from collector.store.engine import Engine, reading, writing

KINDS = ("summary", "alerts")
_LONGEST = 320  # RFC 5321 section 4.5.3.1: 64 and 255, with the @


@dataclass(frozen=True, slots=True)
class Kept:
    """One row. `domains` empty: all of them; `language` None: that of the settings."""

    address: str
    domains: tuple[str, ...]
    language: str | None
    gets_summary: bool
    gets_alerts: bool
    only_if_needed: bool
    created_at: datetime

    def gets(self, kind: str) -> bool:
        return self.gets_summary if kind == "summary" else self.gets_alerts


def normal(address: str) -> str:
    """The one form of an address: lower case, its domain as A-labels. Raises UsageError for what is none."""
    try:
        local, _, domain = values.mail_address(address).rpartition("@")
    except ValueError as error:
        raise UsageError(str(error)) from None
    found = f"{local.lower()}@{domains.normalise(domain) or domain.lower()}"
    if len(found) > _LONGEST or not found.isprintable():
        raise UsageError(f"{address[:_LONGEST]!r} is no mail address")
    return found


def kept(engine: Engine) -> tuple[Kept, ...]:
    """All rows, by address."""
    table = tables.recipient
    with reading(engine) as connection:
        return tuple(_kept(row) for row in connection.execute(select(table).order_by(table.c.address)))


def add(engine: Engine, recipient: Kept) -> None:
    """Raises UsageError if there is a row of that address already."""
    with writing(engine) as connection:
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        added = dialect.insert(tables.recipient).values(_values(recipient)).on_conflict_do_nothing()
        if connection.execute(added.returning(tables.recipient.c.address)).first() is None:
            raise UsageError(f"there is a recipient {recipient.address!r} already")


def change(engine: Engine, recipient: Kept) -> None:
    """All of the row but its address and since when it is there. Raises UsageError if there is none."""
    table = tables.recipient
    given = _values(recipient)
    del given["created_at"]
    with writing(engine) as connection:
        changed = connection.execute(update(table).where(table.c.address == recipient.address).values(given))
        if changed.rowcount == 0:
            raise UsageError(f"there is no recipient {recipient.address!r}")


def remove(engine: Engine, address: str) -> None:
    """Raises UsageError if there is none. One whom the settings name goes on getting mail, as they say."""
    table = tables.recipient
    with writing(engine) as connection:
        if connection.execute(delete(table).where(table.c.address == address)).rowcount == 0:
            raise UsageError(f"there is no recipient {address!r}")


def unsubscribed(engine: Engine) -> dict[tuple[str, str], datetime]:
    """Since when, by address and kind."""
    table = tables.unsubscribed
    with reading(engine) as connection:
        return {(row.address, row.kind): row.at for row in connection.execute(select(table))}


def unsubscribe(engine: Engine, address: str, kind: str, now: datetime) -> bool:
    """No mail of that `kind` any more, whoever names the address; False: it was so already."""
    with writing(engine) as connection:
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        row = dialect.insert(tables.unsubscribed).values(address=address, kind=kind, at=now)
        added = row.on_conflict_do_nothing().returning(tables.unsubscribed.c.address)
        return connection.execute(added).first() is not None


def subscribe(engine: Engine, address: str, kind: str) -> bool:
    """Takes that back; False: there was nothing to take back."""
    table = tables.unsubscribed
    with writing(engine) as connection:
        gone = connection.execute(delete(table).where(table.c.address == address, table.c.kind == kind))
        return gone.rowcount == 1


def _values(recipient: Kept) -> dict[str, Any]:
    return {
        "address": recipient.address,
        "domains": sorted(set(recipient.domains)),
        "language": recipient.language,
        "gets_summary": recipient.gets_summary,
        "gets_alerts": recipient.gets_alerts,
        "only_if_needed": recipient.only_if_needed,
        "created_at": recipient.created_at,
    }


def _kept(row: Row[Any]) -> Kept:
    return Kept(
        row.address,
        tuple(row.domains),
        row.language,
        row.gets_summary,
        row.gets_alerts,
        row.only_if_needed,
        row.created_at,
    )
