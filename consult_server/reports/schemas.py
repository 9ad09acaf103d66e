"""What reports say and hear."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from config.kernel.limits import TEXT_CHARACTERS_MAX
from consult_server.identity.schemas import Password
from consult_server.reports.domain import ReportStatus
from consult_server.web.schemas import Heard

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Text = Annotated[str, StringConstraints(max_length=TEXT_CHARACTERS_MAX)]


class DraftIn(Heard):
    """The report as its author has it now."""

    template_id: Key
    sections: Annotated[dict[Key, Text], Field(max_length=20)]
    positive: bool | None


class ReportSigningIn(Heard):
    """The author's own password, once more (domain guard G10)."""

    password: Password


class SectionOut(BaseModel):
    """One part of a signed report."""

    key: str
    label: str
    text: str


class SignedReportOut(BaseModel):
    """What was signed."""

    number: str
    version: int
    title: str
    sections: list[SectionOut]
    impression: str
    recommendation: str
    signer_name: str
    signer_title: str
    signed_at: datetime
    sha256: str
    verified: bool


class ReportOut(BaseModel):
    """A report: its author's draft, or what was signed. `version` is 0 before the first save."""

    consult_id: str
    status: ReportStatus
    version: int
    template_id: str
    sections: dict[str, str]
    positive: bool | None
    saved_at: datetime | None
    signed: SignedReportOut | None
