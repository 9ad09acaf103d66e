"""An electrocardiogram as every reader delivers it and every view takes it. Pure values.

Samples stay the stored whole numbers; `microvolts()` applies the channel's own scale, so nothing
is rounded between the recorder and the paper (PS3.3 C.10.9: sample x sensitivity x correction +
baseline).
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from viewer.ecg.leads import STANDARD_TWELVE, in_standard_order

Samples: TypeAlias = NDArray[np.int16] | NDArray[np.int32]
Microvolts: TypeAlias = NDArray[np.float64]
MILLISECONDS = 1000.0


class GroupKind(StrEnum):
    """What the channels of one multiplex group hold together."""

    RHYTHM = "rhythm"
    MEDIAN_BEAT = "median_beat"


class LeadOrigin(StrEnum):
    """Whether a lead was stored, or computed here from stored limb leads (Einthoven, Goldberger)."""

    STORED = "stored"
    DERIVED = "derived"


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What the recorder says it filtered before storing; None where it says nothing, 0 where off."""

    low_hz: float | None = None
    high_hz: float | None = None
    notch_hz: float | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Lead:
    """One lead. `samples`: 1-D, read-only; a sample equal to `padding` was never recorded.

    `skew_ms`: how much later than the group's clock this channel was sampled.
    """

    name: str
    origin: LeadOrigin
    samples: Samples
    microvolts_per_unit: float
    baseline_microvolts: float = 0.0
    padding: int | None = None
    skew_ms: float = 0.0
    filters: Filters = field(default_factory=Filters)

    def microvolts(self) -> Microvolts:
        """Every sample in microvolts; not-a-number where nothing was recorded."""
        values = self.samples.astype(np.float64) * self.microvolts_per_unit + self.baseline_microvolts
        if self.padding is not None:
            values[self.samples == self.padding] = np.nan
        return values


@dataclass(frozen=True, kw_only=True, eq=False)
class Group:
    """Leads sampled together at `hz`, the first sample `offset_ms` after the acquisition began."""

    label: str
    kind: GroupKind
    hz: float
    offset_ms: float
    leads: tuple[Lead, ...]

    @property
    def sample_count(self) -> int:
        """Samples of each lead."""
        return int(self.leads[0].samples.size) if self.leads else 0

    @property
    def duration_ms(self) -> float:
        """How long the group recorded."""
        return self.sample_count / self.hz * MILLISECONDS

    def lead(self, name: str) -> Lead | None:
        """The lead of that standard name."""
        return next((lead for lead in self.leads if lead.name == name), None)


@dataclass(frozen=True, kw_only=True)
class EcgPatient:
    """What the file itself says of the patient; every text may be ''. `sex`: M, F, O or ''."""

    name: str = ""
    patient_id: str = ""
    sex: str = ""
    birth_date: str = ""
    age: str = ""


@dataclass(frozen=True, kw_only=True)
class StatedValue:
    """A measurement that the recorder wrote into the file; never one of ours.

    `key`: our name for the well-known ones (rr, pr, qrs, qt, qtc, qtc_bazett,
    qtc_fridericia, heart_rate, p_axis, qrs_axis, t_axis); `unit` in UCUM.
    """

    key: str
    value: float
    unit: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Ecg:
    """One recording. `acquired_at` has a zone only when the file gives one."""

    groups: tuple[Group, ...]
    sop_class_uid: str = ""
    sop_instance_uid: str = ""
    study_instance_uid: str = ""
    acquired_at: datetime | None = None
    patient: EcgPatient = field(default_factory=EcgPatient)
    accession_number: str = ""
    institution: str = ""
    device: str = ""
    stated: tuple[StatedValue, ...] = ()
    statements: tuple[str, ...] = ()

    @property
    def rhythm(self) -> tuple[Group, ...]:
        """The groups recorded in time, without averaged beats."""
        return tuple(group for group in self.groups if group.kind is GroupKind.RHYTHM)

    @property
    def duration_ms(self) -> float:
        """From the first to the last recorded moment."""
        spans = [(group.offset_ms, group.offset_ms + group.duration_ms) for group in self.rhythm]
        return max((end for _, end in spans), default=0.0) - min((start for start, _ in spans), default=0.0)

    @property
    def lead_names(self) -> tuple[str, ...]:
        """Every recorded lead once, in the usual order."""
        names = dict.fromkeys(lead.name for group in self.rhythm for lead in group.leads)
        return tuple(in_standard_order(list(names)))

    @property
    def is_twelve_lead(self) -> bool:
        """True when all twelve standard leads are there."""
        return set(STANDARD_TWELVE) <= set(self.lead_names)
