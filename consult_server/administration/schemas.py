"""What administration says and hears."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from config.kernel.limits import NAME_CHARACTERS_MAX
from consult_server.identity.domain import Role
from consult_server.identity.schemas import Password
from consult_server.institutions.domain import Level
from consult_server.web.schemas import Heard

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=NAME_CHARACTERS_MAX)]
UserName = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[A-Za-z0-9._-]{2,64}$")]
InstitutionName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=128)]


class BootstrapIn(Heard):
    """The first administrator and the institution that runs the centre."""

    token: Annotated[str, StringConstraints(min_length=20, max_length=200)]
    user: UserName
    name: Name
    password: Password
    institution_name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=128)]


class NewAccountIn(Heard):
    """A person the administrator lets in."""

    user: UserName
    name: Name
    institution_id: Annotated[str, StringConstraints(max_length=36)]
    roles: Annotated[list[Role], Field(min_length=1, max_length=len(Role))]
    title: Annotated[str, StringConstraints(max_length=32)]
    department: Annotated[str, StringConstraints(max_length=64)]
    service_lines: list[Literal["imaging", "ecg"]]
    password: Password


class ActiveIn(Heard):
    """Let in or shut out."""

    active: bool


class AccountOut(BaseModel):
    """An account as administrators see it."""

    account_id: str
    user: str
    name: str
    title: str
    department: str
    roles: list[Role]
    service_lines: list[str]
    institution_id: str
    active: bool
    demonstration: bool
    locked_until: datetime | None
    created_at: datetime


class NewInstitutionIn(Heard):
    """An institution the administrator registers."""

    name: InstitutionName
    level: Level
    runs_centre: bool
    issuer_of_patient_id: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)
    ]
    phone: Annotated[str, StringConstraints(max_length=32)]


class NewAgreementIn(Heard):
    """An agreement the administrator records."""

    inviting_institution_id: Annotated[str, StringConstraints(max_length=36)]
    invited_institution_id: Annotated[str, StringConstraints(max_length=36)]
    service_lines: Annotated[list[Literal["imaging", "ecg"]], Field(min_length=1)]
    valid_from: date
    valid_to: date


class InstitutionOut(BaseModel):
    """A registered institution."""

    institution_id: str
    name: str
    level: Level
    runs_centre: bool
    phone: str


class AgreementOut(BaseModel):
    """A recorded agreement."""

    agreement_id: str
    inviting_institution_id: str
    invited_institution_id: str
    service_lines: list[str]
    valid_from: date
    valid_to: date
