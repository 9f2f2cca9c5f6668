"""The columns of a table whose rows are messages to be sent exactly once: claim, send, record."""

from sqlalchemy import Column, Integer, Text

from collector.store.types import Id, Instant


def message_columns() -> tuple[Column[object], ...]:
    """Of one message to one recipient. What it says stands elsewhere in the row, or is made from it."""
    return (
        Column("message_id", Text, nullable=False, comment="the same in every attempt"),
        Column("due_at", Instant, nullable=False, index=True, comment="not before then"),
        Column("claimed_by", Id, comment="whoever sends it just now"),
        Column("claimed_until", Instant, comment="then others may, for that one is dead"),
        Column("attempts", Integer, nullable=False),
        Column(
            "handed_over_at",
            Instant,
            comment="when the last attempt began to hand it over: without an end of that attempt nobody knows whether "
            "it arrived",
        ),
        Column("sent_at", Instant, comment="when the other side took it"),
        Column("given_up_at", Instant, comment="refused for good, or tried for too long"),
        Column("last_error", Text, comment="what the last attempt met; NULL: nothing"),
    )
