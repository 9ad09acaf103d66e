"""The `dicom_` tables of this package, in the metadata of `archive.tables`."""

from datetime import datetime

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from dicom_node.archive.tables import Base


class Use(Base):
    """How many bytes of objects an institution has, in several rows so that several writers do not wait.

    Kept in the transaction that adds or removes the instances; the sum of an institution's rows counts.
    """

    __tablename__ = "dicom_use"

    institution_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    slot: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    bytes: Mapped[int] = mapped_column(BigInteger)


class Quota(Base):
    """How many bytes an institution may have; one without a row may have any number."""

    __tablename__ = "dicom_quota"

    institution_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    bytes: Mapped[int] = mapped_column(BigInteger)
    changed_at: Mapped[datetime]
