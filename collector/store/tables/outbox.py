"""The columns of a table whose rows are messages to be sent exactly once: claim, send, record."""

from sqlalchemy import Boolean, Column, Index, Integer, Text, text

from collector.store.types import Id, Instant


def message_columns() -> tuple[Column[object], ...]:
    """Of one message to one recipient. What it says stands elsewhere in the row, or is made from it.

    `collector.store.outbox` writes them, and says which of them mean what together.
    """
    return (
        Column("message_id", Text, nullable=False, comment="the same in every attempt"),
        Column("queued_at", Instant, nullable=False, comment="since when it is to be sent"),
        Column("due_at", Instant, nullable=False, comment="not before then"),
        Column("claimed_by", Id, comment="whoever sends it just now"),
        Column("claimed_until", Instant, comment="then others may, for that one is dead"),
        Column("attempts", Integer, nullable=False),
        Column(
            "handed_over_at",
            Instant,
            comment="when the last attempt began to hand over its end: without an end of that attempt nobody knows "
            "whether it arrived",
        ),
        Column(
            "is_repeat",
            Boolean,
            nullable=False,
            comment="an earlier attempt may have arrived: this is tried once more, and not again",
        ),
        Column("sent_at", Instant, comment="when the other side took it"),
        Column("skipped_at", Instant, comment="when it turned out that it is not to be sent"),
        Column("given_up_at", Instant, comment="refused for good, or tried for too long"),
        Column("last_error", Text, comment="what the last attempt met, or why it was skipped; NULL: nothing"),
    )


def due_index(table: str) -> Index:
    """Finds what waits, however many were sent."""
    waiting = text("sent_at IS NULL AND skipped_at IS NULL AND given_up_at IS NULL")
    return Index(f"ix_{table}_due_at", "due_at", sqlite_where=waiting, postgresql_where=waiting)
