"""The `dicom_` tables of this package, in the metadata of `archive.tables`. Nothing here names a patient."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from dicom_node.archive.tables import Base, Uid


class RetentionRule(Base):
    """How long studies are kept at least; None is any institution, any sender, any modality."""

    __tablename__ = "dicom_retention_rule"

    rule_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    institution_id: Mapped[str | None] = mapped_column(String(36))
    source_ae_title: Mapped[str | None] = mapped_column(String(16))
    modality: Mapped[str | None] = mapped_column(String(16))
    keep_months: Mapped[int]
    created_at: Mapped[datetime]


class LegalHold(Base):
    """A study that is sealed until somebody lifts the seal; `study_date` and the rest are for people."""

    __tablename__ = "dicom_legal_hold"
    __table_args__ = (Index("ix_dicom_legal_hold_study", "institution_id", "study_instance_uid"),)

    hold_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    institution_id: Mapped[str] = mapped_column(String(36))
    study_instance_uid: Mapped[str] = mapped_column(Uid)
    study_date: Mapped[str] = mapped_column(String(8))
    accession_number: Mapped[str] = mapped_column(String(64))
    modalities: Mapped[list[str]]
    reason: Mapped[str] = mapped_column(String(200))
    placed_by: Mapped[str] = mapped_column(String(64))
    placed_at: Mapped[datetime]
    lifted_by: Mapped[str | None] = mapped_column(String(64))
    lifted_at: Mapped[datetime | None]
    lifted_reason: Mapped[str | None] = mapped_column(String(200))


class Destruction(Base):
    """One approval: so many studies, looked through by a person, may be destroyed for this reason."""

    __tablename__ = "dicom_destruction"

    destruction_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    approved_by: Mapped[str] = mapped_column(String(64))
    approved_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(200))
    reach: Mapped[str | None] = mapped_column(String(36), index=True)
    studies: Mapped[int]
    bytes: Mapped[int] = mapped_column(BigInteger)


class DestroyedStudy(Base):
    """One study of an approval, and what remains of it when it is gone: the register of destruction.

    `state` is one of `destroying.State`; `kept_for` says why a study was kept after all
    (`domain.Kept`). `decided_at` is when its index rows went, in the same transaction.
    """

    __tablename__ = "dicom_destroyed_study"
    __table_args__ = (Index("ix_dicom_destroyed_study_uid", "study_instance_uid"),)

    destruction_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    institution_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    study_instance_uid: Mapped[str] = mapped_column(Uid, primary_key=True)
    study_date: Mapped[str] = mapped_column(String(8))
    accession_number: Mapped[str] = mapped_column(String(64))
    modalities: Mapped[list[str]]
    source_ae_title: Mapped[str] = mapped_column(String(16))
    keep_months: Mapped[int]
    instance_count: Mapped[int]
    byte_count: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(16))
    kept_for: Mapped[str] = mapped_column(String(16))
    decided_at: Mapped[datetime | None]


class Orphan(Base):
    """An object whose last instance was destroyed: its bytes go, unless somebody names them by then."""

    __tablename__ = "dicom_orphan"
    __table_args__ = (Index("ix_dicom_orphan_next", "next_at"),)

    object_key: Mapped[str] = mapped_column(String(100), primary_key=True)
    object_bytes: Mapped[int] = mapped_column(BigInteger)
    orphaned_at: Mapped[datetime]
    next_at: Mapped[datetime]
