"""Filing a reader's marks with their study as DICOM objects.

Filing has two halves, as signing has. `prepare` composes without holding the database; the caller writes the
objects and stores them by the archive's own intake; `seal` then records what was filed. The objects follow
from what is filed, so that a filing that broke off in between writes the same ones again.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.errors import VersionPassed
from config.kernel.ids import new_id
from config.kernel.principal import Principal
from consult_server.annotations import access
from consult_server.annotations.domain import MarksMoved
from consult_server.annotations.schemas import FiledMarkIn, FilingIn
from consult_server.annotations.tables import Annotation, Filed
from consult_server.audit.service import record
from consult_server.identity.access import account_by_id
from consult_server.identity.domain import READERS, require_role
from consult_server.institutions.queries import institution
from consult_server.patients.names import person_name
from dicom_node.archive.queries import images_named
from dicom_node.archive.tables import Instance, Series, Study
from viewer.objects.marked import Figure, Filing, Look, Mark, MarkedImage, NothingToFile, Reference


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """What is to be filed, before its images were read; or the filing that says just this already."""

    study: Study
    author_name: str
    institution_name: str
    wanted: FilingIn
    rows: Sequence[Annotation]
    images: Sequence[tuple[Series, Instance]]
    changed_at: datetime
    before: Filed | None
    content_sha256: str

    @property
    def already(self) -> Filed | None:
        """The last filing, when nothing has changed since."""
        same = self.before is not None and self.before.content_sha256 == self.content_sha256
        return self.before if same else None


async def prepare(
    view: AsyncSession, principal: Principal, study_instance_uid: str, wanted: FilingIn
) -> Prepared:
    """All of the caller's marks as they see them.

    Raises StudyNotFound, RoleMissing, NothingToFile; MarksMoved when the server has others of theirs.
    """
    study = await access.readable_study(view, principal, study_instance_uid)
    require_role(principal, *READERS)
    every = await access.all_of(view, study, principal.account_id)
    rows = [row for row in every if row.removed_at is None]
    if {row.annotation_id: row.version for row in rows} != versions(wanted.marks):
        raise MarksMoved
    if not rows:
        raise NothingToFile
    return Prepared(
        study=study,
        author_name=(await account_by_id(view, principal.account_id)).name,
        institution_name=(await institution(view, principal.institution_id)).name,
        wanted=wanted,
        rows=rows,
        images=await images_named(view, study.study_key, {row.sop_instance_uid for row in rows}),
        changed_at=max(row.changed_at for row in every),
        before=await access.last_filing(view, study, principal.account_id),
        content_sha256=content_of(wanted),
    )


def versions(marks: Sequence[FiledMarkIn]) -> dict[str, int]:
    """Which version of each mark is filed."""
    return {mark.annotation_id: mark.version for mark in marks}


def content_of(wanted: FilingIn) -> str:
    """A digest of all that is filed, whatever the order in which it was told."""
    told = wanted.model_dump(mode="json")
    told["marks"].sort(key=lambda mark: mark["annotation_id"])
    told["looks"].sort(key=lambda look: look["series_instance_uid"])
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def composed(prepared: Prepared, images: Mapping[str, MarkedImage], zone: ZoneInfo) -> Filing:
    """The filing as it is written; marks on images that the archive no longer has are left out."""
    said = {mark.annotation_id: mark for mark in prepared.wanted.marks}
    study, rows = prepared.study, [row for row in prepared.rows if row.sop_instance_uid in images]
    if not rows:
        raise NothingToFile
    return Filing(
        series_seed=f"{study.institution_id} {study.study_instance_uid} {rows[0].author_id}",
        number=1 if prepared.before is None else prepared.before.number + 1,
        at=prepared.changed_at.astimezone(zone),
        person_name=person_name(prepared.author_name),
        institution_name=prepared.institution_name,
        language=prepared.wanted.language,
        marks=[mark_of(row, said[row.annotation_id]) for row in rows],
        images={uid: images[uid] for uid in {row.sop_instance_uid for row in rows}},
        looks=looks_of(prepared.wanted),
        before=[] if prepared.before is None else references_of(prepared.before),
    )


def mark_of(row: Annotation, said: FiledMarkIn) -> Mark:
    """One mark with what its author saw of it."""
    return Mark(
        mark_id=row.annotation_id,
        version=row.version,
        kind=row.kind,
        sop_instance_uid=row.sop_instance_uid,
        frame_number=row.frame_number,
        points=[(x, y) for x, y in row.points],
        lines=said.lines or ([row.text] if row.text else []),
        figures=[Figure(name=one.name, value=one.value, unit=one.unit) for one in said.figures],
    )


def looks_of(wanted: FilingIn) -> dict[str, Look]:
    """How each series was looked at."""
    return {
        one.series_instance_uid: Look(
            window=None if one.center is None or one.width is None else (one.center, one.width),
            inverted=one.inverted,
            quarters=one.quarters,
            flipped=one.flipped,
        )
        for one in wanted.looks
    }


def references_of(filed: Filed) -> list[Reference]:
    """The objects of a filing."""
    return [
        Reference(
            study_instance_uid=filed.study_instance_uid,
            series_instance_uid=series,
            sop_class_uid=sop_class,
            sop_instance_uid=instance,
        )
        for series, sop_class, instance in filed.objects
    ]


async def seal(
    tx: AsyncSession, principal: Principal, prepared: Prepared, objects: Sequence[Reference], now: datetime
) -> Filed:
    """Record what was filed. Raises VersionPassed when another filing of the caller came first."""
    number = 1 if prepared.before is None else prepared.before.number + 1
    row = Filed(
        filing_id=new_id(),
        institution_id=prepared.study.institution_id,
        study_instance_uid=prepared.study.study_instance_uid,
        author_id=principal.account_id,
        number=number,
        content_sha256=prepared.content_sha256,
        marks=versions(prepared.wanted.marks),
        objects=[[one.series_instance_uid, one.sop_class_uid, one.sop_instance_uid] for one in objects],
        filed_at=now,
    )
    try:
        async with tx.begin_nested():
            tx.add(row)
    except IntegrityError as error:
        raise VersionPassed(version=number) from error
    uid = prepared.study.study_instance_uid
    record(tx, principal, "annotation.file", "study", uid, now, number=number, objects=len(objects))
    return row
