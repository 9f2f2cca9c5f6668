"""What is to be settled again, and how far that is (rule 9): noted with the change that asks for it, done later.

A name asks for every delivery whose results may be another's now that this name is known, is not known any more, or was
found to be the MX host of a known domain: those that have a part of that name, and those whose reports name it or
something under it. They are found by two indexes, one after the other, from where the last step ended.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    insert,
    literal,
    or_,
    select,
    tuple_,
    update,
)

from collector.ids import new_id
from collector.store.engine import reading
from collector.store.tables import delivery, delivery_name, delivery_part
from collector.store.tables import to_settle as table
from collector.store.types import NIL, Id, Path, path_of

ALL = "."
ONE = ""


@dataclass(frozen=True, slots=True)
class Task:
    """One row."""

    name: str
    delivery_id: UUID
    until: UUID
    part_done: UUID = NIL
    path_done: str = ""
    delivery_done: UUID = NIL


@dataclass(frozen=True, slots=True)
class Step:
    """The next deliveries of a task, and the task as it is after them; None: nothing is left of it then."""

    deliveries: tuple[UUID, ...]
    rest: Task | None


def add_names(connection: Connection, names: Iterable[str]) -> None:
    """Inside a write transaction in which the known domains or their MX hosts change, after `domains.changing`.

    Nobody decides about anything meanwhile: whatever is decided afterwards is decided by what is known then.
    """
    newest = _newest(connection)
    if newest is not None:
        until = max(new_id(), newest)
        _put(connection, [Task(name, NIL, until) for name in names])


def add_delivery(connection: Connection, delivery_id: UUID) -> None:
    """Inside a write transaction, for one delivery alone."""
    _put(connection, [Task(ONE, delivery_id, delivery_id)])


def add_all(connection: Connection) -> None:
    """Everything that is kept."""
    add_names(connection, [ALL])


def tasks(engine: Engine, name: str | None = None) -> tuple[Task, ...]:
    """All there are, single deliveries first; or that of one name."""
    query = select(table).order_by(table.c.name, table.c.delivery_id)
    if name is not None:
        query = query.where(table.c.name == name)
    with reading(engine) as connection:
        return tuple(Task(*row) for row in connection.execute(query))


def everything_about(connection: Connection, name: str) -> Task:
    """What asking for a name would begin, though nobody has asked."""
    return Task(name, NIL, _newest(connection) or NIL)


def is_settled(engine: Engine) -> bool:
    """Whether there is nothing to do: figures are what they should be."""
    with reading(engine) as connection:
        return connection.execute(select(table.c.name).limit(1)).first() is None


def next_step(engine: Engine, task: Task, most: int) -> Step:
    """At most so many deliveries."""
    with reading(engine) as connection:
        if task.name == ONE:
            return Step((task.delivery_id,), None)
        if task.name == ALL:
            return _by_delivery(connection, task, most)
        if task.part_done < task.until:
            step = _by_part(connection, task, most)
            if step.deliveries:
                return step
        return _by_path(connection, replace(task, part_done=task.until), most)


def advance(connection: Connection, task: Task, step: Step) -> None:
    """Notes that a step is done. Whoever has asked anew for the same meanwhile gets all of it."""
    own = and_(table.c.name == task.name, table.c.delivery_id == task.delivery_id, table.c.until == task.until)
    if step.rest is None:
        connection.execute(delete(table).where(own))
    else:
        rest = step.rest
        values = {"part_done": rest.part_done, "path_done": rest.path_done, "delivery_done": rest.delivery_done}
        connection.execute(update(table).where(own).values(values))


def _put(connection: Connection, wanted: Sequence[Task]) -> None:
    """A task that is there already begins anew."""
    if not wanted:
        return
    own = and_(table.c.name == bindparam("of"), table.c.delivery_id == bindparam("one"))
    connection.execute(delete(table).where(own), [{"of": task.name, "one": task.delivery_id} for task in wanted])
    connection.execute(insert(table), [asdict(task) for task in wanted])


def _newest(connection: Connection) -> UUID | None:
    query = select(delivery.c.delivery_id).order_by(delivery.c.delivery_id.desc()).limit(1)
    return connection.execute(query).scalar()


def _by_delivery(connection: Connection, task: Task, most: int) -> Step:
    each = delivery.c.delivery_id
    ids = _ids(connection, select(each).where(_between(each, task.part_done, task.until)).order_by(each).limit(most))
    return Step(ids, replace(task, part_done=ids[-1]) if len(ids) == most else None)


def _by_part(connection: Connection, task: Task, most: int) -> Step:
    each = delivery_part.c.delivery_id
    query = select(each).distinct().where(delivery_part.c.name == task.name, _between(each, task.part_done, task.until))
    ids = _ids(connection, query.order_by(each).limit(most))
    return Step(ids, replace(task, part_done=ids[-1] if len(ids) == most else task.until))


def _by_path(connection: Connection, task: Task, most: int) -> Step:
    each, path = delivery_name.c.delivery_id, delivery_name.c.path
    own = path_of(task.name)
    begin = (literal(task.path_done or own, Path()), literal(task.delivery_done, Id()))
    # "/" follows "." byte by byte; between the name itself and what lies under it stand names like `example.sub-1`.
    is_in_range = and_(tuple_(path, each) > tuple_(*begin), path < f"{own}/")
    is_about = or_(path == own, path > f"{own}.")
    # Those that have a part of this name were settled with these, or are so by now.
    is_done = exists().where(delivery_part.c.delivery_id == each, delivery_part.c.name == task.name)
    query = select(path, each).where(is_in_range, is_about, each <= task.until, ~is_done)
    query = query.order_by(path, each).limit(most)
    rows = connection.execute(query).all()
    rest = replace(task, path_done=rows[-1].path, delivery_done=rows[-1].delivery_id) if len(rows) == most else None
    return Step(tuple(dict.fromkeys(row.delivery_id for row in rows)), rest)


def _between(column: ColumnElement[UUID], after: UUID, until: UUID) -> ColumnElement[bool]:
    return and_(column > after, column <= until)


def _ids(connection: Connection, query: Select[Any]) -> tuple[UUID, ...]:
    return tuple(connection.execute(query).scalars())
