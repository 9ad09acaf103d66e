"""The Alembic tree of the `consult_` tables."""
