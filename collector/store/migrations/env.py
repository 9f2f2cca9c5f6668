"""Alembic runs this: the connection, already in its transaction, is handed in by `collector.store.startup`."""

from alembic import context

from collector.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
