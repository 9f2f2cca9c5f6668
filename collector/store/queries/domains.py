"""The domains: names, and the overview with what each needs to show on the first page."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, Select, and_, bindparam, func, literal, select

from collector.store.queries import ranking
from collector.store.queries.added_up import figures_of_page
from collector.store.queries.common import among, decode_cursor, encode_cursor
from collector.store.queries.modes import published_at, reported
from collector.store.queries.policies import histories
from collector.store.queries.ranking import Rank
from collector.store.queries.rows import DomainOverview, Filter, Page, PublishedPolicy, Standing
from collector.store.queries.transaction import Readable, reading
from collector.store.tables import domain, rollup_day, rollup_type

_type = rollup_type.c
_last = (
    select(_type.domain_id, func.max(_type.day).label("day"))
    .where(among(_type.domain_id, "domain_ids"), _type.day <= bindparam("until"))
    .group_by(_type.domain_id)
    .subquery()
)
_LAST_TYPES = select(_type.domain_id, _type.policy_type, _type.mode, _type.successful, _type.failed).join(
    _last, and_(_last.c.domain_id == _type.domain_id, _last.c.day == _type.day)
)
_FIND = select(domain.c.domain_id).where(domain.c.name == bindparam("name"))
_IS_REPORTED = select(literal(True)).where(rollup_day.c.domain_id == bindparam("domain_id")).limit(1)


def domain_names(engine: Engine) -> tuple[str, ...]:
    """All known domains, sorted."""
    with reading(engine) as connection:
        return tuple(connection.execute(select(domain.c.name).order_by(domain.c.name)).scalars())


def find_domain(database: Readable, name: str) -> UUID | None:
    """The id of a known domain (normal form)."""
    with reading(database) as connection:
        return connection.execute(_FIND, {"name": name}).scalar()


def domain_overview(
    database: Readable,
    filter: Filter,  # noqa: A002
    *,
    now: datetime,
    limit: int = 100,
    cursor: str | None = None,
    search: str | None = None,
    only: Collection[str] | None = None,
    worst_first: bool = False,
) -> Page[DomainOverview]:
    """A page of domains by name, or those in trouble first, with their figures in the range.

    `search` is a part of the name. `only`: none but these, by name: what the reader may see.
    """
    query, asked = _ranked_page(filter, cursor) if worst_first else _page_by_name(cursor)
    if search:
        query = query.where(domain.c.name.contains(search.lower(), autoescape=True))
    if only is not None:
        query = query.where(domain.c.name.in_(only))
    with reading(database) as connection:
        found = connection.execute(query, asked | {"limit": limit + 1}).all()
        page = found[:limit]
        items = _overviews(connection, {row.domain_id: row.name for row in page}, filter, now)
    following = None
    if len(found) > limit:
        last = page[-1]
        following = Rank(last.level, last.share, last.name).cursor() if worst_first else encode_cursor(last.name)
    return Page(tuple(items), following)


def standing(
    database: Readable, domain_id: UUID, *, now: datetime, history: tuple[PublishedPolicy, ...] | None = None
) -> Standing:
    """How a domain is now. `history`: the published policy's intervals, where they were read already."""
    with reading(database) as connection:
        history = histories(connection, [domain_id])[domain_id] if history is None else history
        mode = published_at(history, now) or reported_modes(connection, [domain_id]).get(domain_id, "unknown")
        return Standing(mode, connection.execute(_IS_REPORTED, {"domain_id": domain_id}).first() is not None)


def _page_by_name(cursor: str | None) -> tuple[Select[Any], dict[str, Any]]:
    query = select(domain.c.name, domain.c.domain_id).order_by(domain.c.name).limit(bindparam("limit"))
    return query if cursor is None else query.where(domain.c.name > decode_cursor(cursor)), {}


def _ranked_page(wanted: Filter, cursor: str | None) -> tuple[Select[Any], dict[str, Any]]:
    return ranking.ranked(wanted, None if cursor is None else ranking.read_cursor(cursor))


def domains_by_level(
    database: Readable,
    filter: Filter,  # noqa: A002
    *,
    only: Collection[str] | None = None,
) -> tuple[int, int, int]:
    """How many domains are in trouble, worth a look, and well, as `domain_overview(worst_first=True)` has them."""
    query, asked = ranking.counted(filter)
    if only is not None:
        query = query.where(domain.c.name.in_(only))
    with reading(database) as connection:
        found: dict[int, int] = dict(connection.execute(query, asked).all())
    return found.get(ranking.BAD, 0), found.get(ranking.LOOK, 0), found.get(ranking.OK, 0)


def _overviews(connection: Connection, names: dict[UUID, str], wanted: Filter, now: datetime) -> list[DomainOverview]:
    figures = figures_of_page(connection, names, wanted)
    published = histories(connection, names)
    by_reports = reported_modes(connection, [key for key in names if not published[key]])
    overviews = []
    for domain_id, name in names.items():
        found = figures[domain_id]
        sessions, failed = map(sum, zip(*found.daily, strict=True))
        history = published[domain_id]
        overviews.append(
            DomainOverview(
                name=name,
                domain_id=domain_id,
                mode=published_at(history, now) or by_reports.get(domain_id, "unknown"),
                mode_error=_last_error(history),
                successful=sessions - failed,
                failed=failed,
                last_report=found.last_report,
                daily=found.daily,
                before=found.before,
                history=history,
            )
        )
    return overviews


def reported_modes(connection: Connection, domain_ids: list[UUID], until: date | None = None) -> dict[UUID, str]:
    """For domains that were never looked at: the mode by the reports of their last day, none after `until`."""
    if not domain_ids:
        return {}
    sessions: dict[UUID, dict[tuple[str, str], int]] = {}
    found = connection.execute(_LAST_TYPES, {"domain_ids": domain_ids, "until": until or date.max}).all()
    for domain_id, policy_type, mode, successful, failed in found:
        of_domain = sessions.setdefault(domain_id, {})
        of_domain[policy_type, mode] = of_domain.get((policy_type, mode), 0) + successful + failed
    return {domain_id: reported(counts) for domain_id, counts in sessions.items()}


def _last_error(history: tuple[PublishedPolicy, ...]) -> str | None:
    return history[-1].error if history else None
