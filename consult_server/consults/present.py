"""From rows to what the routes say, names looked up in one go for a whole page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.principal import Principal
from consult_server.consults import queries
from consult_server.consults.domain import EDITABLE, CaseKind, ServiceLine, Status, Urgency, possible_verbs
from consult_server.consults.schemas import (
    ArrivalOut,
    ConsultOut,
    ConsultPage,
    ConsultRow,
    EvidenceOut,
    ImagesOut,
    PartyOut,
    PatientRow,
    PersonRef,
    StepOut,
    VerdictOut,
)
from consult_server.consults.steps import verdicts_for
from consult_server.consults.tables import Consult
from consult_server.identity.queries import names
from consult_server.identity.tables import Account
from consult_server.institutions.queries import named
from consult_server.institutions.tables import Institution
from consult_server.patients.queries import patients_by_id
from consult_server.patients.schemas import patient_out
from consult_server.patients.tables import Patient
from dicom_node.archive.tables import Study


@dataclass(frozen=True)
class Lookups:
    """What the rows of one page refer to."""

    institutions: dict[str, Institution]
    accounts: dict[str, Account]
    patients: dict[str, Patient]
    studies: dict[tuple[str, str], Study]

    def study(self, row: Consult) -> Study | None:
        """The attached study's row."""
        return self.studies.get((row.inviting_institution_id, row.study_instance_uid or ""))


async def look_up(view: AsyncSession, rows: Sequence[Consult]) -> Lookups:
    """Fetch everything these rows refer to, one query for each kind."""
    institutions = {r.inviting_institution_id for r in rows} | {r.invited_institution_id or "" for r in rows}
    accounts = {r.applicant_id for r in rows} | {r.specialist_id or "" for r in rows}
    return Lookups(
        await named(view, institutions - {""}),
        await names(view, accounts - {""}),
        await patients_by_id(view, {r.patient_id for r in rows if r.patient_id}),
        await queries.studies_of(view, rows),
    )


def _party(found: Lookups, institution_id: str, doctor: Account | None) -> PartyOut:
    return PartyOut(
        institution_id=institution_id,
        name=found.institutions[institution_id].name,
        doctor=doctor.name if doctor else "",
    )


def row_out(row: Consult, found: Lookups, principal: Principal) -> ConsultRow:
    """A consult as lists show it."""
    patient = found.patients.get(row.patient_id or "")
    specialist = found.accounts.get(row.specialist_id or "")
    study = found.study(row)
    return ConsultRow(
        consult_id=row.consult_id,
        number=row.number,
        case_kind=CaseKind(row.case_kind),
        service_line=ServiceLine(row.service_line),
        urgency=Urgency(row.urgency),
        status=Status(row.status),
        version=row.version,
        question=row.question,
        chief_complaint=row.chief_complaint,
        modality=row.modality,
        study_description=row.study_description,
        accession_number=row.accession_number,
        study_instance_uid=row.study_instance_uid,
        patient=PatientRow(name=patient.name, sex=patient.sex, birth_date=patient.birth_date)
        if patient
        else None,
        inviting=_party(found, row.inviting_institution_id, found.accounts.get(row.applicant_id)),
        invited=_party(found, row.invited_institution_id, specialist) if row.invited_institution_id else None,
        specialist=PersonRef(account_id=specialist.account_id, name=specialist.name) if specialist else None,
        images=ImagesOut(received=study.instance_count, settled=study.settled_at is not None)
        if study
        else None,
        created_at=row.created_at,
        submitted_at=row.submitted_at,
        due_at=row.due_at,
        signed_at=row.signed_at,
        verbs=possible_verbs(row.standing, principal),
    )


async def page_out(
    view: AsyncSession, rows: list[Consult], principal: Principal, now: datetime
) -> ConsultPage:
    """One page of a list."""
    found = await look_up(view, rows)
    return ConsultPage(
        rows=[row_out(row, found, principal) for row in rows],
        next=rows[-1].consult_id if len(rows) == queries.PAGE else None,
        now=now,
    )


async def consult_out(view: AsyncSession, row: Consult, principal: Principal, now: datetime) -> ConsultOut:
    """A consult, opened: with its patient, timeline, and what the guards say or said."""
    found = await look_up(view, [row])
    patient = found.patients.get(row.patient_id or "")
    study = found.study(row)
    verdicts = await verdicts_for(view, row, now) if Status(row.status) in EDITABLE else []
    return ConsultOut(
        **dict(row_out(row, found, principal)),
        full_patient=patient_out(patient) if patient else None,
        history=row.history,
        urgency_reason=row.urgency_reason,
        consent_kind=row.consent_kind,
        consent_at=row.consent_at,
        body_part=row.body_part,
        adoption=row.adoption,
        study_patient_name=study.patient_name if study else None,
        verdicts=[
            VerdictOut(guard=v.guard, passed=v.passed, facts=v.facts, missing=v.missing) for v in verdicts
        ],
        evidence=[
            EvidenceOut.model_validate(kept, from_attributes=True)
            for kept in await queries.evidence_of(view, row.consult_id)
        ],
        steps=[
            StepOut.model_validate(step, from_attributes=True)
            for step in await queries.steps_of(view, row.consult_id)
        ],
    )


async def arrivals_out(
    view: AsyncSession, principal: Principal, text: str, *, shared: bool
) -> list[ArrivalOut]:
    """The arrived studies the caller may see, each with the consult that asks about it."""
    studies = await queries.arrivals(view, principal, text, shared=shared)
    consults = await queries.known_requests(view, principal, studies)
    places = await named(view, {study.institution_id for study in studies})
    return [
        _arrival(
            study,
            consults.get((study.institution_id, study.study_instance_uid)),
            places[study.institution_id].name if study.institution_id in places else "",
        )
        for study in studies
    ]


def _arrival(study: Study, consult: Consult | None, institution_name: str) -> ArrivalOut:
    return ArrivalOut(
        study_instance_uid=study.study_instance_uid,
        institution_id=study.institution_id,
        institution_name=institution_name,
        patient_name=study.patient_name,
        patient_id=study.patient_id,
        patient_sex=study.patient_sex,
        patient_birth_date=study.patient_birth_date,
        study_date=study.study_date,
        study_time=study.study_time,
        study_description=study.study_description,
        accession_number=study.accession_number,
        modalities=study.modalities,
        series_count=study.series_count,
        instance_count=study.instance_count,
        source_ae_title=study.source_ae_title,
        first_received_at=study.first_received_at,
        last_received_at=study.last_received_at,
        settled=study.settled_at is not None,
        consult_id=consult.consult_id if consult else None,
        consult_number=consult.number if consult else None,
    )
