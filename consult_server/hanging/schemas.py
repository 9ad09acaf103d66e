"""What a hanging protocol says: whom it is for, and stages of panes filled by rules. Everything is capped."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from consult_server.web.schemas import Heard

PANES: dict[str, int] = {"1x1": 1, "1x2": 2, "2x1": 2, "2x2": 4, "1x3": 3, "1x4": 4, "2x3": 6, "2x4": 8}
LayoutName = Literal["1x1", "1x2", "2x1", "2x2", "1x3", "1x4", "2x3", "2x4"]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
Modality = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9_]{1,16}$")]
Region = Literal[
    "head", "neck", "chest", "breast", "heart", "abdomen", "pelvis", "spine", "upper_limb", "lower_limb"
]


class HangingUse(Heard):
    """Whom a protocol is for; what is empty fits everything. `words` are looked for in descriptions."""

    modalities: Annotated[list[Modality], Field(max_length=8)]
    regions: Annotated[list[Region], Field(max_length=10)]
    words: Annotated[list[Word], Field(max_length=8)]
    priors_min: Annotated[int, Field(ge=0, le=3)]
    series_min: Annotated[int, Field(ge=0, le=50)]


class SeriesRule(Heard):
    """Which series a pane takes: of the study that is read (`prior` 0) or of the nth prior study."""

    prior: Annotated[int, Field(ge=0, le=3)]
    plane: Literal["axial", "coronal", "sagittal"] | None
    words: Annotated[list[Word], Field(max_length=8)]
    without: Annotated[list[Word], Field(max_length=8)]
    view: Literal["CC", "MLO", "PA", "AP", "LL"] | None
    side: Literal["L", "R"] | None
    thickness: Literal["thin", "thick"] | None
    order: Annotated[int, Field(ge=0, le=49)] | None


class WindowChoice(Heard):
    """A window in the units of the images; none leaves what the object proposes."""

    center: Annotated[float, Field(ge=-100_000, le=100_000)]
    width: Annotated[float, Field(gt=0, le=200_000)]


class PaneRule(Heard):
    """One pane. `toward` pushes the picture against a side, as the two breasts of a pair."""

    series: SeriesRule
    window: WindowChoice | None
    invert: bool
    toward: Literal["left", "right"] | None


class HangingStage(Heard):
    """One arrangement. Panes are in reading order."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)]
    layout: LayoutName
    panes: Annotated[list[PaneRule], Field(min_length=1, max_length=8)]
    linked: bool

    @model_validator(mode="after")
    def fits(self) -> "HangingStage":
        """As many panes as the layout has."""
        if len(self.panes) != PANES[self.layout]:
            raise PydanticCustomError("panes", "The layout has another number of panes")
        return self


class HangingContent(Heard):
    """A whole protocol; `schema` 1 is this form."""

    schema_version: Literal[1]
    use: HangingUse
    stages: Annotated[list[HangingStage], Field(min_length=1, max_length=8)]


class ProtocolIn(Heard):
    """A protocol to keep. `shared`: for the whole institution."""

    name: Name
    shared: bool
    position: Annotated[int, Field(ge=0, le=999)]
    content: HangingContent


class ProtocolOut(BaseModel):
    """A kept protocol. `can_change`: by the caller."""

    protocol_id: str
    version: int
    name: str
    shared: bool
    position: int
    content: HangingContent
    can_change: bool
    changed_at: datetime


class ProtocolsOut(BaseModel):
    """The caller's and their institution's protocols. `can_share`: the caller may keep shared ones."""

    rows: list[ProtocolOut]
    can_share: bool


class ProtocolKept(BaseModel):
    """The version a protocol has after it was kept or removed."""

    version: int
