"""Writing a request: start a draft, change it while it is editable, discard it."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.errors import NotFound
from config.kernel.ids import new_id
from config.kernel.principal import Principal
from consult_server.audit.service import record
from consult_server.consults import queries
from consult_server.consults.access import get_consult_version
from consult_server.consults.domain import (
    EDITABLE,
    URGENCY_RANK,
    CaseKind,
    ServiceLine,
    Side,
    Status,
    StepNotPossible,
    StepNotYours,
    Urgency,
)
from consult_server.consults.steps import announce
from consult_server.consults.tables import Consult
from consult_server.identity.domain import Role, require_role
from consult_server.institutions.queries import institution
from consult_server.patients.access import own_patient

LETTER = {CaseKind.CONSULT: "H", CaseKind.DIAGNOSIS: "D"}
ECG_MODALITIES = frozenset({"ECG"})


class StudyNotOurs(NotFound):
    """This institution has sent no such study."""

    code = "consults.study_not_found"


@dataclass(frozen=True, kw_only=True)
class Changes:
    """The fields of a draft that a caller changes; None leaves a field as it is."""

    patient_id: str | None = None
    invited_institution_id: str | None = None
    urgency: Urgency | None = None
    urgency_reason: str | None = None
    question: str | None = None
    chief_complaint: str | None = None
    history: str | None = None
    consent_kind: str | None = None
    study_instance_uid: str | None = None


async def start_draft(
    tx: AsyncSession, principal: Principal, case_kind: CaseKind, zone: ZoneInfo, now: datetime
) -> Consult:
    """An empty request of the caller's institution, with its number."""
    require_role(principal, Role.APPLICANT)
    day = now.astimezone(zone).strftime("%Y%m%d")
    counter = await queries.counter(tx, day)
    counter.last += 1
    consult = Consult(
        consult_id=new_id(),
        number=f"{LETTER[case_kind]}{day}-{counter.last:04d}",
        case_kind=case_kind.value,
        service_line=ServiceLine.IMAGING.value,
        urgency=Urgency.ROUTINE.value,
        urgency_rank=URGENCY_RANK[Urgency.ROUTINE],
        urgency_reason="",
        status=Status.DRAFT.value,
        version=1,
        inviting_institution_id=principal.institution_id,
        applicant_id=principal.account_id,
        question="",
        chief_complaint="",
        history="",
        consent_kind="",
        modality="",
        body_part="",
        study_description="",
        accession_number="",
        adoption="",
        created_at=now,
    )
    tx.add(consult)
    record(tx, principal, "consult.draft", "consult", consult.consult_id, now)
    await tx.flush()
    return consult


async def _editable(tx: AsyncSession, principal: Principal, consult_id: str, version: int) -> Consult:
    consult = await get_consult_version(tx, principal, consult_id, version)
    if not principal.has_role(Role.APPLICANT) or principal.institution_id != consult.inviting_institution_id:
        raise StepNotYours(verb="edit", needs=[Side.INVITING.value])
    if Status(consult.status) not in EDITABLE:
        raise StepNotPossible(verb="edit", status=consult.status)
    return consult


async def _address(tx: AsyncSession, consult: Consult, invited_institution_id: str) -> None:
    """Choose who is asked. A request that was sent once stays with whom it was sent to."""
    invited = await institution(tx, invited_institution_id)
    if consult.submitted_at is not None and invited.institution_id != consult.invited_institution_id:
        raise StepNotPossible(verb="readdress", status=consult.status)
    consult.invited_institution_id = invited.institution_id


async def _attach(tx: AsyncSession, consult: Consult, study_instance_uid: str) -> None:
    study = await queries.own_study(tx, consult.inviting_institution_id, study_instance_uid)
    if study is None:
        raise StudyNotOurs
    is_ecg = bool(ECG_MODALITIES & set(study.modalities))
    consult.service_line = (ServiceLine.ECG if is_ecg else ServiceLine.IMAGING).value
    consult.study_instance_uid = study.study_instance_uid
    consult.modality = "/".join(study.modalities)[:16]
    consult.study_description = study.study_description
    consult.accession_number = study.accession_number
    consult.body_part = await queries.body_part(tx, study.study_key)


async def change_draft(
    tx: AsyncSession, principal: Principal, consult_id: str, version: int, changes: Changes, now: datetime
) -> Consult:
    """Change a request that is still with its author.

    Raises StudyNotOurs, PatientNotFound, InstitutionNotFound, StepNotPossible.
    """
    consult = await _editable(tx, principal, consult_id, version)
    if changes.patient_id is not None:
        consult.patient_id = (await own_patient(tx, principal, changes.patient_id)).patient_id
    if changes.invited_institution_id is not None:
        await _address(tx, consult, changes.invited_institution_id)
    if changes.study_instance_uid is not None:
        await _attach(tx, consult, changes.study_instance_uid)
    if changes.urgency is not None:
        consult.urgency = changes.urgency.value
        consult.urgency_rank = URGENCY_RANK[changes.urgency]
    if changes.consent_kind is not None and changes.consent_kind != consult.consent_kind:
        consult.consent_kind = changes.consent_kind
        consult.consent_at = now if changes.consent_kind else None
        record(
            tx, principal, "consult.consent", "consult", consult.consult_id, now, kind=changes.consent_kind
        )
    for name in ("urgency_reason", "question", "chief_complaint", "history"):
        text = getattr(changes, name)
        if text is not None:
            setattr(consult, name, text)
    consult.version += 1
    return consult


async def attach_arrived(tx: AsyncSession, consult_id: str, study_instance_uid: str, now: datetime) -> None:
    """What was ordered for a request has come: its study, unless it has one or is sent."""
    consult = await queries.waiting_for_study(tx, consult_id)
    if consult is None:
        return
    await _attach(tx, consult, study_instance_uid)
    consult.version += 1
    await announce(tx, consult, "images", now)


async def discard_draft(
    tx: AsyncSession, principal: Principal, consult_id: str, version: int, now: datetime
) -> None:
    """Remove a request that was never sent."""
    consult = await _editable(tx, principal, consult_id, version)
    if consult.submitted_at is not None:
        raise StepNotPossible(verb="discard", status=consult.status)
    record(tx, principal, "consult.discard", "consult", consult.consult_id, now)
    await announce(tx, consult, "discard", now)
    await tx.delete(consult)
