"""Facts the archive publishes on the stream `dicom`."""

from dataclasses import dataclass
from typing import ClassVar

from config.kernel.outbox import Event


@dataclass(frozen=True, kw_only=True)
class StudyReceived(Event):
    """The first instance of a study has been stored."""

    name: ClassVar[str] = "dicom.study_received"
    institution_id: str
    study_instance_uid: str


@dataclass(frozen=True, kw_only=True)
class StudySettled(Event):
    """No new instance has come for the quiet period; the study may be worked on.

    It is published again, with a higher `version`, when more instances arrive and settle.
    """

    name: ClassVar[str] = "dicom.study_settled"
    institution_id: str
    study_instance_uid: str
    version: int
    instance_count: int
