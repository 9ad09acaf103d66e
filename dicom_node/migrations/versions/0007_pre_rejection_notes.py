"""Rejection notes and what they name; an index of the objects among which they are looked for."""

import sqlalchemy as sa
from alembic import op

revision = "0007_pre"
down_revision = "0006_pre"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
OF_KEY_OBJECTS = sa.text("sop_class_uid = '1.2.840.10008.5.1.4.1.1.88.59'")


def _text(name: str, length: int) -> "sa.Column[str]":
    return sa.Column(name, sa.String(length), nullable=False)


def upgrade() -> None:
    """Make the tables; selections that came before are read as if they had just come."""
    op.create_table(
        "dicom_rejection_note",
        _text("note_id", 36),
        _text("institution_id", 36),
        _text("sop_instance_uid", 64),
        _text("study_instance_uid", 64),
        _text("source_ae_title", 16),
        _text("title", 16),
        sa.Column("referenced", sa.Integer(), nullable=False),
        sa.Column("missing", sa.Integer(), nullable=False),
        sa.Column("noted_at", MOMENT, nullable=False),
        sa.Column("next_at", MOMENT, nullable=True),
        sa.Column("withdrawn_at", MOMENT, nullable=True),
        sa.Column("withdrawn_reason", sa.String(200), nullable=True),
        sa.PrimaryKeyConstraint("note_id", name="pk_dicom_rejection_note"),
    )
    op.create_index("ix_dicom_rejection_note_next", "dicom_rejection_note", ["next_at"])
    op.create_index(
        "ix_dicom_rejection_note_institution_uid",
        "dicom_rejection_note",
        ["institution_id", "sop_instance_uid"],
    )
    op.create_table(
        "dicom_rejected_object",
        _text("note_id", 36),
        _text("sop_instance_uid", 64),
        _text("institution_id", 36),
        sa.PrimaryKeyConstraint("note_id", "sop_instance_uid", name="pk_dicom_rejected_object"),
        sa.ForeignKeyConstraint(
            ["note_id"],
            ["dicom_rejection_note.note_id"],
            name="fk_dicom_rejected_object_note_id_dicom_rejection_note",
        ),
    )
    op.create_index(
        "ix_dicom_rejected_object_uid", "dicom_rejected_object", ["institution_id", "sop_instance_uid"]
    )
    op.create_index(
        "ix_dicom_instance_key_objects",
        "dicom_instance",
        ["instance_key"],
        sqlite_where=OF_KEY_OBJECTS,
        postgresql_where=OF_KEY_OBJECTS,
    )
