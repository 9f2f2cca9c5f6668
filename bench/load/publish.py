"""The domains, and what the monitor found of each: looked at three times, and checked; nothing is due for a year.

One domain with so many MX hosts is recorded as the product does it, and the rows of its like are made after its rows.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Connection, Engine, Table, delete, insert, select

from bench.load.world import DAYS, World, domain_name, mx_of
from collector.monitor.checked import Certificate, Check, MxCheck, StsCheck, TlsrptCheck
from collector.monitor.model import Observation, StsPolicy
from collector.store import domains, published
from collector.store.engine import reading, writing
from collector.store.tables import check_state, domain_mx, poll, published_policy

_TABLES = (published_policy, domain_mx, check_state, poll)
_AT_ONCE = 5_000


def publish(engine: Engine, world: World) -> Mapping[str, UUID]:
    """The ids of the domains, by name."""
    names = [domain_name(number) for number in range(world.domains)]
    domains.add(engine, names, datetime.combine(world.first, time(), UTC))
    with reading(engine) as connection:
        ids = domains.load(connection).ids
    alike: dict[int, list[str]] = {}
    for number, name in enumerate(names):
        alike.setdefault(len(mx_of(number)), []).append(name)
    for recorded, *others in alike.values():
        record(engine, world, ids[recorded], names.index(recorded))
        with writing(engine) as connection:
            for table in _TABLES:
                for some in _some(others):
                    _copy(connection, table, ids, recorded, some)
    return ids


def record(engine: Engine, world: World, domain_id: UUID, number: int) -> None:
    """What was found of domain `number`, as the product records it."""
    mx, first = mx_of(number), datetime.combine(world.first, time(), UTC)
    last = first + timedelta(days=DAYS)
    for at, mode in ((first, "testing"), (first + timedelta(days=DAYS // 2), "enforce"), (last, "enforce")):
        policy = StsPolicy(mode, 604_800, mx, f"version: STSv1\nmode: {mode}\nmax_age: 604800\n")
        seen = Observation(at, f"id{mode}", policy, mx_hosts=mx)
        check = _check(domain_name(number), seen)
        published.record(engine, domain_id, seen, last + timedelta(days=365), check=check)


def _some(names: Sequence[str]) -> Iterator[Sequence[str]]:
    """Of a hundred thousand at once every row would have to be held."""
    return (names[start : start + _AT_ONCE] for start in range(0, len(names), _AT_ONCE))


def _check(name: str, seen: Observation) -> Check:
    certificate = Certificate(seen.at + timedelta(days=61), seen.mx_hosts or (), True)
    rua = f"mailto:tlsrpt@{name}"
    mx = tuple(MxCheck(host, True, True, certificate) for host in seen.mx_hosts or ())
    sts = StsCheck(f"v=STSv1; id={seen.policy_id}", seen.policy_id, seen.policy, None)
    return Check(name, seen.at, TlsrptCheck(f"v=TLSRPTv1; rua={rua}", (rua,)), sts, mx)


def _copy(connection: Connection, table: Table, ids: Mapping[str, UUID], recorded: str, others: Iterable[str]) -> None:
    rows = [dict(row) for row in connection.execute(select(table).where(_of(table, ids[recorded]))).mappings()]
    for other in others:
        connection.execute(delete(table).where(_of(table, ids[other])))
    copies = [
        {**{name: _renamed(value, recorded, other) for name, value in row.items()}, "domain_id": ids[other]}
        for other in others
        for row in rows
    ]
    if copies:
        connection.execute(insert(table), copies)


def _of(table: Table, domain_id: UUID) -> Any:
    return table.c.domain_id == domain_id


def _renamed(value: Any, recorded: str, other: str) -> Any:
    """A value of a row about another domain: a text, a JSON value, or what names no domain."""
    if isinstance(value, str):
        return value.replace(recorded, other)
    if isinstance(value, list | dict):
        return orjson.loads(orjson.dumps(value).replace(recorded.encode(), other.encode()))
    return value
