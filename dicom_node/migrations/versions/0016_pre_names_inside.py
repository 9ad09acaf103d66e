"""Names are found by any part of them: in SQLite by tables of our own, in PostgreSQL by pg_trgm."""

import logging

from alembic import op
from sqlalchemy.exc import DBAPIError

revision = "0016_pre"
down_revision = "0015_pre"
branch_labels = None
depends_on = None

logger = logging.getLogger(__name__)

TABLES = (
    """CREATE TABLE dicom_study_name (
        name_id INTEGER PRIMARY KEY AUTOINCREMENT,
        study_key VARCHAR(36) NOT NULL UNIQUE,
        noted INTEGER NOT NULL DEFAULT 0
    )""",
    "CREATE INDEX ix_dicom_study_name_waiting ON dicom_study_name (study_key) WHERE noted = 0",
    "CREATE TABLE dicom_study_name_gone (name_id INTEGER PRIMARY KEY)",
    """CREATE VIRTUAL TABLE dicom_study_name_text
        USING fts5(patient_name, patient_name_key, tokenize = 'trigram')""",
)
BEGIN = "INSERT INTO dicom_study_name (study_key) VALUES (new.study_key);"
END = """INSERT INTO dicom_study_name_gone
        SELECT name_id FROM dicom_study_name WHERE study_key = old.study_key AND noted = 1;
    DELETE FROM dicom_study_name WHERE study_key = old.study_key;"""
TRIGGERS = (
    f"CREATE TRIGGER dicom_study_named AFTER INSERT ON dicom_study BEGIN {BEGIN} END",
    f"""CREATE TRIGGER dicom_study_renamed AFTER UPDATE OF patient_name, patient_name_key ON dicom_study
        BEGIN {END} {BEGIN} END""",
    f"CREATE TRIGGER dicom_study_unnamed AFTER DELETE ON dicom_study BEGIN {END} END",
)
GRAMS = (
    "CREATE INDEX ix_dicom_study_name_grams ON dicom_study USING gin (patient_name gin_trgm_ops)",
    "CREATE INDEX ix_dicom_study_key_grams ON dicom_study USING gin (patient_name_key gin_trgm_ops)",
)


def upgrade() -> None:
    """Names that are there already are indexed by the node, some at a time."""
    if op.get_bind().dialect.name == "sqlite":
        for statement in (*TABLES, *TRIGGERS):
            op.execute(statement)
        op.execute("INSERT INTO dicom_study_name (study_key) SELECT study_key FROM dicom_study")
        return
    try:
        with op.get_bind().begin_nested():
            op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            for statement in GRAMS:
                op.execute(statement)
    except DBAPIError as error:  # not installed, or not ours to add: searches stay right, and slower
        logger.warning("names.no_index", extra={"reason": type(error.orig).__name__})
