"""The state of each part of a domain's checks over time, as intervals (`check_state`)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, insert, select, update

from collector.monitor import shape
from collector.monitor.checked import Check
from collector.monitor.model import Problem
from collector.store.tables import check_state

Part = tuple[str, str]  # part and host


def record(connection: Connection, domain_id: UUID, check: Check, *, hosts_known: bool) -> bool:
    """Adds one check: the interval of a part grows if it found the same again, else a new one begins.

    `hosts_known`: False if the MX records could not be looked up; then the hosts' states stay as they are. Returns
    whether a state changed. Inside a write transaction.
    """
    table = check_state
    own = table.c.domain_id == domain_id
    rows = connection.execute(select(table).where(own, table.c.ended_at.is_(None))).all()
    last: dict[Part, Row[Any]] = {(row.part, row.host): row for row in rows}
    if any(row.last_seen >= check.at for row in rows):
        return False  # an older check that comes late adds nothing
    ended: list[Row[Any]] = []
    begun = []
    for part, problems, result in _parts(check):
        row = last.pop(part, None)
        if row is not None and _essence(row.result) == _essence(result):
            _grow(connection, row, check.at, result)
            continue
        if row is not None:
            ended.append(row)
        ok = all(problem.severity != "error" for problem in problems)
        begun.append({"part": part[0], "host": part[1], "ok": ok, **_columns(result)})
    ended += [row for (part, _), row in last.items() if part != "mx" or hosts_known]
    for row in ended:
        connection.execute(update(table).where(*_is(row)).values(ended_at=check.at))
    if begun:
        times = {"domain_id": domain_id, "first_seen": check.at, "last_seen": check.at}
        connection.execute(insert(table), [{**each, **times} for each in begun])
    return bool(ended or begun)


def _parts(check: Check) -> Iterator[tuple[Part, tuple[Problem, ...], dict[str, Any]]]:
    yield ("tlsrpt", ""), check.tlsrpt.problems, shape.tlsrpt(check.tlsrpt)
    yield ("mta_sts", ""), check.mta_sts.problems, shape.sts(check.mta_sts)
    for host in check.mx:
        yield ("mx", host.host), host.problems, shape.mx(host)


def _columns(result: dict[str, Any]) -> dict[str, Any]:
    """The result, and what of it is searched."""
    codes = dict.fromkeys(problem["code"] for problem in result["problems"])
    shown = result.get("certificate")
    return {
        "result": result,
        "codes": f" {' '.join(codes)} " if codes else None,
        "not_after": datetime.fromisoformat(shown["not_after"]) if shown else None,
    }


def _essence(result: dict[str, Any]) -> dict[str, Any]:
    """What makes a state the same again. The words of a problem may count days, or name the address of the day."""
    problems = sorted([problem["code"], problem["severity"]] for problem in result["problems"])
    return {**result, "problems": problems}


def _grow(connection: Connection, row: Row[Any], at: datetime, result: dict[str, Any]) -> None:
    changes: dict[str, Any] = {"last_seen": at}
    columns = _columns(result)
    # What was written by an older version lacks the columns that are searched.
    changes |= {name: value for name, value in columns.items() if getattr(row, name) != value}
    connection.execute(update(check_state).where(*_is(row)).values(changes))


def _is(row: Row[Any]) -> tuple[Any, ...]:
    table = check_state.c
    return (
        table.domain_id == row.domain_id,
        table.part == row.part,
        table.host == row.host,
        table.first_seen == row.first_seen,
    )
