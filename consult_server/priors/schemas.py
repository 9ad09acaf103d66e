"""What the routes of earlier studies say."""

from datetime import datetime

from pydantic import BaseModel

from consult_server.priors.domain import Region
from consult_server.reports.schemas import SignedReportOut


class PriorStudyOut(BaseModel):
    """An earlier study of the same person. `relevant`: worth opening beside the images unasked."""

    study_instance_uid: str
    institution_id: str
    institution_name: str
    study_date: str
    study_time: str
    study_description: str
    modalities: list[str]
    body_parts: list[str]
    series_count: int
    instance_count: int
    days_before: int | None
    same_modality: bool
    same_region: bool
    relevant: bool
    signed_at: datetime | None


class PriorStudiesOut(BaseModel):
    """Where in the body the study that is read lies, and the person's earlier studies."""

    regions: list[Region]
    rows: list[PriorStudyOut]


class PriorReportOut(BaseModel):
    """A report signed about an earlier study."""

    institution_name: str
    study_date: str
    signed: SignedReportOut
