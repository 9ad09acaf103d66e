"""Run by Alembic with the connection that `config.migrations` opened."""

from alembic import context

from consult_server.schema import metadata

VERSION_TABLE = "consult_alembic_version"

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    transaction_per_migration=False,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
