"""Rows that stand in no database, for what only reads them: every part can be given."""

from datetime import UTC, date, datetime
from typing import Any

from consult_server.consults.tables import Consult
from consult_server.identity.tables import Account
from consult_server.institutions.tables import Institution
from consult_server.patients.tables import Patient
from consult_server.reports.tables import Report

NOW = datetime(2026, 11, 21, 3, 5, 3, tzinfo=UTC)
TOWNSHIP, COUNTY, CITY = "i-township", "i-county", "i-city"


def a_consult(**given: Any) -> Consult:
    """A case that a specialist of the county reads for the township."""
    whole: dict[str, Any] = {
        "consult_id": "c1",
        "number": "D20261121-0417",
        "case_kind": "diagnosis",
        "service_line": "imaging",
        "urgency": "urgent",
        "urgency_rank": 1,
        "urgency_reason": "痰中带血",
        "status": "reporting",
        "version": 7,
        "inviting_institution_id": TOWNSHIP,
        "invited_institution_id": COUNTY,
        "applicant_id": "a-applicant",
        "patient_id": "p1",
        "specialist_id": "a-specialist",
        "question": "结节是否增大？",
        "chief_complaint": "咳嗽 3 天",
        "history": "吸烟 30 年",
        "consent_kind": "signed_paper",
        "consent_at": NOW,
        "study_instance_uid": "1.2.3",
        "modality": "CT",
        "body_part": "CHEST",
        "study_description": "胸部平扫",
        "accession_number": "CT20261121-0417",
        "adoption": "",
        "created_at": NOW,
        "submitted_at": NOW,
        "due_at": NOW,
    }
    return Consult(**(whole | given))


def an_account(account_id: str = "a-specialist", **given: Any) -> Account:
    """A person of the county."""
    whole: dict[str, Any] = {
        "account_id": account_id,
        "user": account_id,
        "name": "许诺",
        "title": "主治医师",
        "department": "影像科",
        "institution_id": COUNTY,
        "roles": ["specialist"],
        "service_lines": ["imaging"],
        "demonstration": False,
    }
    return Account(**(whole | given))


def an_institution(institution_id: str = TOWNSHIP, name: str = "石桥镇中心卫生院") -> Institution:
    """A place."""
    return Institution(institution_id=institution_id, name=name, level="township", runs_centre=False)


def a_patient(**given: Any) -> Patient:
    """A patient of the township."""
    whole: dict[str, Any] = {
        "patient_id": "p1",
        "institution_id": TOWNSHIP,
        "identifier": "SQZX2600005",
        "issuer": "SQZX",
        "name": "仇大山",
        "sex": "M",
        "birth_date": date(1955, 2, 3),
        "id_no": "990005195502030036",
        "phone": "19900000005",
    }
    return Patient(**(whole | given))


def a_report(**given: Any) -> Report:
    """A report with text in every part that the general form has."""
    whole: dict[str, Any] = {
        "report_id": "r1",
        "consult_id": "c1",
        "author_id": "a-specialist",
        "template_id": "general",
        "sections": {"findings": "左肺下叶结节。", "impression": "结节增大。", "recommendation": "复查。"},
        "positive": True,
        "status": "draft",
        "version": 3,
        "saved_at": NOW,
    }
    return Report(**(whole | given))
