"""An examination as the node's worklist has it."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from consult_server.consults.domain import Urgency
from consult_server.exams.tables import Exam
from consult_server.identity.tables import Account
from consult_server.institutions.tables import Institution
from consult_server.patients.names import NOT_IN_NAMES, person_name
from consult_server.patients.tables import Patient
from dicom_node.worklist.domain import LENGTHS, Scheduled

PRIORITIES: Mapping[Urgency, str] = {
    Urgency.EMERGENCY: "STAT",
    Urgency.URGENT: "HIGH",
    Urgency.ROUTINE: "ROUTINE",
}


def _text(field: str, text: str) -> str:
    """A text as an attribute holds it: one line, cut to the attribute's length, without delimiters."""
    return " ".join(NOT_IN_NAMES.sub(" ", text).split())[: LENGTHS[field]].rstrip()


def scheduled_step(
    exam: Exam, *, patient: Patient, applicant: Account, institution: Institution, zone: ZoneInfo
) -> Scheduled:
    """The scheduled procedure step that an examination is; its one step, for good."""
    start: datetime = exam.scheduled_at.astimezone(zone)
    return Scheduled(
        entry_key=exam.exam_id,
        institution_id=exam.institution_id,
        patient_name=person_name(patient.name),
        patient_id=patient.identifier,
        issuer_of_patient_id=patient.issuer,
        patient_birth_date=patient.birth_date.strftime("%Y%m%d"),
        patient_sex=patient.sex,
        accession_number=exam.accession_number,
        accession_issuer=institution.issuer_of_patient_id,
        requesting_physician_name=person_name(applicant.name),
        requesting_service=_text("requesting_service", applicant.department),
        institution_name=_text("institution_name", institution.name),
        requested_procedure_id=exam.accession_number,
        requested_procedure_description=_text("requested_procedure_description", exam.procedure),
        requested_procedure_priority=PRIORITIES[Urgency(exam.urgency)],
        reason=_text("reason", exam.reason),
        study_instance_uid=exam.study_instance_uid,
        scheduled_step_id=f"{exam.accession_number}-1",
        scheduled_step_description=_text("scheduled_step_description", exam.procedure),
        station_ae_title=exam.station_ae_title,
        station_name=exam.station_ae_title,
        location="",
        start_date=start.strftime("%Y%m%d"),
        start_time=start.strftime("%H%M%S"),
        modality=exam.modality,
        body_part_examined=exam.body_part,
        performing_physician_name="",
    )
