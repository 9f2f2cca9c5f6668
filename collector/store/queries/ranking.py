"""The domains in the order in which somebody has to look at them, however many there are.

Only what is in trouble is looked up, by partial indexes: the days with failures, and the failed looks at a policy.
"""

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Float,
    FromClause,
    Integer,
    Select,
    Subquery,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal,
    or_,
    select,
)

from collector.errors import UsageError
from collector.store.queries.common import decode_cursor, encode_cursor
from collector.store.queries.rows import Filter
from collector.store.tables import domain, published_policy, rollup_day

BAD, LOOK, OK = 0, 1, 2
# Failures within the last days of the range are trouble, and older ones of its last two weeks worth a look.
_NOW, _LATELY = timedelta(days=6), timedelta(days=13)
_MILLION = 1_000_000
_BAD_SHARE = _MILLION // 100


@dataclass(frozen=True, slots=True)
class Rank:
    """Where a domain stands: `level` BAD, LOOK or OK, then by `share`, the failed ones of a million sessions."""

    level: int
    share: int
    name: str

    def cursor(self) -> str:
        return encode_cursor(f"{self.level} {self.share} {self.name}")


def read_cursor(cursor: str) -> Rank:
    """Raises UsageError."""
    parts = decode_cursor(cursor).split(" ")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) < 10 for part in parts[:2]):
        raise UsageError("this is no cursor")
    return Rank(int(parts[0]), int(parts[1]), parts[2])


def ranked(wanted: Filter, after: Rank | None = None) -> tuple[Select[Any], dict[str, Any]]:
    """(name, domain_id, level, share) of all domains, the worst first; of those that come after `after`.

    A statement with its parameters but for `limit`.
    """
    asked = _bounds(wanted)
    if after is not None:
        asked |= {"after_level": after.level, "after_share": after.share, "after_name": after.name}
    return _ranked(wanted.authenticated_only, after is not None), asked


def counted(wanted: Filter) -> tuple[Select[int, int], dict[str, Any]]:
    """(level, how many domains). A statement with its parameters."""
    return _counted(wanted.authenticated_only), _bounds(wanted)


def _bounds(wanted: Filter) -> dict[str, Any]:
    lately = max(wanted.first, wanted.last - _LATELY)
    return {"lately": lately, "now": wanted.last - _NOW, "last_day": wanted.last}


@lru_cache
def _ranked(authenticated_only: bool, is_continued: bool) -> Select[Any]:
    joined, level, share = _parts(authenticated_only)
    columns = (domain.c.name, domain.c.domain_id, level.label("level"), share.label("share"))
    query = select(*columns).select_from(joined).order_by(level, share.desc(), domain.c.name).limit(bindparam("limit"))
    if not is_continued:
        return query
    after_level, after_share = (bindparam(name, type_=Integer()) for name in ("after_level", "after_share"))
    is_same = and_(level == after_level, share == after_share, domain.c.name > bindparam("after_name"))
    return query.where(or_(level > after_level, and_(level == after_level, share < after_share), is_same))


@lru_cache
def _counted(authenticated_only: bool) -> Select[int, int]:
    joined, level, _ = _parts(authenticated_only)
    return select(level, func.count()).select_from(joined).group_by(level)


def _parts(authenticated_only: bool) -> tuple[FromClause, ColumnElement[int], ColumnElement[int]]:
    """The domains with what is known against them; the level and the share of each."""
    failing, broken = _failing(authenticated_only), _broken()
    joined = domain.outerjoin(failing, failing.c.domain_id == domain.c.domain_id).outerjoin(
        broken, broken.c.domain_id == domain.c.domain_id
    )
    share = func.coalesce(failing.c.share, 0)
    level = case(
        (broken.c.worst == 1, BAD),
        (and_(share >= _BAD_SHARE, failing.c.last_day >= bindparam("now")), BAD),
        (or_(failing.c.share.is_not(None), broken.c.worst == 0), LOOK),
        else_=OK,
    )
    return joined, level, share


def _failing(authenticated_only: bool) -> Subquery:
    """Domains with failures: the share of the sessions that failed on the days with failures, and the last of these."""
    table = rollup_day.c
    # A rank needs no exact sums, and floating point has no largest one.
    failed, successful = func.sum(cast(table.failed, Float)), func.sum(cast(table.successful, Float))
    query = (
        select(
            table.domain_id,
            cast(_MILLION * failed / (failed + successful), BigInteger).label("share"),
            func.max(table.day).label("last_day"),
        )
        .where(table.day.between(bindparam("lately"), bindparam("last_day")), table.failed > 0)
        .group_by(table.domain_id)
    )
    if authenticated_only:
        query = query.where(table.authenticated)
    return query.subquery("failing")


def _broken() -> Subquery:
    """Domains whose last look failed: `worst` is 1, or 0 where there is just no record."""
    table = published_policy.c
    is_fault = case((table.error == literal("no_record"), 0), else_=1)
    return (
        select(table.domain_id, func.max(is_fault).label("worst"))
        .where(table.ended_at.is_(None), table.error.is_not(None))
        .group_by(table.domain_id)
        .subquery("broken")
    )
