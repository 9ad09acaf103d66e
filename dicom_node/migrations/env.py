"""Run by Alembic with the connection that `dicom_node.migrate` opened."""

from alembic import context

from dicom_node.schema import is_mapped, metadata

VERSION_TABLE = "dicom_alembic_version"

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    transaction_per_migration=False,
    render_as_batch=True,
    include_name=is_mapped,
)
with context.begin_transaction():
    context.run_migrations()
