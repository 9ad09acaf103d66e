"""An ECG file in figures, for the command line and scripts: `lianzhen ecg show FILE --json`."""

from pathlib import Path
from typing import TypedDict

import numpy as np

from viewer.ecg.dicom import FILE_BYTES_MAX, read_ecg
from viewer.ecg.errors import EcgTooLarge
from viewer.ecg.model import MILLISECONDS, Group, Lead


class LeadFigures(TypedDict):
    """One lead; microvolts over the recorded samples, None when there is none."""

    name: str
    origin: str
    min_uv: float | None
    max_uv: float | None


class GroupFigures(TypedDict):
    """One multiplex group."""

    label: str
    kind: str
    hz: float
    samples: int
    duration_seconds: float
    leads: list[LeadFigures]


class EcgFigures(TypedDict):
    """One recording; the top figures are those of its longest rhythm group."""

    format: str
    start: str | None
    hz: float
    samples: int
    duration_seconds: float
    leads: list[LeadFigures]
    groups: list[GroupFigures]


def describe(path: Path) -> EcgFigures:
    """Leads, rate of sampling, length, extremes and start (ISO 8601, a zone only when the file gives one).

    Raises OSError, or what `read_ecg` raises.
    """
    size = path.stat().st_size
    if size > FILE_BYTES_MAX:
        raise EcgTooLarge(bytes=size, bytes_max=FILE_BYTES_MAX)
    ecg = read_ecg(path.read_bytes())
    longest = _group_figures(max(ecg.rhythm, key=lambda group: group.duration_ms))
    return EcgFigures(
        format="DICOM",
        start=ecg.acquired_at.isoformat() if ecg.acquired_at else None,
        hz=longest["hz"],
        samples=longest["samples"],
        duration_seconds=longest["duration_seconds"],
        leads=longest["leads"],
        groups=[_group_figures(group) for group in ecg.groups],
    )


def _group_figures(group: Group) -> GroupFigures:
    return GroupFigures(
        label=group.label,
        kind=group.kind.value,
        hz=group.hz,
        samples=group.sample_count,
        duration_seconds=group.duration_ms / MILLISECONDS,
        leads=[_lead_figures(lead) for lead in group.leads],
    )


def _lead_figures(lead: Lead) -> LeadFigures:
    recorded = lead.microvolts()
    recorded = recorded[~np.isnan(recorded)]
    low, high = (float(recorded.min()), float(recorded.max())) if recorded.size else (None, None)
    return LeadFigures(name=lead.name, origin=lead.origin.value, min_uv=low, max_uv=high)
