"""What administrators decide about retention, each inside the caller's transaction; who may is above."""

from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.errors import Conflict, NotFound
from config.kernel.ids import new_id
from dicom_node.archive.tables import outbox
from dicom_node.events import DestructionApproved
from dicom_node.retention import queries
from dicom_node.retention.destroying import State
from dicom_node.retention.domain import Rule, RuleExists, check_keep_time
from dicom_node.retention.queries import Needed, Preview
from dicom_node.retention.tables import DestroyedStudy, Destruction, LegalHold, RetentionRule


class PreviewPassed(Conflict):
    """What could be destroyed is not what was shown any more; look through it again."""

    code = "dicom.retention_preview_passed"


class NothingToDestroy(Conflict):
    """No study is past its time."""

    code = "dicom.retention_nothing"


class StudyUnknown(NotFound):
    """No study of this institution has that accession number or Study Instance UID."""

    code = "dicom.retention_study_unknown"


class HoldExists(Conflict):
    """The study is sealed already."""

    code = "dicom.hold_exists"


async def add_rule(tx: AsyncSession, rule: Rule, now: datetime) -> RetentionRule:
    """Keep so long what the rule is for. Raises KeepTimeRefused or RuleExists."""
    check_keep_time(rule.keep_months)
    if await queries.same_rule(tx, rule.scope):
        raise RuleExists
    institution_id, source, modality = rule.scope
    row = RetentionRule(
        rule_id=new_id(),
        institution_id=institution_id,
        source_ae_title=source,
        modality=modality,
        keep_months=rule.keep_months,
        created_at=now,
    )
    tx.add(row)
    await tx.flush()
    return row


async def hold(
    tx: AsyncSession, institution_id: str, called: str, *, reason: str, placed_by: str, now: datetime
) -> list[LegalHold]:
    """Seal what is called so by accession number or UID. Raises StudyUnknown or HoldExists."""
    studies = {
        study.study_instance_uid: study
        for study in await queries.studies_called(tx, institution_id, called.strip())
    }
    if not studies:
        raise StudyUnknown
    rows = [
        LegalHold(
            hold_id=new_id(),
            institution_id=institution_id,
            study_instance_uid=uid,
            study_date=study.study_date,
            accession_number=study.accession_number,
            modalities=study.modalities,
            reason=reason,
            placed_by=placed_by,
            placed_at=now,
            lifted_by=None,
            lifted_at=None,
            lifted_reason=None,
        )
        for uid, study in studies.items()
        if not await queries.is_held(tx, (institution_id, uid))
    ]
    if not rows:
        raise HoldExists
    tx.add_all(rows)
    await tx.flush()
    return rows


async def lift(
    tx: AsyncSession, reach: str | None, hold_id: str, *, reason: str, lifted_by: str, now: datetime
) -> LegalHold:
    """Lift a seal; the row stays. Raises HoldNotFound or HoldLifted."""
    row = await queries.hold(tx, reach, hold_id)
    row.lifted_by, row.lifted_at, row.lifted_reason = lifted_by, now, reason
    return row


async def approve(
    tx: AsyncSession,
    reach: str | None,
    digest: str,
    *,
    needed: Needed,
    reason: str,
    approved_by: str,
    now: datetime,
) -> Destruction:
    """Let go of what was shown under `digest`, and of nothing else; each study is judged again then.

    Raises NothingToDestroy or PreviewPassed.
    """
    found: Preview = await tx.run_sync(
        lambda session: queries.preview(session.connection(), reach, needed, now)
    )
    if not found.candidates:
        raise NothingToDestroy
    if found.digest != digest:
        raise PreviewPassed
    row = Destruction(
        destruction_id=new_id(),
        approved_by=approved_by,
        approved_at=now,
        reason=reason,
        reach=reach,
        studies=len(found.candidates),
        bytes=sum(one.byte_count for one in found.candidates),
    )
    tx.add(row)
    for one in found.candidates:
        tx.add(
            DestroyedStudy(
                destruction_id=row.destruction_id,
                institution_id=one.institution_id,
                study_instance_uid=one.study_instance_uid,
                study_date=one.study_date,
                accession_number=one.accession_number,
                modalities=one.modalities,
                source_ae_title=one.source_ae_title,
                keep_months=one.keep_months,
                instance_count=one.instance_count,
                byte_count=one.byte_count,
                state=State.APPROVED.value,
                kept_for="",
                decided_at=None,
            )
        )
    events = [
        DestructionApproved(
            subject=row.destruction_id,
            destruction_id=row.destruction_id,
            institution_id=one.institution_id,
            study_instance_uid=one.study_instance_uid,
        )
        for one in found.candidates
    ]
    await tx.execute(insert(outbox.table), [outbox.row(event, now) for event in events])
    return row
