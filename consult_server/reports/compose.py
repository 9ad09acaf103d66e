"""From a case and its report to the document that is signed and printed. Pure."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Literal, cast
from zoneinfo import ZoneInfo

from consult_server.consults.domain import CaseKind, ServiceLine
from consult_server.consults.tables import Consult
from consult_server.identity.tables import Account
from consult_server.institutions.tables import Institution
from consult_server.patients.tables import Patient
from consult_server.reports.document import DocumentStatus, ReportDocument, Section, Signatory
from consult_server.reports.tables import Report
from consult_server.reports.templates import ReportTemplate
from dicom_node.archive.tables import Study

TITLES = {
    (CaseKind.DIAGNOSIS, ServiceLine.IMAGING): "远程影像诊断报告",
    (CaseKind.DIAGNOSIS, ServiceLine.ECG): "远程心电诊断报告",
    (CaseKind.CONSULT, ServiceLine.IMAGING): "远程会诊意见书",
    (CaseKind.CONSULT, ServiceLine.ECG): "远程会诊意见书",
}
# DICOM PS3.5 6.2, VR DA and TM: what is cut off at the end of a time is zero, anything else is no moment.
_WRITTEN = re.compile(
    r"([0-9]{4})([0-9]{2})([0-9]{2}) (?:([0-9]{2})(?:([0-9]{2})(?:([0-9]{2})(?:\.[0-9]{1,6})?)?)?)? *"
)
OWN_PARTS = frozenset({"impression", "recommendation"})


@dataclass(frozen=True, kw_only=True)
class CaseFacts:
    """Everything a document draws on."""

    consult: Consult
    patient: Patient
    study: Study | None
    inviting: Institution
    invited: Institution
    reader: Account
    template: ReportTemplate
    report: Report
    zone: ZoneInfo


def in_zone(moment: datetime, zone: ZoneInfo) -> datetime:
    """`moment` at the zone's offset of that day, as documents keep it."""
    there = moment.astimezone(zone)
    return there.replace(tzinfo=timezone(there.utcoffset() or timedelta(0)))


def study_moment(study: Study | None, zone: ZoneInfo) -> datetime | None:
    """When the study was made, in the hospital's zone: Study Date and Time (0008,0020), (0008,0030)."""
    written = _WRITTEN.fullmatch(f"{study.study_date} {study.study_time}") if study else None
    if written is None:
        return None
    parts = [int(part) if part else 0 for part in written.groups()]
    try:
        return in_zone(datetime(*parts, tzinfo=zone), zone)  # type: ignore[arg-type,misc]  # six numbers
    except ValueError:
        return None


def latin_name(study: Study | None) -> str:
    """The Latin group of the DICOM name, for typefaces that lack a character."""
    first = study.patient_name.split("=")[0] if study else ""
    return first if first.isascii() else ""


def compose(facts: CaseFacts, at: datetime, status: DocumentStatus) -> ReportDocument:
    """The document as it would be signed at `at`."""
    consult, patient, texts = facts.consult, facts.patient, facts.report.sections
    case_kind, line = CaseKind(consult.case_kind), ServiceLine(consult.service_line)
    signatory = Signatory(name=facts.reader.name, title=facts.reader.title, at=in_zone(at, facts.zone))
    signed = status is DocumentStatus.FINAL
    return ReportDocument(
        title=facts.invited.name + TITLES[case_kind, line],
        case_kind=case_kind,
        service_line=line,
        institution_inviting=facts.inviting.name,
        institution_invited=facts.invited.name,
        patient_name=patient.name,
        patient_name_latin=latin_name(facts.study),
        patient_sex=cast("Literal['M', 'F', 'O']", patient.sex),
        patient_birth_date=patient.birth_date,
        patient_id=patient.identifier,
        item=consult.study_description or consult.modality,
        accession_number=consult.accession_number,
        study_instance_uid=consult.study_instance_uid or "",
        study_at=study_moment(facts.study, facts.zone),
        clinical_question=consult.question,
        sections=tuple(
            Section(key=part.key, label=part.label.zh, text=texts.get(part.key, ""))
            for part in facts.template.sections
            if part.key not in OWN_PARTS
        ),
        impression=texts.get("impression", ""),
        recommendation=texts.get("recommendation", ""),
        positive=facts.report.positive,
        reporter=signatory,
        signer=signatory if signed else None,
        version=1,
        number=f"R-{consult.number}",
        status=status,
        verify_url="",
        language="zh-CN",
        demonstration=facts.reader.demonstration,
    )
