"""The `dicom_` tables. UIDs cross to other owners, foreign keys never do.

A study belongs to the institution whose peer sent it: the same UIDs from two institutions are
two studies (the same Patient ID from two hospitals never merges), though equal bytes are kept
once, because objects are named by their SHA-256.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, UniqueConstraint, false, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from config.kernel.inbox import Inbox
from config.kernel.outbox import Outbox
from config.kernel.tables import registry_for


class Base(DeclarativeBase):
    """The declarative base of the `dicom_` tables."""

    registry = registry_for("dicom")


outbox = Outbox("dicom", Base.metadata)
inbox = Inbox("dicom", Base.metadata)

Uid = String(64)
OF_KEY_OBJECTS = "sop_class_uid = '1.2.840.10008.5.1.4.1.1.88.59'"
"""Key Object Selection Documents, among which rejection notes are looked for."""


class Peer(Base):
    """A DICOM application entity we know: who it is, where it is, whose it is."""

    __tablename__ = "dicom_peer"

    ae_title: Mapped[str] = mapped_column(String(16), primary_key=True)
    institution_id: Mapped[str] = mapped_column(String(36), index=True)
    institution_name: Mapped[str] = mapped_column(String(128))
    host: Mapped[str | None] = mapped_column(String(255))
    port: Mapped[int | None]
    issuer_of_patient_id: Mapped[str] = mapped_column(String(64))
    enabled: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime | None]
    last_seen_address: Mapped[str | None] = mapped_column(String(64))
    certificate: Mapped[str | None] = mapped_column(String(80))
    tls: Mapped[bool] = mapped_column(default=False, server_default=false())
    availability: Mapped[bool] = mapped_column(default=False, server_default=false())


class Study(Base):
    """One institution's copy of a study (PS3.3 C.7.2). Names are corrected Unicode text."""

    __tablename__ = "dicom_study"
    __table_args__ = (
        UniqueConstraint("institution_id", "study_instance_uid"),
        Index("ix_dicom_study_uid", "study_instance_uid"),
        Index(
            "ix_dicom_study_institution_newest",
            *("institution_id", "study_date", "study_time", "study_key"),
            "patient_name",  # looked at on the way through the newest
        ),
        Index("ix_dicom_study_institution_arrived", "institution_id", "last_received_at"),
        Index("ix_dicom_study_institution_patient", "institution_id", "patient_id"),
        Index("ix_dicom_study_institution_accession", "institution_id", "accession_number"),
        Index("ix_dicom_study_institution_name", "institution_id", "patient_name_key"),
        Index("ix_dicom_study_unsettled", "settled_at", "last_received_at"),
    )

    study_key: Mapped[str] = mapped_column(String(36), primary_key=True)
    institution_id: Mapped[str] = mapped_column(String(36))
    study_instance_uid: Mapped[str] = mapped_column(Uid)
    patient_id: Mapped[str] = mapped_column(String(64))
    issuer_of_patient_id: Mapped[str] = mapped_column(String(64))
    patient_name: Mapped[str] = mapped_column(String(330))
    patient_name_key: Mapped[str] = mapped_column(String(400))
    patient_birth_date: Mapped[str] = mapped_column(String(8))
    patient_sex: Mapped[str] = mapped_column(String(16))
    study_date: Mapped[str] = mapped_column(String(8))
    study_time: Mapped[str] = mapped_column(String(16))
    study_id: Mapped[str] = mapped_column(String(16))
    accession_number: Mapped[str] = mapped_column(String(64))
    study_description: Mapped[str] = mapped_column(String(256))
    referring_physician_name: Mapped[str] = mapped_column(String(330))
    modalities: Mapped[list[str]]
    series_count: Mapped[int]
    instance_count: Mapped[int]
    byte_count: Mapped[int] = mapped_column(BigInteger)
    source_ae_title: Mapped[str] = mapped_column(String(16))
    first_received_at: Mapped[datetime]
    last_received_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    version: Mapped[int]


class Series(Base):
    """One series of one institution's copy of a study (PS3.3 C.7.3)."""

    __tablename__ = "dicom_series"
    __table_args__ = (UniqueConstraint("study_key", "series_instance_uid"),)

    series_key: Mapped[str] = mapped_column(String(36), primary_key=True)
    study_key: Mapped[str] = mapped_column(ForeignKey("dicom_study.study_key"))
    series_instance_uid: Mapped[str] = mapped_column(Uid, index=True)
    modality: Mapped[str] = mapped_column(String(16))
    series_number: Mapped[int | None]
    series_description: Mapped[str] = mapped_column(String(256))
    body_part_examined: Mapped[str] = mapped_column(String(64))
    performed_procedure_step_start_date: Mapped[str] = mapped_column(String(8))
    instance_count: Mapped[int]
    version: Mapped[int]


class Instance(Base):
    """One stored object: facts for lists, precomputed metadata, where its bytes and frames lie.

    `object_key` names a Part 10 file. `dataset_offset` is where the data set starts in it,
    `pixel_offset` and `pixel_bytes` where the Pixel Data value lies (native) or its first item
    (encapsulated); `frame_offsets` holds [start, end] byte pairs in the file for each frame when
    they are known. `metadata_json` is zlib-compressed DICOM JSON (PS3.18 F) without bulk data.
    """

    __tablename__ = "dicom_instance"
    __table_args__ = (
        UniqueConstraint("institution_id", "sop_instance_uid"),
        Index("ix_dicom_instance_series_number", "series_key", "instance_number"),
        Index("ix_dicom_instance_uid", "sop_instance_uid"),
        Index("ix_dicom_instance_object", "object_key"),
        Index(
            "ix_dicom_instance_key_objects",
            "instance_key",
            sqlite_where=text(OF_KEY_OBJECTS),
            postgresql_where=text(OF_KEY_OBJECTS),
        ),
    )

    instance_key: Mapped[str] = mapped_column(String(36), primary_key=True)
    series_key: Mapped[str] = mapped_column(ForeignKey("dicom_series.series_key"))
    institution_id: Mapped[str] = mapped_column(String(36))
    sop_instance_uid: Mapped[str] = mapped_column(Uid)
    sop_class_uid: Mapped[str] = mapped_column(Uid)
    transfer_syntax_uid: Mapped[str] = mapped_column(Uid)
    instance_number: Mapped[int | None]
    number_of_frames: Mapped[int]
    rows: Mapped[int | None]
    columns: Mapped[int | None]
    object_key: Mapped[str] = mapped_column(String(100))
    object_bytes: Mapped[int] = mapped_column(BigInteger)
    dataset_offset: Mapped[int]
    dataset_sha256: Mapped[str] = mapped_column(String(64))
    pixel_offset: Mapped[int | None] = mapped_column(BigInteger)
    pixel_bytes: Mapped[int | None] = mapped_column(BigInteger)
    frame_offsets: Mapped[list[Any]]
    metadata_json: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[datetime]


class Quarantine(Base):
    """An object that was refused a place in the archive, kept with the reason for a person to see.

    `kind` "conflict" is another content under a SOP Instance UID that is taken: `dataset_sha256` is
    the refused data set's, `kept_sha256` that of the one which stays. `decision` is None while a
    person has yet to decide; `received_at` is when it last came, `times` how often.
    """

    __tablename__ = "dicom_quarantine"
    __table_args__ = (
        Index("ix_dicom_quarantine_decision_received", "decision", "received_at"),
        Index("ix_dicom_quarantine_object", "object_key"),
    )

    quarantine_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    institution_id: Mapped[str] = mapped_column(String(36), index=True)
    source_ae_title: Mapped[str] = mapped_column(String(16))
    sop_instance_uid: Mapped[str] = mapped_column(String(128))
    reason_code: Mapped[str] = mapped_column(String(80))
    reason: Mapped[str] = mapped_column(String(400))
    object_key: Mapped[str | None] = mapped_column(String(100))
    received_at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(16), server_default="refused")
    object_bytes: Mapped[int | None] = mapped_column(BigInteger)
    dataset_sha256: Mapped[str | None] = mapped_column(String(64))
    kept_sha256: Mapped[str | None] = mapped_column(String(64))
    times: Mapped[int] = mapped_column(server_default="1")
    decision: Mapped[str | None] = mapped_column(String(16))
    decided_at: Mapped[datetime | None]
    decision_reason: Mapped[str | None] = mapped_column(String(200))


class RejectionNote(Base):
    """A Key Object Selection that was read (`rejection.note`); `note_id` is its instance's key.

    `title` is '' for one that rejects nothing. `missing` of the `referenced` objects had not come when
    they were looked for last; `next_at` is when they are looked for again.
    """

    __tablename__ = "dicom_rejection_note"
    __table_args__ = (
        Index("ix_dicom_rejection_note_next", "next_at"),
        Index("ix_dicom_rejection_note_institution_uid", "institution_id", "sop_instance_uid"),
    )

    note_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    institution_id: Mapped[str] = mapped_column(String(36))
    sop_instance_uid: Mapped[str] = mapped_column(Uid)
    study_instance_uid: Mapped[str] = mapped_column(Uid)
    source_ae_title: Mapped[str] = mapped_column(String(16))
    title: Mapped[str] = mapped_column(String(16))
    referenced: Mapped[int]
    missing: Mapped[int]
    noted_at: Mapped[datetime]
    next_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[str | None] = mapped_column(String(200))


class RejectedObject(Base):
    """One object that a rejection note names, whether it has come or not."""

    __tablename__ = "dicom_rejected_object"
    __table_args__ = (Index("ix_dicom_rejected_object_uid", "institution_id", "sop_instance_uid"),)

    note_id: Mapped[str] = mapped_column(ForeignKey("dicom_rejection_note.note_id"), primary_key=True)
    sop_instance_uid: Mapped[str] = mapped_column(Uid, primary_key=True)
    institution_id: Mapped[str] = mapped_column(String(36))


class Commitment(Base):
    """A storage commitment request of a peer's (PS3.4 J), and how far it has come (`commitment.model`).

    `objects` holds [SOP class, SOP instance] pairs, `failures` [SOP class, SOP instance, reason],
    None while nothing has been checked. `next_at` is when somebody is to look at it again; what has
    ended is forgotten then. `fault` says why the last report did not arrive.
    """

    __tablename__ = "dicom_commitment"
    __table_args__ = (
        UniqueConstraint("ae_title", "transaction_uid", "fingerprint"),
        Index("ix_dicom_commitment_state_next", "state", "next_at"),
    )

    commitment_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    institution_id: Mapped[str] = mapped_column(String(36))
    ae_title: Mapped[str] = mapped_column(String(16))
    transaction_uid: Mapped[str] = mapped_column(Uid)
    fingerprint: Mapped[str] = mapped_column(String(64))
    duplicate: Mapped[bool]
    objects: Mapped[list[Any]]
    failures: Mapped[list[Any] | None]
    state: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int]
    fault: Mapped[str] = mapped_column(String(80))
    requested_at: Mapped[datetime]
    checked_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    next_at: Mapped[datetime]


class Receiver(Base):
    """What one receiving process does now, as it said last (`activity.Snapshot`)."""

    __tablename__ = "dicom_receiver"

    receiver_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    host_name: Mapped[str] = mapped_column(String(64))
    process_id: Mapped[int]
    number: Mapped[int]
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    facts: Mapped[dict[str, Any]]
