"""What a DICOM ECG says besides its samples: who, when, and what the recorder measured and wrote."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta, timezone

from pydicom import Dataset

from viewer.ecg.model import EcgPatient, StatedValue

TEXT_CHARACTERS_MAX = 256
ANNOTATIONS_MAX = 20_000
STATEMENTS_MAX = 64
KEYS: Mapping[tuple[str, str], str] = {
    ("SCPECG", "5.10.2.1-3"): "rr",
    ("SCPECG", "5.13.5-7"): "pr",
    ("SCPECG", "5.13.5-9"): "qrs",
    ("SCPECG", "5.13.5-11"): "qt",
    ("SCPECG", "5.10.2.5-5"): "qtc",
    ("SCPECG", "5.10.3-11"): "p_axis",
    ("SCPECG", "5.10.3-13"): "qrs_axis",
    ("SCPECG", "5.10.3-15"): "t_axis",
    ("MDC", "2:16168"): "rr",
    ("MDC", "2:15872"): "pr",
    ("MDC", "2:16156"): "qrs",
    ("MDC", "2:16160"): "qt",
    ("MDC", "2:15876"): "qtc",
    ("MDC", "2:15880"): "qtc_bazett",
    ("MDC", "2:15892"): "qtc_fridericia",
    ("MDC", "2:16770"): "heart_rate",
    ("LN", "8867-4"): "heart_rate",
    ("MDC", "2:16128"): "p_axis",
    ("MDC", "2:16132"): "qrs_axis",
    ("MDC", "2:16136"): "t_axis",
}
"""Concept codes of waveform measurements (PS3.16 CID 3227, 3228, 3229) → our key."""
_INTERVALS = ("rr", "pr", "qrs", "qt", "qtc", "qtc_bazett", "qtc_fridericia")
_AXES = ("p_axis", "qrs_axis", "t_axis")
UNITS: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(_INTERVALS, frozenset({"ms"})),
    **dict.fromkeys(_AXES, frozenset({"deg"})),
    "heart_rate": frozenset({"/min", "{beats}/min", "bpm", "{H.B.}/min"}),
}
POSITIVE = frozenset({*_INTERVALS, "heart_rate"})
"""Recorders write 0 for what they could not measure; an axis may well be 0."""

_DATE_TIME = re.compile(r"(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})?(\d{2})?(?:\.(\d{1,6}))?)?([+-]\d{4})?")


def text(data: Dataset, keyword: str) -> str:
    """The attribute as one line of text, '' where it is missing or has several values."""
    value = data.get(keyword)
    return "" if value is None else str(value).strip()[:TEXT_CHARACTERS_MAX]


def patient(data: Dataset) -> EcgPatient:
    """The patient as the file names them, the Chinese group of the name first (PS3.5 6.2.1.2)."""
    name = data.get("PatientName")
    groups = [str(getattr(name, group, "") or "") for group in ("ideographic", "alphabetic")]
    written = next((group for group in groups if group.strip("^ ")), "")
    between = "" if written == groups[0] else " "
    return EcgPatient(
        name=between.join(part for part in written.split("^") if part)[:TEXT_CHARACTERS_MAX],
        patient_id=text(data, "PatientID"),
        sex=text(data, "PatientSex").upper()[:1],
        birth_date=text(data, "PatientBirthDate")[:8],
        age=text(data, "PatientAge")[:4],
    )


def acquired_at(data: Dataset) -> datetime | None:
    """When recording began: Acquisition DateTime, else content, else study date and time.

    It has a zone when the value or Timezone Offset From UTC (0008,0201) gives one.
    """
    written = (
        text(data, "AcquisitionDateTime"),
        text(data, "AcquisitionDate") + text(data, "AcquisitionTime") if "AcquisitionTime" in data else "",
        text(data, "ContentDate") + text(data, "ContentTime"),
        text(data, "StudyDate") + text(data, "StudyTime"),
    )
    return moment_of(written, text(data, "TimezoneOffsetFromUTC"))


def moment_of(written: Iterable[str], zone: str) -> datetime | None:
    """The first of several DT values that can be read (PS3.5 6.2); `zone` where it names none."""
    return next((found for found in (_moment(one, zone) for one in written) if found is not None), None)


def _moment(written: str, default_zone: str) -> datetime | None:
    match = _DATE_TIME.fullmatch(written.strip())
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction = (match[n] for n in range(1, 8))
    try:
        return datetime(
            int(year),
            int(month),
            int(day),
            int(hour or 0),
            int(minute or 0),
            int(second or 0),
            int((fraction or "0").ljust(6, "0")),
            tzinfo=_zone(match[8] or default_zone),
        )
    except ValueError:
        return None


def _zone(offset: str) -> timezone | None:
    if re.fullmatch(r"[+-]\d{4}", offset) is None:
        return None
    minutes = int(offset[1:3]) * 60 + int(offset[3:5])
    return timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))


def stated_values(data: Dataset) -> tuple[StatedValue, ...]:
    """The whole recording's measurements that the recorder wrote, each key once, as written."""
    found: dict[str, StatedValue] = {}
    for annotation in _annotations(data):
        stated = _stated(annotation)
        if stated is not None:
            found.setdefault(stated.key, stated)
    return tuple(found.values())


def _stated(annotation: Dataset) -> StatedValue | None:
    concepts = annotation.get("ConceptNameCodeSequence")
    units = annotation.get("MeasurementUnitsCodeSequence")
    value = annotation.get("NumericValue")
    if not concepts or not units or value is None or not isinstance(value, (int, float)):
        return None
    scheme, code = str(concepts[0].get("CodingSchemeDesignator", "")), str(concepts[0].get("CodeValue", ""))
    key, unit, number = KEYS.get((scheme, code)), str(units[0].get("CodeValue", "")), float(value)
    if key is None or unit not in UNITS[key] or not math.isfinite(number):
        return None
    if key in POSITIVE and number <= 0:
        return None
    return StatedValue(key=key, value=number, unit=unit)


def statements(data: Dataset) -> tuple[str, ...]:
    """The recorder's own sentences, such as "SINUS RHYTHM"; a machine wrote them."""
    texts = (text(annotation, "UnformattedTextValue") for annotation in _annotations(data))
    return tuple([line for line in texts if line][:STATEMENTS_MAX])


def _annotations(data: Dataset) -> Iterator[Dataset]:
    yield from (data.get("WaveformAnnotationSequence") or [])[:ANNOTATIONS_MAX]
