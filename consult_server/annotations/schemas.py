"""What marks' routes say and hear."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from consult_server.annotations.domain import MarkKind
from consult_server.web.schemas import Heard

Uid = Annotated[str, StringConstraints(max_length=64, pattern=r"^[0-9.]+$")]
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=400)]


class MarkPoint(Heard):
    """Columns and rows from the image's upper left corner."""

    x: float
    y: float


Coordinates = Annotated[list[MarkPoint], Field(max_length=8)]


class MarkIn(Heard):
    """A mark as its author has it now."""

    kind: MarkKind
    series_instance_uid: Uid
    sop_instance_uid: Uid
    frame_number: Annotated[int, Field(ge=1, le=100_000)]
    points: Coordinates
    text: Words


class MarkOut(BaseModel):
    """A mark. `own`: the caller is its author."""

    annotation_id: str
    version: int
    kind: MarkKind
    series_instance_uid: str
    sop_instance_uid: str
    frame_number: int
    points: list[MarkPoint]
    text: str
    own: bool
    author_id: str
    author_name: str
    changed_at: datetime


class MarkKept(BaseModel):
    """The version a mark has after it was kept or removed."""

    version: int
