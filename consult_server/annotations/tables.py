"""Rows of marks. The study is named as the archive names it: an institution's copy of a UID."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from consult_server.tables import Base


class Annotation(Base):
    """One mark of one reader as they last left it; `removed_at` takes it off the images, not the record."""

    __tablename__ = "consult_annotation"
    __table_args__ = (
        Index("ix_consult_annotation_study", "study_instance_uid", "institution_id", "created_at"),
    )

    annotation_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    institution_id: Mapped[str] = mapped_column(String(36))
    study_instance_uid: Mapped[str] = mapped_column(String(64))
    series_instance_uid: Mapped[str] = mapped_column(String(64))
    sop_instance_uid: Mapped[str] = mapped_column(String(64))
    frame_number: Mapped[int]
    author_id: Mapped[str] = mapped_column(ForeignKey("consult_account.account_id"))
    version: Mapped[int]
    kind: Mapped[str] = mapped_column(String(16))
    points: Mapped[list[Any]]
    text: Mapped[str] = mapped_column(String(400))
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]


class Filed(Base):
    """One filing of a reader's marks with a study, the objects of which are durable in the archive.

    `marks` are the versions filed, by annotation; `content_sha256` is of all that the reader filed.
    `objects` are [series, SOP class, SOP instance] of what was written.
    """

    __tablename__ = "consult_filing"
    __table_args__ = (
        UniqueConstraint(
            "study_instance_uid", "institution_id", "author_id", "number", name="uq_consult_filing_number"
        ),
    )

    filing_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    institution_id: Mapped[str] = mapped_column(String(36))
    study_instance_uid: Mapped[str] = mapped_column(String(64))
    author_id: Mapped[str] = mapped_column(ForeignKey("consult_account.account_id"))
    number: Mapped[int]
    content_sha256: Mapped[str] = mapped_column(String(64))
    marks: Mapped[dict[str, Any]]
    objects: Mapped[list[Any]]
    filed_at: Mapped[datetime]
