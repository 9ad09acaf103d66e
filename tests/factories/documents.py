"""A report as it would be signed, with keyword changes."""

from datetime import date, datetime, timedelta, timezone
from typing import Any

from consult_server.consults.domain import CaseKind, ServiceLine
from consult_server.reports.document import DocumentStatus, ReportDocument, Section, Signatory

BEIJING = timezone(timedelta(hours=8))


def a_document(**changes: Any) -> ReportDocument:
    """The draft of a CT report, read by 许诺 and signed by nobody."""
    whole: dict[str, Any] = {
        "title": "云岭县人民医院远程影像诊断报告",
        "case_kind": CaseKind.DIAGNOSIS,
        "service_line": ServiceLine.IMAGING,
        "institution_inviting": "石桥镇中心卫生院",
        "institution_invited": "云岭县远程诊断中心",
        "patient_name": "仇大山",
        "patient_name_latin": "Qiu^Dashan",
        "patient_sex": "M",
        "patient_birth_date": date(1955, 2, 3),
        "patient_id": "SQZX2600005",
        "item": "CT 胸部平扫",
        "accession_number": "CT20261121-0417",
        "study_instance_uid": "2.25.1",
        "study_at": datetime(2026, 11, 21, 10, 31, tzinfo=BEIJING),
        "clinical_question": "结节是否增大？",
        "sections": (Section(key="findings", label="检查所见", text="左肺下叶结节。\n余肺清晰。"),),
        "impression": "左肺下叶结节。",
        "recommendation": "",
        "positive": True,
        "reporter": Signatory(name="许诺", title="医师", at=datetime(2026, 11, 21, 11, 5, 3, tzinfo=BEIJING)),
        "signer": None,
        "version": 1,
        "number": "YL20261121-0031",
        "status": DocumentStatus.DRAFT,
        "verify_url": "https://lianzhen.example/verify/YL20261121-0031",
        "language": "zh-CN",
        "demonstration": True,
    }
    return ReportDocument(**(whole | changes))
