"""What marks' routes say and hear."""

from datetime import datetime
from typing import Annotated, Literal

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


FigureName = Literal[
    "length",
    "short",
    "time",
    "height",
    "angle",
    "area",
    "mean",
    "deviation",
    "min",
    "max",
    "value",
    "ratio",
    "heart",
    "thorax",
]
Line = Annotated[str, StringConstraints(max_length=400)]
Quantity = Annotated[float, Field(allow_inf_nan=False, ge=-1e12, le=1e12)]
ObjectKind = Literal["key_objects", "presentation", "measurements"]


class FigureIn(Heard):
    """One number of a mark with its unit, as the reader sees it; `unit` is "" for none."""

    name: FigureName
    value: Quantity
    unit: Annotated[str, StringConstraints(max_length=24)]


class FiledMarkIn(Heard):
    """One mark as its author sees it: which version, the words beside it, its figures."""

    annotation_id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
    version: Annotated[int, Field(ge=1)]
    lines: Annotated[list[Line], Field(max_length=12)]
    figures: Annotated[list[FigureIn], Field(max_length=8)]


class LookIn(Heard):
    """How a series is looked at: window in rescaled values, inversion, flipped, then turned clockwise."""

    series_instance_uid: Uid
    center: Quantity | None
    width: Annotated[float, Field(allow_inf_nan=False, gt=0, le=1e12)] | None
    inverted: bool
    quarters: Annotated[int, Field(ge=0, le=3)]
    flipped: bool


class FilingIn(Heard):
    """All of the caller's marks on a study, to be kept with it as DICOM objects."""

    language: Literal["zh", "en"]
    marks: Annotated[list[FiledMarkIn], Field(max_length=1_000)]
    looks: Annotated[list[LookIn], Field(max_length=200)]


class FiledObject(BaseModel):
    """One object that was written."""

    kind: ObjectKind
    series_instance_uid: str
    sop_class_uid: str
    sop_instance_uid: str


class FilingOut(BaseModel):
    """One filing. `changed`: its author's marks are not any more what was filed. `number` counts from 1."""

    number: int
    filed_at: datetime
    own: bool
    author_name: str
    changed: bool
    objects: list[FiledObject]


class FilingsOut(BaseModel):
    """What was filed with a study, the last filings first. `may_file`: the caller may file their marks."""

    may_file: bool
    filings: list[FilingOut]
