"""What identity says and hears."""

from typing import Annotated, Literal

from pydantic import BaseModel, StringConstraints

from consult_server.identity.domain import PASSWORD_CHARACTERS_MAX, Role
from consult_server.web.schemas import Heard

Password = Annotated[str, StringConstraints(min_length=1, max_length=PASSWORD_CHARACTERS_MAX)]


class SignInIn(Heard):
    """Somebody signs in."""

    user: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
    password: Password


class NewPasswordIn(Heard):
    """A person changes their password."""

    current: Password
    new: Password


class LocaleIn(Heard):
    """Choice of language."""

    locale: Literal["zh-CN", "en"]


class InstitutionRef(BaseModel):
    """An institution by id and name."""

    institution_id: str
    name: str


class MeOut(BaseModel):
    """The caller."""

    account_id: str
    user: str
    name: str
    title: str
    department: str
    roles: list[Role]
    service_lines: list[str]
    locale: str
    institution: InstitutionRef


class ReaderOut(BaseModel):
    """A person who reads, as coordinators see them."""

    account_id: str
    name: str
    title: str
    department: str
    service_lines: list[str]
    roles: list[Role]
