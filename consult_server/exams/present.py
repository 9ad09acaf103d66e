"""From rows to what the routes say, names looked up in one go for a whole page."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.principal import Principal
from consult_server.consults.domain import Urgency
from consult_server.exams import queries
from consult_server.exams.domain import BodyPart, ExamStatus, Modality, possible_verbs
from consult_server.exams.schemas import ExamImages, ExamOut, ExamPage, ExamPatient
from consult_server.exams.tables import Exam
from consult_server.identity.queries import names
from consult_server.patients.queries import patients_by_id
from consult_server.patients.tables import Patient
from dicom_node.archive.tables import Study

KEPT = (
    "exam_id",
    "version",
    "accession_number",
    "study_instance_uid",
    "procedure",
    "reason",
    "scheduled_at",
    "station_ae_title",
    "performed_by",
    "cancel_reason",
    "created_at",
    "started_at",
    "ended_at",
)


async def exams_out(view: AsyncSession, rows: Sequence[Exam], principal: Principal) -> list[ExamOut]:
    """These examinations as the caller sees them."""
    patients = await patients_by_id(view, {row.patient_id for row in rows})
    doctors = await names(view, {row.applicant_id for row in rows})
    studies = await queries.studies_of(view, rows)
    return [
        _out(
            row,
            patients[row.patient_id],
            doctors[row.applicant_id].name if row.applicant_id in doctors else "",
            studies.get((row.institution_id, row.study_instance_uid)),
            principal,
        )
        for row in rows
    ]


def _out(row: Exam, patient: Patient, applicant_name: str, study: Study | None, caller: Principal) -> ExamOut:
    return ExamOut(
        **{name: getattr(row, name) for name in KEPT},
        status=ExamStatus(row.status),
        modality=Modality(row.modality),
        body_part=BodyPart(row.body_part),
        urgency=Urgency(row.urgency),
        patient=ExamPatient.model_validate(patient, from_attributes=True),
        applicant_name=applicant_name,
        images=ExamImages(received=study.instance_count, settled=study.settled_at is not None)
        if study
        else None,
        verbs=possible_verbs(ExamStatus(row.status), caller),
    )


async def page_out(view: AsyncSession, rows: list[Exam], principal: Principal) -> ExamPage:
    """One page of a list."""
    return ExamPage(
        rows=await exams_out(view, rows, principal),
        next=rows[-1].exam_id if len(rows) == queries.PAGE else None,
    )
