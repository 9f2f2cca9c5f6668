"""The known domains in the database: adding, removing, and the snapshot that decides whose a result is."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import Connection, Engine, bindparam, delete, insert, select, text, update

from collector.counting.known import MOST_OWNERS, KnownDomains
from collector.domains import SELF_TEST
from collector.errors import UsageError
from collector.ids import new_id
from collector.store import bulk, outcomes, to_settle
from collector.store.engine import writing
from collector.store.tables import delivery, delivery_part, domain, domain_mx, former_domain, known_domains, poll

_MEMBERSHIP_LOCK = 0x746C7373
# One query asks for so many: PostgreSQL takes 65,535 parameters, SQLite 32,766.
_AT_ONCE = 1000
_FIRST = (domain_mx.c.host, domain_mx.c.first_seen, domain_mx.c.name)
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
    ids = dict(connection.execute(select(domain.c.name, domain.c.domain_id)).all())
    hosts: dict[str, tuple[tuple[datetime, str], ...]] = {}
    seen = select(domain_mx.c.host, domain_mx.c.first_seen, domain_mx.c.name).order_by(*_FIRST)
    for host, first_seen, name in connection.execute(seen):
        owners = hosts.get(host, ())
        if name in ids and len(owners) < MOST_OWNERS:
            hosts[host] = (*owners, (first_seen, name))
    return KnownDomains(ids, hosts)


def changing(connection: Connection) -> None:
    """Inside a write transaction, before domains or their MX hosts change: others wait, and will read anew."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MEMBERSHIP_LOCK})
    changed = connection.execute(update(known_domains).values(version=new_id()))
    if changed.rowcount == 0:
        connection.execute(insert(known_domains).values(one=1, version=new_id()))


def add(engine: Engine, names: Iterable[str], now: datetime | None = None) -> tuple[str, ...]:
    """Adds domains (normal form); those already there stay as they are. Returns the new ones.

    They are due for a look at their published policy at once. What is theirs of the reports that came before is settled
    by `collector.adopt`, or by the scheduler. Raises UsageError for the domain of our self-tests, which never counts.
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
            ids = {name: new_id() for name in fresh}
            connection.execute(
                insert(domain), [{"domain_id": key, "name": name, "added_at": now} for name, key in ids.items()]
            )
            connection.execute(insert(poll), [{"domain_id": key, "due_at": now} for key in ids.values()])
            connection.execute(
                update(domain_mx).where(domain_mx.c.name == bindparam("of")).values(domain_id=bindparam("key")),
                [{"of": name, "key": key} for name, key in ids.items()],
            )
            connection.execute(
                delete(former_domain).where(former_domain.c.name == bindparam("of")), [{"of": name} for name in fresh]
            )
            _settle(connection, fresh, _hosts_of(connection, fresh))
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


def remove(engine: Engine, name: str, now: datetime | None = None) -> bool:
    """Removes a domain with its figures. False: it is not there.

    Its deliveries stay. What they report goes to the domains that have it by rule 9 without this one, or waits, as soon
    as it is settled: by `collector.adopt`, or by the scheduler. Adding the domain again counts it as before.
    """
    with writing(engine) as connection:
        changing(connection)
        domain_id = connection.execute(select(domain.c.domain_id).where(domain.c.name == name)).scalar()
        if domain_id is None:
            return False
        part = delivery_part.c
        about = part.name == name
        counts = about & part.outcome.in_(("stored", "conflict"))
        connection.execute(update(delivery_part).where(counts).values(outcome="unassigned", report_id=None))
        connection.execute(update(delivery_part).where(about).values(report_id=None))
        outcomes.refresh(connection, delivery.c.delivery_id.in_(select(part.delivery_id).where(about)))
        connection.execute(delete(domain).where(domain.c.domain_id == domain_id))
        connection.execute(insert(former_domain).values(name=name, removed_at=now or datetime.now(UTC)))
        _settle(connection, [name], _hosts_of(connection, [name]))
    return True


def record_mx(connection: Connection, domain_id: UUID, hosts: Sequence[str], at: datetime) -> None:
    """Notes that DNS names these MX hosts (normal form) of a known domain at this time."""
    name: str = connection.execute(select(domain.c.name).where(domain.c.domain_id == domain_id)).scalar_one()
    table = domain_mx
    there = set(connection.execute(select(table.c.host).where(table.c.name == name)).scalars())
    fresh = [host for host in dict.fromkeys(hosts) if host not in there]
    if fresh:
        changing(connection)
        rows = [
            {"name": name, "host": host, "domain_id": domain_id, "first_seen": at, "last_seen": at} for host in fresh
        ]
        connection.execute(insert(table), rows)
        _settle(connection, [], fresh)
    connection.execute(update(table).where(table.c.name == name, table.c.host.in_(hosts)).values(last_seen=at))


def _hosts_of(connection: Connection, names: Sequence[str]) -> list[str]:
    found: list[str] = []
    for start in range(0, len(names), _AT_ONCE):
        some = domain_mx.c.name.in_(names[start : start + _AT_ONCE])
        found += connection.execute(select(domain_mx.c.host).where(some).distinct()).scalars()
    return found


def _settle(connection: Connection, names: Iterable[str], hosts: Iterable[str]) -> None:
    """Whatever these names of domains and MX hosts may change, and reports name at all, is to be settled again.

    A host that many domains share is nobody's, whoever comes or goes.
    """
    wanted = dict.fromkeys(names)
    for host in hosts:
        sharing = (
            select(domain_mx.c.name).join(domain, domain.c.name == domain_mx.c.name).where(domain_mx.c.host == host)
        )
        if len(connection.execute(sharing.limit(MOST_OWNERS + 1)).all()) <= MOST_OWNERS:
            wanted[host] = None
    to_settle.add_names(connection, wanted)
