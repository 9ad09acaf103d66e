"""Keeping and removing marks. Each act is audited; what was removed stays on the record."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.errors import VersionPassed
from config.kernel.principal import Principal
from consult_server.annotations import access
from consult_server.annotations.domain import (
    MARKS_PER_AUTHOR_MAX,
    AnnotationNotFound,
    AnnotationsTooMany,
    FrameUnknown,
    MarkKind,
    Point,
    checked_points,
)
from consult_server.annotations.events import AnnotationsChanged
from consult_server.annotations.tables import Annotation
from consult_server.audit.service import record
from consult_server.consults.access import institutions_reading
from consult_server.tables import outbox


@dataclass(frozen=True, kw_only=True)
class Marking:
    """What a reader marked."""

    kind: MarkKind
    series_instance_uid: str
    sop_instance_uid: str
    frame_number: int
    points: Sequence[Point]
    text: str


async def keep(
    tx: AsyncSession,
    principal: Principal,
    study_instance_uid: str,
    annotation_id: str,
    version: int,
    marking: Marking,
    now: datetime,
) -> Annotation:
    """Keep a mark as its author has it now; one that was removed comes back.

    Raises StudyNotFound, InstanceNotFound, AnnotationMisshapen, FrameUnknown, AnnotationsTooMany and what
    `access.own_mark` raises.
    """
    points = checked_points(marking.kind, marking.points)
    study = await access.readable_study(tx, principal, study_instance_uid)
    image = await access.readable_image(
        tx, principal, study, marking.series_instance_uid, marking.sop_instance_uid
    )
    if not 1 <= marking.frame_number <= max(1, image.number_of_frames):
        raise FrameUnknown(frame_number=marking.frame_number)
    row = await access.own_mark(tx, principal, study, annotation_id, version)
    verb = "change"
    if row is None:
        if await access.count_of(tx, study, principal.account_id) >= MARKS_PER_AUTHOR_MAX:
            raise AnnotationsTooMany(most=MARKS_PER_AUTHOR_MAX)
        author_id = principal.account_id
        row = Annotation(annotation_id=annotation_id, author_id=author_id, version=0, created_at=now)
        verb = "create"
    row.institution_id, row.study_instance_uid = study.institution_id, study.study_instance_uid
    row.series_instance_uid, row.sop_instance_uid = marking.series_instance_uid, marking.sop_instance_uid
    row.frame_number, row.kind = marking.frame_number, marking.kind.value
    row.points, row.text = points, marking.text
    await _store(tx, principal, row, verb, now)
    return row


async def remove(
    tx: AsyncSession,
    principal: Principal,
    study_instance_uid: str,
    annotation_id: str,
    version: int,
    now: datetime,
) -> Annotation:
    """Take a mark off the images. Raises StudyNotFound and what `access.own_mark` raises."""
    study = await access.readable_study(tx, principal, study_instance_uid)
    row = await access.own_mark(tx, principal, study, annotation_id, version)
    if row is None:
        raise AnnotationNotFound
    await _store(tx, principal, row, "remove", now)
    return row


async def _store(tx: AsyncSession, principal: Principal, row: Annotation, verb: str, now: datetime) -> None:
    row.version += 1
    row.changed_at = now
    row.removed_at = now if verb == "remove" else None
    try:
        async with tx.begin_nested():
            tx.add(row)
    except IntegrityError as error:
        raise VersionPassed(version=1) from error  # the same new mark, sent twice at once
    uid = row.study_instance_uid
    readers = await institutions_reading(tx, row.institution_id, uid)
    await outbox.add(
        tx, AnnotationsChanged(subject=uid, study_instance_uid=uid, institution_ids=readers), now
    )
    record(
        tx,
        principal,
        f"annotation.{verb}",
        "annotation",
        row.annotation_id,
        now,
        study=uid,
        version=row.version,
    )
