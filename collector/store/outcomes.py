"""The outcome of a delivery is the best of its parts' (rule 9): set anew after parts have changed."""

from sqlalchemy import ColumnElement, Connection, case, func, select, update

from collector.delivery import OUTCOMES
from collector.store.tables import delivery, delivery_part


def refresh(connection: Connection, of: ColumnElement[bool]) -> None:
    """For the deliveries that `of` selects, a condition on the table `delivery`."""
    ranks = {outcome: rank for rank, outcome in enumerate(OUTCOMES)}
    best = (
        select(func.min(case(ranks, value=delivery_part.c.outcome)))
        .where(delivery_part.c.delivery_id == delivery.c.delivery_id)
        .scalar_subquery()
    )
    names = {rank: outcome for outcome, rank in ranks.items()}
    connection.execute(update(delivery).where(of).values(outcome=case(names, value=best, else_="unassigned")))
