"""The known domains in the database: adding, removing, and the snapshot that decides whose a result is."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, delete, insert, select, text, update

from collector.counting.known import KnownDomains
from collector.domains import SELF_TEST
from collector.errors import UsageError
from collector.ids import new_id
from collector.store import bulk, outcomes
from collector.store.engine import writing
from collector.store.tables import delivery, delivery_part, domain, domain_mx, known_domains, poll

_MEMBERSHIP_LOCK = 0x746C7373
# One query asks for so many: PostgreSQL takes 65,535 parameters, SQLite 32,766.
_AT_ONCE = 1000
_VERSION = bulk.Wanted(known_domains, (known_domains.c.version,), (known_domains.c.one,))


class Snapshot:
    """The known domains as of the last change: asking costs one small query, they are read again only after one."""

    def __init__(self) -> None:
        self._version: object = None
        self._known = KnownDomains()

    def current(self, connection: Connection) -> KnownDomains:
        """Inside a write transaction: from here to its end no domain is added or removed by anybody else."""
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": _MEMBERSHIP_LOCK})
        # Past SQLAlchemy's layers, for it is asked with each group. None: there is no domain yet.
        version = next(iter(bulk.of(connection).find(connection, _VERSION, [(1,)])), None)
        if version is None or version != self._version:
            self._known = load(connection)
            self._version = version
        return self._known


def load(connection: Connection) -> KnownDomains:
    """All known domains and their MX hosts."""
    rows = connection.execute(select(domain.c.name, domain.c.domain_id)).all()
    names = {domain_id: name for name, domain_id in rows}
    hosts: dict[str, set[str]] = {}
    for domain_id, host in connection.execute(select(domain_mx.c.domain_id, domain_mx.c.host)):
        hosts.setdefault(host, set()).add(names[domain_id])
    return KnownDomains(
        ids={name: domain_id for domain_id, name in names.items()},
        mx={host: frozenset(owners) for host, owners in hosts.items()},
    )


def changing(connection: Connection) -> None:
    """Inside a write transaction, before domains or their MX hosts change: others wait, and will read anew."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MEMBERSHIP_LOCK})
    changed = connection.execute(update(known_domains).values(version=new_id()))
    if changed.rowcount == 0:
        connection.execute(insert(known_domains).values(one=1, version=new_id()))


def add(engine: Engine, names: Iterable[str], now: datetime | None = None) -> tuple[str, ...]:
    """Adds domains (normal form); those already there stay as they are. Returns the new ones.

    They are due for a look at their published policy at once. Their backlog is counted by `collector.adopt`.
    Raises UsageError for the domain of our self-tests, which must never count.
    """
    now = now or datetime.now(UTC)
    wanted = tuple(dict.fromkeys(names))
    if SELF_TEST in wanted:
        raise UsageError(f"{SELF_TEST} is for self-tests, whose reports never count")
    with writing(engine) as connection:
        changing(connection)
        there = present(connection, wanted)
        fresh = [name for name in wanted if name not in there]
        if fresh:
            ids = [new_id() for _ in fresh]
            connection.execute(
                insert(domain),
                [{"domain_id": key, "name": name, "added_at": now} for key, name in zip(ids, fresh, strict=True)],
            )
            connection.execute(insert(poll), [{"domain_id": key, "due_at": now} for key in ids])
    return tuple(fresh)


def present(connection: Connection, names: Sequence[str]) -> set[str]:
    """Those of the names that are known domains."""
    found: set[str] = set()
    for start in range(0, len(names), _AT_ONCE):
        query = select(domain.c.name).where(domain.c.name.in_(names[start : start + _AT_ONCE]))
        found |= set(connection.execute(query).scalars())
    return found


def seed(engine: Engine, names: Iterable[str]) -> tuple[str, ...]:
    """Adds the domains of the settings that are not there yet; writes nothing if there are none."""
    wanted = tuple(names)
    if not wanted:
        return ()
    with engine.connect() as connection:
        there = present(connection, wanted)
    return () if there.issuperset(wanted) else add(engine, wanted)


def remove(engine: Engine, name: str) -> bool:
    """Removes a domain with its figures. Its deliveries stay, as unassigned ones: adding it again counts them again."""
    with writing(engine) as connection:
        changing(connection)
        domain_id = connection.execute(select(domain.c.domain_id).where(domain.c.name == name)).scalar()
        if domain_id is None:
            return False
        about = delivery_part.c.name == name
        counted = about & delivery_part.c.report_id.is_not(None)
        connection.execute(update(delivery_part).where(counted).values(outcome="unassigned", report_id=None))
        outcomes.refresh(connection, delivery.c.delivery_id.in_(select(delivery_part.c.delivery_id).where(about)))
        connection.execute(delete(domain).where(domain.c.domain_id == domain_id))
    return True
