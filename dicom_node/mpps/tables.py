"""The rows of performed procedure steps."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dicom_node.archive.tables import Base


class PerformedStep(Base):
    """A performed procedure step as its modality told it. `document` is DICOM JSON of all its attributes."""

    __tablename__ = "dicom_performed_step"
    __table_args__ = (
        UniqueConstraint("institution_id", "sop_instance_uid"),
        Index("ix_dicom_performed_step_study", "institution_id", "study_instance_uid"),
    )

    step_key: Mapped[str] = mapped_column(String(36), primary_key=True)
    institution_id: Mapped[str] = mapped_column(String(36))
    sop_instance_uid: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16))
    study_instance_uid: Mapped[str] = mapped_column(String(64))
    source_ae_title: Mapped[str] = mapped_column(String(16))
    document: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class PerformedFor(Base):
    """Which entries of the worklist a performed step is about."""

    __tablename__ = "dicom_performed_for"

    entry_key: Mapped[str] = mapped_column(ForeignKey("dicom_worklist_entry.entry_key"), primary_key=True)
    step_key: Mapped[str] = mapped_column(ForeignKey("dicom_performed_step.step_key"), primary_key=True)
