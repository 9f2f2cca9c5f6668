"""What the checks of a domain found: the last one as a whole, and each part's states over time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, Row, bindparam, case, or_, select

from collector.monitor import shape
from collector.monitor.checked import Check, MxCheck
from collector.store.queries.common import among
from collector.store.queries.transaction import Readable, reading
from collector.store.tables import check_state, domain

_MOST_STATES = 200
_state = check_state.c
_AT = (
    # Of the other parts only that they are there: their results are longer, and nobody reads them here.
    select(_state.domain_id, case((_state.part == "mx", _state.result)), _state.last_seen)
    .where(
        among(_state.domain_id, "domain_ids"),
        _state.first_seen <= bindparam("at"),
        or_(_state.ended_at.is_(None), _state.ended_at > bindparam("at")),
    )
    .order_by(_state.domain_id, _state.host)
)
_LAST = (
    select(check_state, domain.c.name)
    .join(domain, domain.c.domain_id == _state.domain_id)
    .where(_state.domain_id == bindparam("domain_id"), _state.ended_at.is_(None))
    .order_by(_state.host)
)


@dataclass(frozen=True, slots=True)
class CheckedHost:
    """An MX host as a check found it, and when that was last so."""

    found: MxCheck
    at: datetime


@dataclass(frozen=True, slots=True)
class CheckState:
    """One interval. `host` is "" but for part `mx`; `codes` are those of the problems, errors first."""

    part: str  # tlsrpt, mta_sts or mx
    host: str
    first_seen: datetime
    last_seen: datetime
    ended_at: datetime | None
    ok: bool
    codes: tuple[str, ...]


def last_check(database: Readable, domain_id: UUID) -> Check | None:
    """The last check of a domain; None: it was never checked. The policy comes without its text."""
    with reading(database) as connection:
        rows = connection.execute(_LAST, {"domain_id": domain_id}).all()
    by_part = {row.part: row for row in rows}
    if "tlsrpt" not in by_part or "mta_sts" not in by_part:
        return None
    return Check(
        domain=by_part["tlsrpt"].name,
        at=max(row.last_seen for row in rows),
        tlsrpt=shape.read_tlsrpt(by_part["tlsrpt"].result),
        mta_sts=shape.read_sts(by_part["mta_sts"].result),
        mx=tuple(shape.read_mx(row.result) for row in rows if row.part == "mx"),
    )


def checked_hosts(
    connection: Connection, domain_ids: Iterable[UUID], *, at: datetime
) -> dict[UUID, tuple[CheckedHost, ...]]:
    """The MX hosts of each domain at `at`, as they were last found then; a domain that was never checked is missing."""
    found: dict[UUID, list[CheckedHost]] = {}
    for domain_id, result, last_seen in connection.execute(_AT, {"domain_ids": list(domain_ids), "at": at}).all():
        hosts = found.setdefault(domain_id, [])
        if result is not None:
            hosts.append(CheckedHost(shape.read_mx(result), min(last_seen, at)))
    return {domain_id: tuple(hosts) for domain_id, hosts in found.items()}


def check_states(engine: Engine, domain_id: UUID, *, limit: int = _MOST_STATES) -> Sequence[CheckState]:
    """The states of all parts, the latest first."""
    table = check_state
    query = (
        select(table)
        .where(table.c.domain_id == domain_id)
        .order_by(table.c.first_seen.desc(), table.c.part, table.c.host)
        .limit(limit)
    )
    with reading(engine) as connection:
        return [_read_state(row) for row in connection.execute(query)]


def _read_state(row: Row[Any]) -> CheckState:
    problems = sorted(row.result["problems"], key=lambda problem: str(problem["severity"]))
    return CheckState(
        part=row.part,
        host=row.host,
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        ended_at=row.ended_at,
        ok=row.ok,
        codes=tuple(dict.fromkeys(str(problem["code"]) for problem in problems)),
    )
