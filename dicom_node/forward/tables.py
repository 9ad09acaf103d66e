"""The queue of what is sent on or fetched, and the rules that fill it. Nothing here names a patient."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, false
from sqlalchemy.orm import Mapped, mapped_column

from dicom_node.archive.tables import Base, Uid


class ForwardRule(Base):
    """What is sent on to `destination` once it has settled; None is any sender, any modality."""

    __tablename__ = "dicom_forward_rule"

    rule_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    institution_id: Mapped[str] = mapped_column(String(36), index=True)
    source_ae_title: Mapped[str | None] = mapped_column(String(16))
    modality: Mapped[str | None] = mapped_column(String(16))
    destination: Mapped[str] = mapped_column(String(16))
    commitment: Mapped[bool] = mapped_column(server_default=false())
    enabled: Mapped[bool]
    created_at: Mapped[datetime]


class Transfer(Base):
    """One study on its way to a peer (`kind` send) or from one (fetch), or word of one (notify).

    `delivery` and `acknowledgement` are the two axes of `forward.domain`. `done` of `total` objects are
    confirmed, `refused` ones are not wanted there. `reason` is the code of what stood in the way last,
    `detail` the peer's own words for it; `next_at` and `ask_at` are when to go on.
    """

    __tablename__ = "dicom_transfer"
    __table_args__ = (
        Index("ix_dicom_transfer_due", "delivery", "next_at"),
        Index("ix_dicom_transfer_ask", "acknowledgement", "ask_at"),
        Index("ix_dicom_transfer_study", "study_key", "rule_id"),
        Index("ix_dicom_transfer_commitment", "commitment_uid"),
        Index("ix_dicom_transfer_institution", "institution_id", "created_at"),
    )

    transfer_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))
    institution_id: Mapped[str] = mapped_column(String(36))
    study_key: Mapped[str | None] = mapped_column(String(36))
    study_instance_uid: Mapped[str] = mapped_column(Uid)
    study_date: Mapped[str] = mapped_column(String(8))
    modalities: Mapped[list[str]]
    peer_ae_title: Mapped[str] = mapped_column(String(16))
    rule_id: Mapped[str | None] = mapped_column(String(36))
    requested_by: Mapped[str | None] = mapped_column(String(36))
    commitment: Mapped[bool]
    delivery: Mapped[str] = mapped_column(String(16))
    acknowledgement: Mapped[str] = mapped_column(String(16))
    total: Mapped[int]
    done: Mapped[int]
    refused: Mapped[int]
    attempts: Mapped[int]
    asks: Mapped[int]
    next_at: Mapped[datetime | None]
    ask_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(String(80))
    detail: Mapped[str] = mapped_column(String(120))
    commitment_uid: Mapped[str | None] = mapped_column(Uid)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class TransferObject(Base):
    """An object that the peer of a transfer has confirmed, with the status it answered."""

    __tablename__ = "dicom_transfer_object"

    transfer_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    sop_instance_uid: Mapped[str] = mapped_column(Uid, primary_key=True)
    sop_class_uid: Mapped[str] = mapped_column(Uid)
    status: Mapped[int]
    confirmed_at: Mapped[datetime]


class AvailabilityNotice(Base):
    """What a job of the kind notify says: `objects` are series, SOP class and instance of what is gone."""

    __tablename__ = "dicom_availability_notice"

    transfer_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    availability: Mapped[str] = mapped_column(String(16))
    objects: Mapped[list[Any]]
