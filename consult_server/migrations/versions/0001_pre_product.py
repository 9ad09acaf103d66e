"""The product: institutions, people, patients, consults, reports, calls, audit, events."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001_pre"
down_revision = None
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _text(name: str, length: int) -> "sa.Column[str]":
    return sa.Column(name, sa.String(length), nullable=False)


def _refers(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=f"fk_{table}_{column}")


def _events() -> None:
    op.create_table(
        "consult_outbox",
        sa.Column("position", BIG, nullable=False),
        _text("event_id", 36),
        _text("name", 80),
        _text("subject", 80),
        sa.Column("payload", JSON, nullable=False),
        sa.Column("occurred_at", MOMENT, nullable=False),
        sa.Column("relayed_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("position", name="pk_consult_outbox"),
        sa.UniqueConstraint("event_id", name="uq_consult_outbox_event_id"),
    )
    op.create_index("ix_consult_outbox_relayed_at_position", "consult_outbox", ["relayed_at", "position"])
    op.create_table(
        "consult_inbox",
        _text("event_id", 36),
        _text("handler", 200),
        sa.Column("handled_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("event_id", "handler", name="pk_consult_inbox"),
    )
    op.create_table(
        "consult_dead_letter",
        _text("event_id", 36),
        _text("handler", 200),
        _text("name", 80),
        sa.Column("payload", JSON, nullable=False),
        sa.Column("buried_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("event_id", "handler", name="pk_consult_dead_letter"),
    )
    op.create_table(
        "consult_audit_entry",
        sa.Column("position", BIG, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        _text("account_id", 36),
        _text("institution_id", 36),
        _text("proof", 16),
        _text("address", 64),
        _text("action", 64),
        _text("object_type", 32),
        _text("object_id", 128),
        _text("outcome", 16),
        sa.Column("facts", JSON, nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_consult_audit_entry"),
    )
    op.create_index("ix_consult_audit_entry_account_id", "consult_audit_entry", ["account_id"])
    op.create_index("ix_consult_audit_entry_at", "consult_audit_entry", ["at"])
    op.create_index("ix_consult_audit_entry_object", "consult_audit_entry", ["object_type", "object_id"])


def _institutions() -> None:
    op.create_table(
        "consult_institution",
        _text("institution_id", 36),
        _text("name", 128),
        _text("level", 16),
        sa.Column("runs_centre", sa.Boolean(), nullable=False),
        _text("issuer_of_patient_id", 64),
        _text("phone", 32),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("institution_id", name="pk_consult_institution"),
        sa.UniqueConstraint("issuer_of_patient_id", name="uq_consult_institution_issuer_of_patient_id"),
        sa.UniqueConstraint("name", name="uq_consult_institution_name"),
    )
    op.create_table(
        "consult_agreement",
        _text("agreement_id", 36),
        _text("inviting_institution_id", 36),
        _text("invited_institution_id", 36),
        sa.Column("service_lines", JSON, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("agreement_id", name="pk_consult_agreement"),
        _refers("consult_agreement", "invited_institution_id", "consult_institution.institution_id"),
        _refers("consult_agreement", "inviting_institution_id", "consult_institution.institution_id"),
    )
    op.create_index(
        "ix_consult_agreement_pair",
        "consult_agreement",
        ["inviting_institution_id", "invited_institution_id"],
    )


def _people() -> None:
    op.create_table(
        "consult_account",
        _text("account_id", 36),
        _text("user", 64),
        _text("name", 64),
        _text("title", 32),
        _text("department", 64),
        _text("institution_id", 36),
        sa.Column("roles", JSON, nullable=False),
        sa.Column("service_lines", JSON, nullable=False),
        _text("locale", 8),
        _text("password_hash", 255),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", MOMENT, nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("demonstration", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("account_id", name="pk_consult_account"),
        _refers("consult_account", "institution_id", "consult_institution.institution_id"),
        sa.UniqueConstraint("user", name="uq_consult_account_user"),
    )
    op.create_index("ix_consult_account_institution_id", "consult_account", ["institution_id"])
    op.create_table(
        "consult_session",
        _text("session_id", 36),
        _text("token_sha256", 64),
        _text("account_id", 36),
        _text("address", 64),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("session_id", name="pk_consult_session"),
        _refers("consult_session", "account_id", "consult_account.account_id"),
        sa.UniqueConstraint("token_sha256", name="uq_consult_session_token_sha256"),
    )
    op.create_index("ix_consult_session_account_id", "consult_session", ["account_id"])
    op.create_table(
        "consult_api_token",
        _text("token_id", 36),
        _text("token_sha256", 64),
        _text("account_id", 36),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("token_id", name="pk_consult_api_token"),
        _refers("consult_api_token", "account_id", "consult_account.account_id"),
        sa.UniqueConstraint("token_sha256", name="uq_consult_api_token_token_sha256"),
    )
    op.create_index("ix_consult_api_token_account_id", "consult_api_token", ["account_id"])
    op.create_table(
        "consult_bootstrap",
        _text("token_sha256", 64),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("token_sha256", name="pk_consult_bootstrap"),
    )


def _patients() -> None:
    op.create_table(
        "consult_patient",
        _text("patient_id", 36),
        _text("institution_id", 36),
        _text("identifier", 64),
        _text("issuer", 64),
        _text("name", 64),
        _text("name_key", 400),
        _text("sex", 1),
        sa.Column("birth_date", sa.Date(), nullable=False),
        _text("id_no", 18),
        _text("phone", 32),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("patient_id", name="pk_consult_patient"),
        _refers("consult_patient", "institution_id", "consult_institution.institution_id"),
        sa.UniqueConstraint(
            "institution_id", "identifier", name="uq_consult_patient_institution_id_identifier"
        ),
    )
    op.create_index("ix_consult_patient_institution_name", "consult_patient", ["institution_id", "name_key"])


def _requests() -> None:
    op.create_table(
        "consult_request",
        _text("consult_id", 36),
        _text("number", 24),
        _text("case_kind", 16),
        _text("service_line", 16),
        _text("urgency", 16),
        sa.Column("urgency_rank", sa.Integer(), nullable=False),
        _text("urgency_reason", 200),
        _text("status", 16),
        sa.Column("version", sa.Integer(), nullable=False),
        _text("inviting_institution_id", 36),
        sa.Column("invited_institution_id", sa.String(36), nullable=True),
        _text("applicant_id", 36),
        sa.Column("patient_id", sa.String(36), nullable=True),
        sa.Column("specialist_id", sa.String(36), nullable=True),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("chief_complaint", sa.Text(), nullable=False),
        sa.Column("history", sa.Text(), nullable=False),
        _text("consent_kind", 24),
        sa.Column("consent_at", MOMENT, nullable=True),
        sa.Column("study_instance_uid", sa.String(64), nullable=True),
        _text("modality", 16),
        _text("body_part", 64),
        _text("study_description", 256),
        _text("accession_number", 64),
        _text("adoption", 16),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("submitted_at", MOMENT, nullable=True),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("signed_at", MOMENT, nullable=True),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("consult_id", name="pk_consult_request"),
        _refers("consult_request", "applicant_id", "consult_account.account_id"),
        _refers("consult_request", "invited_institution_id", "consult_institution.institution_id"),
        _refers("consult_request", "inviting_institution_id", "consult_institution.institution_id"),
        _refers("consult_request", "patient_id", "consult_patient.patient_id"),
        _refers("consult_request", "specialist_id", "consult_account.account_id"),
        sa.UniqueConstraint("number", name="uq_consult_request_number"),
    )
    op.create_index(
        "ix_consult_request_invited",
        "consult_request",
        ["invited_institution_id", "status", "urgency_rank", "due_at"],
    )
    op.create_index(
        "ix_consult_request_inviting", "consult_request", ["inviting_institution_id", "status", "consult_id"]
    )
    op.create_index(
        "ix_consult_request_specialist",
        "consult_request",
        ["specialist_id", "status", "urgency_rank", "due_at"],
    )
    op.create_index("ix_consult_request_study", "consult_request", ["study_instance_uid"])


def _traces() -> None:
    op.create_table(
        "consult_step",
        _text("step_id", 36),
        _text("consult_id", 36),
        _text("verb", 16),
        _text("status", 16),
        _text("actor_id", 36),
        _text("actor_name", 64),
        _text("subject_name", 64),
        _text("note", 400),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("step_id", name="pk_consult_step"),
        _refers("consult_step", "consult_id", "consult_request.consult_id"),
    )
    op.create_index("ix_consult_step_consult_id", "consult_step", ["consult_id"])
    op.create_table(
        "consult_evidence",
        _text("evidence_id", 36),
        _text("consult_id", 36),
        _text("verb", 16),
        _text("guard", 32),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("facts", JSON, nullable=False),
        _text("rules_version", 16),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("evidence_id", name="pk_consult_evidence"),
        _refers("consult_evidence", "consult_id", "consult_request.consult_id"),
    )
    op.create_index("ix_consult_evidence_consult_id", "consult_evidence", ["consult_id"])
    op.create_table(
        "consult_counter",
        _text("day", 8),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_consult_counter"),
    )


def _reports() -> None:
    op.create_table(
        "consult_report",
        _text("report_id", 36),
        _text("consult_id", 36),
        _text("author_id", 36),
        _text("template_id", 64),
        sa.Column("sections", JSON, nullable=False),
        sa.Column("positive", sa.Boolean(), nullable=True),
        _text("status", 16),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("saved_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("report_id", name="pk_consult_report"),
        _refers("consult_report", "author_id", "consult_account.account_id"),
        _refers("consult_report", "consult_id", "consult_request.consult_id"),
        sa.UniqueConstraint("consult_id", name="uq_consult_report_consult_id"),
    )
    op.create_table(
        "consult_report_version",
        _text("report_id", 36),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("canonical", sa.Text(), nullable=False),
        _text("sha256", 64),
        _text("pdf_key", 100),
        _text("signed_by", 36),
        sa.Column("signed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("report_id", "number", name="pk_consult_report_version"),
        _refers("consult_report_version", "report_id", "consult_report.report_id"),
        _refers("consult_report_version", "signed_by", "consult_account.account_id"),
    )


def _calls() -> None:
    op.create_table(
        "consult_invitation",
        _text("invitation_id", 36),
        _text("token_sha256", 64),
        _text("consult_id", 36),
        _text("invited_by", 36),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("tries_left", sa.Integer(), nullable=False),
        sa.Column("device_sha256", sa.String(64), nullable=True),
        sa.Column("first_used_at", MOMENT, nullable=True),
        sa.Column("recording_consent", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("invitation_id", name="pk_consult_invitation"),
        _refers("consult_invitation", "consult_id", "consult_request.consult_id"),
        _refers("consult_invitation", "invited_by", "consult_account.account_id"),
        sa.UniqueConstraint("token_sha256", name="uq_consult_invitation_token_sha256"),
    )
    op.create_index("ix_consult_invitation_consult_id", "consult_invitation", ["consult_id"])


def upgrade() -> None:
    """Make every table."""
    _events()
    _institutions()
    _people()
    _patients()
    _requests()
    _traces()
    _reports()
    _calls()
