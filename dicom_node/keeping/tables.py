"""The `dicom_` tables of this package, in the metadata of `archive.tables`."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from dicom_node.archive.tables import Base


class Whereabouts(Base):
    """Where the bytes of one object are, when there is a bucket besides the local folder.

    `state` is one of `whereabouts.State`. `is_local` says that a copy lies in the folder, `read_at` when
    it was read last, as far as is known. A row is made by whoever sends on, soon after the object came.
    """

    __tablename__ = "dicom_whereabouts"
    __table_args__ = (
        Index("ix_dicom_whereabouts_due", "state", "next_attempt_at"),
        Index("ix_dicom_whereabouts_read", "is_local", "read_at"),
    )

    object_key: Mapped[str] = mapped_column(String(100), primary_key=True)
    state: Mapped[str] = mapped_column(String(16))
    object_bytes: Mapped[int] = mapped_column(BigInteger)
    is_local: Mapped[bool]
    read_at: Mapped[datetime]
    attempts: Mapped[int]
    next_attempt_at: Mapped[datetime]
    reason_code: Mapped[str] = mapped_column(String(80))
    noted_at: Mapped[datetime]
    verified_at: Mapped[datetime | None]


class Damage(Base):
    """An object of which no whole copy was found when it was read again, or not in both places.

    `integrity` is one of `archive.verification.Integrity`, as found first; `mended_by` is '' while it
    stands, else how it came right again (`damages.Mended`).
    """

    __tablename__ = "dicom_damage"
    __table_args__ = (Index("ix_dicom_damage_open", "mended_by", "checked_at"),)

    object_key: Mapped[str] = mapped_column(String(100), primary_key=True)
    integrity: Mapped[str] = mapped_column(String(16))
    found_at: Mapped[datetime]
    checked_at: Mapped[datetime]
    mended_at: Mapped[datetime | None]
    mended_by: Mapped[str] = mapped_column(String(16))


class Check(Base):
    """The reading again of everything that is stored: one row, the round at hand or the last one."""

    __tablename__ = "dicom_check"

    check_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    reached_key: Mapped[str] = mapped_column(String(100))
    objects: Mapped[int]
    bytes: Mapped[int] = mapped_column(BigInteger)
    faults: Mapped[int]
