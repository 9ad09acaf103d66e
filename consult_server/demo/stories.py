"""The cases the demonstration shows when it is first opened (all invented)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydicom.dataset import Dataset

from consult_server.consults.domain import CaseKind, Urgency
from consult_server.demo import cast
from consult_server.demo.ct import chest_ct
from consult_server.demo.dx import CHILD_WITH_PNEUMONIA, Build, chest_dx
from consult_server.demo.ecg import ecg_dataset


@dataclass(frozen=True, kw_only=True)
class Request:
    """What the township doctor wrote."""

    case_kind: CaseKind
    urgency: Urgency
    urgency_reason: str = ""
    question: str
    chief_complaint: str
    history: str


@dataclass(frozen=True, kw_only=True)
class Story:
    """One study and, where somebody asks about it, its case. Empty names: nobody has acted yet."""

    accession: str
    patient: cast.CastPatient
    inviting: cast.CastInstitution
    invited: cast.CastInstitution
    ae_title: str
    before: timedelta
    make: Callable[[datetime], Iterable[Dataset]]
    request: Request | None
    applicant: str = "zhouli"
    coordinator: str = ""
    reader: str = ""

    def people(self) -> list[str]:
        """The sign-in names of everybody who acts."""
        return [name for name in (self.applicant, self.coordinator, self.reader) if name]

    @property
    def requested(self) -> Request:
        """The request. Raises ValueError for a study nobody asks about."""
        if self.request is None:
            raise ValueError(self.accession)
        return self.request


def _ct(
    patient: cast.CastPatient, accession: str, place: cast.CastInstitution
) -> Callable[[datetime], Iterable[Dataset]]:
    return lambda at: chest_ct(patient, accession=accession, acquired_at=at, institution=place.name)


def _dx(
    patient: cast.CastPatient, accession: str, place: cast.CastInstitution, build: Build
) -> Callable[[datetime], Iterable[Dataset]]:
    return lambda at: [
        chest_dx(patient, accession=accession, acquired_at=at, institution=place.name, build=build)
    ]


def _ecg(
    patient: cast.CastPatient,
    accession: str,
    place: cast.CastInstitution,
    heart_rate: int,
    st_mv: dict[str, float] | None = None,
    character_set: str = cast.GB18030,
) -> Callable[[datetime], Iterable[Dataset]]:
    return lambda at: [
        ecg_dataset(
            patient=patient,
            accession=accession,
            started_at=at,
            heart_rate=heart_rate,
            st_mv=st_mv,
            institution=place.name,
            character_set=character_set,
        )
    ]


_NODULE, _CHEST_PAIN = cast.patient("P05"), cast.patient("P01")
_CHILD, _CHECKUP, _OWN = cast.patient("P06"), cast.patient("P08"), cast.patient("P11")
_RARE_NAME = cast.patient("P13")

STORIES: tuple[Story, ...] = (
    Story(
        accession="SQ26CT0005",
        patient=_NODULE,
        inviting=cast.TOWNSHIP,
        invited=cast.COUNTY,
        ae_title="SQZX_PACS",
        before=timedelta(minutes=40),
        make=_ct(_NODULE, "SQ26CT0005", cast.TOWNSHIP),
        coordinator="liangchen",
        reader="xunuo",
        request=Request(
            case_kind=CaseKind.DIAGNOSIS,
            urgency=Urgency.URGENT,
            question="左肺下叶结节较去年是否增大？是否需要转县医院增强检查？",
            chief_complaint="咳嗽、痰中带血3天",
            history="吸烟40年，每日约20支；去年体检发现左肺下叶小结节，未复查。高血压8年，规律服药。",
        ),
    ),
    Story(
        accession="SQ26ECG0001",
        patient=_CHEST_PAIN,
        inviting=cast.TOWNSHIP,
        invited=cast.COUNTY,
        ae_title="SQZX_ECG",
        before=timedelta(minutes=12),
        coordinator="liangchen",
        reader="gaoyan",
        make=_ecg(
            _CHEST_PAIN,
            "SQ26ECG0001",
            cast.TOWNSHIP,
            58,
            {"I": -0.07, "II": 0.18, "V1": -0.04, "V2": -0.06, "V3": -0.08},
        ),
        request=Request(
            case_kind=CaseKind.DIAGNOSIS,
            urgency=Urgency.EMERGENCY,
            urgency_reason="胸痛40分钟，含服硝酸甘油未缓解",
            question="是否为急性心肌梗死？是否立即启动胸痛转诊？",
            chief_complaint="胸痛40分钟",
            history="高血压10年，于家中突发胸骨后压榨样痛，含服硝酸甘油未缓解。血压98/60 mmHg。",
        ),
    ),
    Story(
        accession="SQ26DX0006",
        patient=_CHILD,
        inviting=cast.TOWNSHIP,
        invited=cast.COUNTY,
        ae_title="SQZX_PACS",
        before=timedelta(minutes=25),
        make=_dx(_CHILD, "SQ26DX0006", cast.TOWNSHIP, CHILD_WITH_PNEUMONIA),
        request=Request(
            case_kind=CaseKind.CONSULT,
            urgency=Urgency.ROUTINE,
            question="有无肺炎？门诊口服药还是需要住院？",
            chief_complaint="发热、咳嗽4天",
            history="最高体温39.1 ℃，口服退热药后下降，精神尚可。",
        ),
    ),
    Story(
        accession="SQ26ECG0008",
        patient=_CHECKUP,
        inviting=cast.TOWNSHIP,
        invited=cast.COUNTY,
        ae_title="SQZX_ECG",
        before=timedelta(minutes=8),
        make=_ecg(_CHECKUP, "SQ26ECG0008", cast.TOWNSHIP, 72),
        request=None,
    ),
    Story(
        accession="SQ26ECG0013",
        patient=_RARE_NAME,
        inviting=cast.TOWNSHIP,
        invited=cast.COUNTY,
        ae_title="SQZX_ECG",
        before=timedelta(minutes=6),
        make=_ecg(_RARE_NAME, "SQ26ECG0013", cast.TOWNSHIP, 66),
        request=None,
    ),
    Story(
        accession="YL26ECG0011",
        patient=_OWN,
        inviting=cast.COUNTY,
        invited=cast.CITY,
        ae_title="YLXY_PACS",
        before=timedelta(minutes=5),
        request=None,
        make=_ecg(_OWN, "YL26ECG0011", cast.COUNTY, 84, character_set=cast.UTF_8),
    ),
)
