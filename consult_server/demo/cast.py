"""Who plays in the demonstration: institutions, people, patients and their DICOM peers.

All of it is invented. Identity numbers use the division 9900xx, which does not exist, with a
valid check digit (GB 11643); phones are 199-0000-xxxx. Passwords are made when the demonstration
is set up and are no part of this file.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from pydicom.valuerep import PersonName

from consult_server.consults.domain import ServiceLine
from consult_server.identity.domain import Role
from consult_server.institutions.domain import Level

GB18030 = "GB18030"
UTF_8 = "ISO_IR 192"


@dataclass(frozen=True, kw_only=True)
class CastInstitution:
    """A place. `key` is the name the stories call it by, `issuer` who issues its patient numbers."""

    key: str
    name: str
    level: Level
    runs_centre: bool
    centre_name: str
    issuer: str
    phone: str


@dataclass(frozen=True, kw_only=True)
class CastPerson:
    """Somebody who signs in. `institution` is a CastInstitution's key."""

    user: str
    name: str
    institution: str
    roles: tuple[Role, ...]
    title: str
    department: str
    service_lines: tuple[ServiceLine, ...]


@dataclass(frozen=True, kw_only=True)
class CastPatient:
    """A patient as one institution registered them. `pinyin` is the Latin group of the DICOM name.

    `ideographs` is the Chinese group; its components are divided where family and given name meet
    (PS3.5 6.2.1.2).
    """

    key: str
    institution: str
    patient_id: str
    issuer: str
    name: str
    pinyin: str
    ideographs: str
    sex: Literal["M", "F"]
    birth_date: date
    id_no: str
    phone: str
    demonstration: bool = True

    @property
    def person_name(self) -> PersonName:
        """The name as DICOM writes it: Latin group, then Chinese group (PS3.5 H.3, J, K)."""
        return PersonName(f"{self.pinyin}={self.ideographs}")


@dataclass(frozen=True, kw_only=True)
class CastPeer:
    """A device or archive that sends, and the Specific Character Set it writes."""

    ae_title: str
    institution: str
    description: str
    character_set: str


TOWNSHIP = CastInstitution(
    key="ORG-D",
    name="石桥镇中心卫生院",
    level=Level.TOWNSHIP,
    runs_centre=False,
    centre_name="",
    issuer="SQZX",
    phone="19900009004",
)
COUNTY = CastInstitution(
    key="ORG-B",
    name="云岭县人民医院",
    level=Level.COUNTY,
    runs_centre=True,
    centre_name="云岭县远程诊断中心",
    issuer="YLXY",
    phone="19900009002",
)
CITY = CastInstitution(
    key="ORG-A",
    name="江州市第一人民医院",
    level=Level.CITY,
    runs_centre=False,
    centre_name="",
    issuer="JZSY",
    phone="19900009001",
)
INSTITUTIONS: tuple[CastInstitution, ...] = (TOWNSHIP, COUNTY, CITY)

_BOTH = (ServiceLine.IMAGING, ServiceLine.ECG)
_IMAGING = (ServiceLine.IMAGING,)
_ECG = (ServiceLine.ECG,)


def _person(
    user: str,
    name: str,
    place: CastInstitution,
    role: Role,
    title: str,
    department: str,
    lines: tuple[ServiceLine, ...],
) -> CastPerson:
    return CastPerson(
        user=user,
        name=name,
        institution=place.key,
        roles=(role,),
        title=title,
        department=department,
        service_lines=lines,
    )


PEOPLE: tuple[CastPerson, ...] = (
    _person("zhouli", "周丽", TOWNSHIP, Role.APPLICANT, "主治医师", "全科医疗科", _BOTH),
    _person("hejing", "何静", TOWNSHIP, Role.TECHNICIAN, "技师", "心电图室", _ECG),
    _person("liangchen", "梁晨", COUNTY, Role.COORDINATOR, "主管技师", "远程诊断中心", _BOTH),
    _person("xunuo", "许诺", COUNTY, Role.SPECIALIST, "医师", "医学影像科", _IMAGING),
    _person("qinchuan", "秦川", COUNTY, Role.AUDITOR, "主治医师", "医学影像科", _IMAGING),
    _person("gaoyan", "高岩", COUNTY, Role.SPECIALIST, "医师", "心电诊断科", _ECG),
    _person("linyiming", "林一鸣", COUNTY, Role.AUDITOR, "副主任医师", "心电诊断科", _ECG),
    _person("hanbing", "韩冰", COUNTY, Role.ADMINISTRATOR, "工程师", "信息科", ()),
    _person("guning", "顾宁", CITY, Role.APPLICANT, "主治医师", "心血管内科", _BOTH),
    _person("jiangtao", "蒋涛", CITY, Role.SPECIALIST, "主任医师", "心血管内科", _BOTH),
)


def _patient(
    key: str,
    place: CastInstitution,
    name: str,
    latin: str,
    ideographs: str,
    sex: Literal["M", "F"],
    id_no: str,
) -> CastPatient:
    """Birth date is written in the identity number (GB 11643, digits 7 to 14)."""
    number = int(key[1:])
    return CastPatient(
        key=key,
        institution=place.key,
        patient_id=f"{place.issuer}26{number:05d}",
        issuer=place.issuer,
        name=name,
        pinyin=latin,
        ideographs=ideographs,
        sex=sex,
        birth_date=date(int(id_no[6:10]), int(id_no[10:12]), int(id_no[12:14])),
        id_no=id_no,
        phone=f"199{number:08d}",
    )


PATIENTS: tuple[CastPatient, ...] = (
    _patient("P01", TOWNSHIP, "单建国", "Shan^Jianguo", "单^建国", "M", "990001196103140018"),
    _patient("P02", TOWNSHIP, "区美珍", "Ou^Meizhen", "区^美珍", "F", "990002195209080027"),
    _patient("P03", COUNTY, "尉迟广宁", "Yuchi^Guangning", "尉迟^广宁", "M", "990003197811210010"),
    _patient("P04", COUNTY, "解文秀", "Xie^Wenxiu", "解^文秀", "F", "990004199406170049"),
    _patient("P05", TOWNSHIP, "仇大山", "Qiu^Dashan", "仇^大山", "M", "990005195502030036"),
    _patient("P06", TOWNSHIP, "曾小雨", "Zeng^Xiaoyu", "曾^小雨", "F", "990006201905120065"),
    _patient("P07", COUNTY, "盖玉兰", "Ge^Yulan", "盖^玉兰", "F", "990007194807260084"),
    _patient("P08", TOWNSHIP, "查志远", "Zha^Zhiyuan", "查^志远", "M", "990008198704190057"),
    _patient("P09", COUNTY, "任桂芳", "Ren^Guifang", "任^桂芳", "F", "990009196709300101"),
    _patient("P10", CITY, "朴成浩", "Piao^Chenghao", "朴^成浩", "M", "990010197312090070"),
    _patient(
        "P11", COUNTY, "阿依古丽·买买提", "Ayiguli Maimaiti", "阿依古丽·买买提", "F", "990011198101220120"
    ),
    _patient("P12", TOWNSHIP, "缪春生", "Miao^Chunsheng", "缪^春生", "M", "990012194308050091"),
    _patient("P13", TOWNSHIP, "龚䶮", "Gong^Yan", "龚^䶮", "M", "990013199005230131"),
    _patient("P14", COUNTY, "谢㛃", "Xie^Jie", "谢^㛃", "F", "990014200308110147"),
)

PEERS: tuple[CastPeer, ...] = (
    CastPeer(
        ae_title="SQZX_PACS", institution=TOWNSHIP.key, description="乡镇影像归档", character_set=GB18030
    ),
    CastPeer(
        ae_title="SQZX_ECG", institution=TOWNSHIP.key, description="乡镇心电图机", character_set=GB18030
    ),
    CastPeer(ae_title="YLXY_PACS", institution=COUNTY.key, description="县医院影像归档", character_set=UTF_8),
    CastPeer(ae_title="JZSY_PACS", institution=CITY.key, description="市医院影像归档", character_set=UTF_8),
)

_INSTITUTIONS: Mapping[str, CastInstitution] = {place.key: place for place in INSTITUTIONS}
_PATIENTS: Mapping[str, CastPatient] = {patient.key: patient for patient in PATIENTS}
_PEERS: Mapping[str, CastPeer] = {peer.ae_title: peer for peer in PEERS}


def institution(key: str) -> CastInstitution:
    """The institution of that key. Raises KeyError: keys come from this file only."""
    return _INSTITUTIONS[key]


def patient(key: str) -> CastPatient:
    """The patient of that key, as "P05". Raises KeyError."""
    return _PATIENTS[key]


def peer(ae_title: str) -> CastPeer:
    """The peer of that AE title. Raises KeyError."""
    return _PEERS[ae_title]
