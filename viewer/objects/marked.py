"""What is filed: marks, the images they lie on, how these were looked at, and who files. Plain values."""

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from config.kernel.errors import Invalid
from viewer.attributes import Attributes
from viewer.image_form import ImageForm

Point: TypeAlias = tuple[float, float]
"""Column and row from the upper left corner of the image, pixel centres at halves (PS3.3 C.10.5.1.2)."""
NAMES: Final = uuid.UUID("7b0c6f0e-6f0b-5b1e-9d4d-2f4b1e3a9c52")


class NothingToFile(Invalid):
    """There are no marks of yours on this study."""

    code = "objects.nothing_to_file"


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """One number of a mark, as its reader saw it; `unit` as on the screen, "" for none."""

    name: str
    value: float
    unit: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """One mark. `lines` are the words beside it on the screen."""

    mark_id: str
    version: int
    kind: str
    sop_instance_uid: str
    frame_number: int
    points: Sequence[Point]
    lines: Sequence[str] = ()
    figures: Sequence[Figure] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Reference:
    """An object by its names."""

    study_instance_uid: str
    series_instance_uid: str
    sop_class_uid: str
    sop_instance_uid: str


@dataclass(frozen=True, kw_only=True, slots=True)
class MarkedImage:
    """An image with marks: its names, its attributes, and the form of each of its frames where known."""

    reference: Reference
    modality: str
    number_of_frames: int
    attributes: Attributes
    forms: Mapping[int, ImageForm]


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """How a series was looked at: window in rescaled values, flipped, then turned clockwise by quarters."""

    window: tuple[float, float] | None = None
    inverted: bool = False
    quarters: int = 0
    flipped: bool = False


PLAIN: Final = Look()


@dataclass(frozen=True, kw_only=True, slots=True)
class Filing:
    """One filing of a reader's marks on a study.

    `person_name` is the author as a PN value. `number` counts the filings of this author and study from 1;
    `before` are the objects of the one before. `at` is when the content was last changed, at the offset of
    the place. `series_seed` names study copy and author, so that all filings of them share their series.
    """

    series_seed: str
    number: int
    at: datetime
    person_name: str
    institution_name: str
    language: str
    marks: Sequence[Mark]
    images: Mapping[str, MarkedImage]
    looks: Mapping[str, Look]
    before: Sequence[Reference] = ()

    def marked(self, kinds: frozenset[str]) -> list[Mark]:
        """The marks of these kinds, in the order of making."""
        return [mark for mark in self.marks if mark.kind in kinds]


def uid_of(*words: str) -> str:
    """A UID that the same words give again (PS3.5 B.2)."""
    digest = hashlib.sha256("\n".join(words).encode()).hexdigest()
    return f"2.25.{uuid.uuid5(NAMES, digest).int}"


def uid_of_mark(mark_id: str) -> str:
    """The tracking UID of a mark: its own UUID, written as PS3.5 B.2 has it."""
    return f"2.25.{uuid.UUID(mark_id).int}"
