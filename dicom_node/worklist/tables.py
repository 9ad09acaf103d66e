"""The rows of the Modality Worklist."""

from datetime import datetime

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dicom_node.archive.tables import Base


class WorklistEntry(Base):
    """One scheduled procedure step of one institution (PS3.4 K.6.1.2). Texts are '' where nothing is known.

    `entry_key` is the orderer's own key. `state` is `domain.EntryState`; dates and times are DA and TM.
    """

    __tablename__ = "dicom_worklist_entry"
    __table_args__ = (
        UniqueConstraint(
            "institution_id", "study_instance_uid", "scheduled_step_id", name="uq_dicom_worklist_entry_step"
        ),
        Index("ix_dicom_worklist_institution_state", "institution_id", "state", "start_date", "start_time"),
        Index("ix_dicom_worklist_institution_accession", "institution_id", "accession_number"),
    )

    entry_key: Mapped[str] = mapped_column(String(36), primary_key=True)
    institution_id: Mapped[str] = mapped_column(String(36))
    state: Mapped[str] = mapped_column(String(16))
    patient_name: Mapped[str] = mapped_column(String(330))
    patient_name_key: Mapped[str] = mapped_column(String(400))
    patient_id: Mapped[str] = mapped_column(String(64))
    issuer_of_patient_id: Mapped[str] = mapped_column(String(64))
    patient_birth_date: Mapped[str] = mapped_column(String(8))
    patient_sex: Mapped[str] = mapped_column(String(16))
    accession_number: Mapped[str] = mapped_column(String(16))
    accession_issuer: Mapped[str] = mapped_column(String(64))
    requesting_physician_name: Mapped[str] = mapped_column(String(330))
    requesting_service: Mapped[str] = mapped_column(String(64))
    institution_name: Mapped[str] = mapped_column(String(64))
    requested_procedure_id: Mapped[str] = mapped_column(String(16))
    requested_procedure_description: Mapped[str] = mapped_column(String(64))
    requested_procedure_priority: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(64))
    study_instance_uid: Mapped[str] = mapped_column(String(64))
    scheduled_step_id: Mapped[str] = mapped_column(String(16))
    scheduled_step_description: Mapped[str] = mapped_column(String(64))
    station_ae_title: Mapped[str] = mapped_column(String(16))
    station_name: Mapped[str] = mapped_column(String(16))
    location: Mapped[str] = mapped_column(String(16))
    start_date: Mapped[str] = mapped_column(String(8))
    start_time: Mapped[str] = mapped_column(String(6))
    modality: Mapped[str] = mapped_column(String(16))
    body_part_examined: Mapped[str] = mapped_column(String(16))
    performing_physician_name: Mapped[str] = mapped_column(String(330))
    changed_at: Mapped[datetime]
