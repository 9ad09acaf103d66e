"""The fixed words of the printed report, in both page languages."""

from collections.abc import Mapping
from dataclasses import dataclass

from consult_server.consults.domain import CaseKind
from consult_server.reports.document import DocumentStatus


@dataclass(frozen=True, kw_only=True)
class PageTexts:
    """One language's words. Braces name what is filled in."""

    parties: Mapping[CaseKind, str]
    disclaimers: Mapping[CaseKind, str]
    sexes: Mapping[str, str]
    statuses: Mapping[DocumentStatus, str]
    watermarks: Mapping[DocumentStatus, str]
    name: str
    sex: str
    age: str
    patient_id: str
    item: str
    accession_number: str
    study_at: str
    birth_date: str
    reported_at: str
    clinical_question: str
    impression: str
    recommendation: str
    positive: str
    negative: str
    reporter: str
    signer: str
    signed_alone: str
    not_signed: str
    version: str
    number: str
    zone: str
    digest: str
    verify: str
    verify_offline: str
    qr: str
    page: str
    demonstration: str


_ZH = PageTexts(
    parties={
        CaseKind.DIAGNOSIS: "远程诊断 · 申请方 {inviting}　诊断方 {invited}",
        CaseKind.CONSULT: "远程会诊 · 邀请方 {inviting}　受邀方 {invited}",
    },
    disclaimers={
        CaseKind.DIAGNOSIS: "本报告供申请方医师参考，诊断双方按协议各负其责。",
        CaseKind.CONSULT: "会诊意见供邀请方医师参考，诊断与治疗由邀请方决定并负责。",
    },
    sexes={"M": "男", "F": "女", "O": "其他"},
    statuses={
        DocumentStatus.DRAFT: "未签发",
        DocumentStatus.PRELIMINARY: "初步报告",
        DocumentStatus.FINAL: "正式报告",
        DocumentStatus.AMENDED: "更正报告",
    },
    watermarks={DocumentStatus.DRAFT: "签发前预览", DocumentStatus.PRELIMINARY: "初步报告"},
    name="姓名",
    sex="性别",
    age="年龄",
    patient_id="患者编号",
    item="项目",
    accession_number="检查号",
    study_at="检查时间",
    birth_date="出生日期",
    reported_at="报告时间",
    clinical_question="临床问题",
    impression="诊断意见",
    recommendation="建议",
    positive="阳性",
    negative="阴性",
    reporter="报告医师",
    signer="审核医师",
    signed_alone="报告医师",
    not_signed="未签发",
    version="第 {version} 版",
    number="报告编号 {number}",
    zone="时间均为 {zone}",
    digest="内容摘要 SHA-256 {digest}",
    verify="扫描左侧二维码，可核对本报告是否被改动。",
    verify_offline="左侧二维码含内容摘要，可交任一方机构核对。",
    qr="核对本报告的二维码",
    page="第 {n} 页，共 {m} 页",
    demonstration="演示数据",
)
_EN = PageTexts(
    parties={
        CaseKind.DIAGNOSIS: "Remote diagnosis · requested by {inviting} · diagnosed by {invited}",
        CaseKind.CONSULT: "Teleconsultation · inviting party {inviting} · invited party {invited}",
    },
    disclaimers={
        CaseKind.DIAGNOSIS: "For the requesting physician; both parties are liable as their agreement says.",
        CaseKind.CONSULT: "An opinion for the inviting physician, who decides on diagnosis and treatment.",
    },
    sexes={"M": "male", "F": "female", "O": "other"},
    statuses={
        DocumentStatus.DRAFT: "not signed",
        DocumentStatus.PRELIMINARY: "preliminary report",
        DocumentStatus.FINAL: "final report",
        DocumentStatus.AMENDED: "amended report",
    },
    watermarks={DocumentStatus.DRAFT: "PREVIEW", DocumentStatus.PRELIMINARY: "PRELIMINARY"},
    name="Name",
    sex="Sex",
    age="Age",
    patient_id="Patient ID",
    item="Item",
    accession_number="Accession",
    study_at="Study",
    birth_date="Born",
    reported_at="Report",
    clinical_question="Clinical question",
    impression="Impression",
    recommendation="Recommendation",
    positive="positive",
    negative="negative",
    reporter="Reported by",
    signer="Verified by",
    signed_alone="Reported and signed by",
    not_signed="not signed",
    version="Version {version}",
    number="Report {number}",
    zone="All times are {zone}",
    digest="Content digest SHA-256 {digest}",
    verify="Scan the code to check that this report is unchanged.",
    verify_offline="The code holds the content digest; either institution can check it.",
    qr="QR code to check this report",
    page="Page {n} of {m}",
    demonstration="DEMONSTRATION DATA",
)
PAGE_TEXTS: Mapping[str, PageTexts] = {"zh-CN": _ZH, "en": _EN}
