"""Which peers are called over TLS; what is sent on and fetched."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0010_pre"
down_revision = "0009_pre"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """No peer is called over TLS, nothing is sent on."""
    op.add_column("dicom_peer", sa.Column("tls", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "dicom_forward_rule",
        sa.Column("rule_id", sa.String(36), nullable=False),
        sa.Column("institution_id", sa.String(36), nullable=False),
        sa.Column("source_ae_title", sa.String(16), nullable=True),
        sa.Column("modality", sa.String(16), nullable=True),
        sa.Column("destination", sa.String(16), nullable=False),
        sa.Column("commitment", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("rule_id", name="pk_dicom_forward_rule"),
    )
    op.create_index("ix_dicom_forward_rule_institution_id", "dicom_forward_rule", ["institution_id"])
    _transfers()
    op.create_table(
        "dicom_transfer_object",
        sa.Column("transfer_id", sa.String(36), nullable=False),
        sa.Column("sop_instance_uid", sa.String(64), nullable=False),
        sa.Column("sop_class_uid", sa.String(64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("confirmed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("transfer_id", "sop_instance_uid", name="pk_dicom_transfer_object"),
    )


def _transfers() -> None:
    op.create_table(
        "dicom_transfer",
        sa.Column("transfer_id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("institution_id", sa.String(36), nullable=False),
        sa.Column("study_key", sa.String(36), nullable=True),
        sa.Column("study_instance_uid", sa.String(64), nullable=False),
        sa.Column("study_date", sa.String(8), nullable=False),
        sa.Column("modalities", JSON, nullable=False),
        sa.Column("peer_ae_title", sa.String(16), nullable=False),
        sa.Column("rule_id", sa.String(36), nullable=True),
        sa.Column("requested_by", sa.String(36), nullable=True),
        sa.Column("commitment", sa.Boolean(), nullable=False),
        sa.Column("delivery", sa.String(16), nullable=False),
        sa.Column("acknowledgement", sa.String(16), nullable=False),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("total", "done", "refused", "attempts", "asks")
        ),
        sa.Column("next_at", MOMENT, nullable=True),
        sa.Column("ask_at", MOMENT, nullable=True),
        sa.Column("reason", sa.String(80), nullable=False),
        sa.Column("detail", sa.String(120), nullable=False),
        sa.Column("commitment_uid", sa.String(64), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("transfer_id", name="pk_dicom_transfer"),
    )
    for name, columns in (
        ("due", ["delivery", "next_at"]),
        ("ask", ["acknowledgement", "ask_at"]),
        ("study", ["study_key", "rule_id"]),
        ("commitment", ["commitment_uid"]),
        ("institution", ["institution_id", "created_at"]),
    ):
        op.create_index(f"ix_dicom_transfer_{name}", "dicom_transfer", columns)
