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


@dataclass(frozen=True, kw_only=True)
class StudyWithdrawn(Event):
    """Every object of a study was rejected or the study was destroyed; nobody sees it any more."""

    name: ClassVar[str] = "dicom.study_withdrawn"
    institution_id: str
    study_instance_uid: str


@dataclass(frozen=True, kw_only=True)
class StepPerformed(Event):
    """A modality said how a step of the worklist goes: `state` is the entry's now (`EntryState`)."""

    name: ClassVar[str] = "dicom.step_performed"
    institution_id: str
    entry_key: str
    state: str
    performed: str
    ae_title: str


@dataclass(frozen=True, kw_only=True)
class DestructionApproved(Event):
    """An administrator has approved that a study past its time is destroyed (`retention`)."""

    name: ClassVar[str] = "dicom.destruction_approved"
    destruction_id: str
    institution_id: str
    study_instance_uid: str
