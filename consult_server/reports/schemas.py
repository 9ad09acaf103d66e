"""What reports say and hear."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from config.kernel.limits import TEXT_CHARACTERS_MAX
from consult_server.identity.schemas import Password
from consult_server.reports.domain import ReportStatus
from consult_server.web.schemas import Heard

MEASUREMENTS_MAX = 200

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Text = Annotated[str, StringConstraints(max_length=TEXT_CHARACTERS_MAX)]


class MeasurementRef(Heard):
    """A value in a section's text, and the mark on the images that it was measured by.

    The text is what is signed and printed; the reference leads from it to the image.
    """

    section: Key
    text: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    study_instance_uid: Annotated[str, StringConstraints(max_length=64, pattern=r"^[0-9.]+$")]
    annotation_id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]


Measurements = Annotated[list[MeasurementRef], Field(max_length=MEASUREMENTS_MAX)]


class DraftIn(Heard):
    """The report as its author has it now."""

    template_id: Key
    sections: Annotated[dict[Key, Text], Field(max_length=20)]
    positive: bool | None
    measurements: Measurements = Field(default_factory=list)


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
    measurements: list[MeasurementRef]
    positive: bool | None
    saved_at: datetime | None
    signed: SignedReportOut | None
