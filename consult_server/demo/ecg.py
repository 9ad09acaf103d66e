"""A synthetic 12-lead ECG as a cart would send it (PS3.3 A.34.3). Nobody's heart.

Waves are sums of Gaussians in I, II and V1 to V6; the other limb leads follow from I and II, as
they do in a body (Einthoven, Goldberger). Equal arguments give an equal object, UIDs included.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Protocol, TypeAlias

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import UID, ExplicitVRLittleEndian, TwelveLeadECGWaveformStorage
from pydicom.valuerep import PersonName

from config.kernel.errors import Invalid

Millivolts: TypeAlias = NDArray[np.float64]
CHINA = timezone(timedelta(hours=8))
HZ = 500
SECONDS = 10
SAMPLES = HZ * SECONDS
MICROVOLTS_PER_UNIT = "4.88"
LOW_HZ, HIGH_HZ, NOTCH_HZ = "0.05", "150", "50"
HEART_RATES = range(30, 221)
NAMESPACE = uuid.UUID("5a0d1d0e-6d0b-4c43-9a8e-2f6f2a1c7e11")
LEAD_CODES: Mapping[str, str] = {
    "I": "2:1",
    "II": "2:2",
    "III": "2:61",
    "aVR": "2:62",
    "aVL": "2:63",
    "aVF": "2:64",
    "V1": "2:3",
    "V2": "2:4",
    "V3": "2:5",
    "V4": "2:6",
    "V5": "2:7",
    "V6": "2:8",
}
WANDER_MV = 0.03
WANDER_HZ = 0.22
NOISE_MV = 0.004
RR_VARIATION = 0.02
FIRST_BEAT_SECONDS = (0.35, 0.55)
QT_REFERENCE_SECONDS = 0.36


class RateOutOfRange(Invalid):
    """A demonstration ECG has between 30 and 220 beats a minute."""

    code = "demo.heart_rate_out_of_range"


class EcgSubject(Protocol):
    """Whose ECG it pretends to be."""

    @property
    def patient_id(self) -> str:
        """Number given by `issuer`."""
        ...

    @property
    def issuer(self) -> str:
        """Who issues the number."""
        ...

    @property
    def person_name(self) -> PersonName:
        """Latin and Chinese groups."""
        ...

    @property
    def sex(self) -> str:
        """M or F."""
        ...

    @property
    def birth_date(self) -> date:
        """Day of birth."""
        ...


@dataclass(frozen=True)
class Wave:
    """One deflection: its height, its centre from the R peak, its width (standard deviation)."""

    mv: float
    centre_ms: float
    width_ms: float


@dataclass(frozen=True)
class LeadShape:
    """The heights of one lead's waves in mV; the R progression is the change of r and s from V1 to V6."""

    p: float
    q: float
    r: float
    s: float
    t: float

    def depolarisation(self) -> tuple[Wave, ...]:
        """P and QRS, which keep their timing at every rate."""
        return (Wave(self.p, -158, 21), Wave(self.q, -22, 7.5), Wave(self.r, 0, 10.5), Wave(self.s, 24, 10.5))


SHAPES: Mapping[str, LeadShape] = {
    "I": LeadShape(0.07, -0.04, 0.58, -0.07, 0.17),
    "II": LeadShape(0.13, -0.06, 1.02, -0.11, 0.27),
    "V1": LeadShape(0.05, 0.0, 0.22, -0.88, -0.06),
    "V2": LeadShape(0.06, 0.0, 0.42, -1.32, 0.38),
    "V3": LeadShape(0.06, 0.0, 0.72, -0.92, 0.46),
    "V4": LeadShape(0.06, -0.03, 1.28, -0.48, 0.44),
    "V5": LeadShape(0.06, -0.06, 1.36, -0.22, 0.36),
    "V6": LeadShape(0.06, -0.07, 1.08, -0.09, 0.27),
}


def ecg_dataset(  # noqa: PLR0913 - each names one fact of the recording
    *,
    patient: EcgSubject,
    accession: str,
    started_at: datetime,
    heart_rate: int = 72,
    seed: int = 1,
    st_mv: Mapping[str, float] | None = None,
    study_instance_uid: str | None = None,
    character_set: str = "GB18030",
    institution: str = "",
) -> Dataset:
    """A 12-lead ECG Waveform Storage object with file meta information, ready to be sent or saved.

    `started_at` needs a zone. `st_mv`: how far the ST segment stands off the baseline in mV, for
    I, II and V1 to V6 (the other limb leads follow); {"I": -0.07, "II": 0.24} is an inferior
    infarction. Raises RateOutOfRange.
    """
    if heart_rate not in HEART_RATES:
        raise RateOutOfRange(heart_rate=heart_rate)
    random = np.random.default_rng(seed)
    beats = beat_times(heart_rate, random)
    leads = twelve_leads(beats, random, st_mv or {})
    named = f"{patient.issuer}/{patient.patient_id}/{accession}/{seed}"
    ds = Dataset()
    ds.SpecificCharacterSet = character_set
    _identify(ds, patient, accession, study_instance_uid or _uid(f"{named}/study"), named)
    _date(ds, started_at.astimezone(CHINA))
    ds.Manufacturer, ds.ManufacturerModelName = "Lianzhen", "Synthetic ECG"
    ds.DeviceSerialNumber, ds.SoftwareVersions = "DEMO", "1"
    ds.InstitutionName = institution
    ds.AcquisitionContextSequence = Sequence([_lead_system()])
    ds.WaveformSequence = Sequence([_multiplex_group(leads)])
    ds.WaveformAnnotationSequence = Sequence([_rr_annotation(beats)])
    return ds


def beat_times(heart_rate: int, random: Generator) -> NDArray[np.float64]:
    """The R peaks in seconds: the mean RR is that of `heart_rate`, breathing moves each a little."""
    rr = 60.0 / heart_rate
    count = int(SECONDS / rr) + 2
    index = np.arange(count)
    breathing = np.sin(2 * np.pi * (index * rr * WANDER_HZ + random.uniform()))
    intervals = rr * (1 + RR_VARIATION * breathing + random.normal(0, RR_VARIATION / 4, count))
    times = random.uniform(*FIRST_BEAT_SECONDS) + np.concatenate(([0.0], np.cumsum(intervals)))
    inside = times[times < SECONDS - 0.05]
    return np.asarray(inside, dtype=np.float64)


def twelve_leads(
    beats: NDArray[np.float64], random: Generator, st_mv: Mapping[str, float]
) -> dict[str, NDArray[np.int16]]:
    """The twelve leads as whole units of MICROVOLTS_PER_UNIT; III is II minus I to the last unit."""
    per_unit_mv = float(MICROVOLTS_PER_UNIT) / 1000
    stored = {
        name: np.rint(_signal(shape, beats, random, st_mv.get(name, 0.0)) / per_unit_mv).astype(np.int16)
        for name, shape in SHAPES.items()
    }
    first, second = stored["I"].astype(np.int32), stored["II"].astype(np.int32)
    derived = {
        "III": second - first,
        "aVR": -(first + second) / 2,
        "aVL": first - second / 2,
        "aVF": second - first / 2,
    }
    stored |= {name: np.rint(values).astype(np.int16) for name, values in derived.items()}
    return {name: stored[name] for name in LEAD_CODES}


def _signal(shape: LeadShape, beats: NDArray[np.float64], random: Generator, st: float) -> Millivolts:
    seconds = np.arange(SAMPLES) / HZ
    signal = np.zeros(SAMPLES)
    for beat, following in zip(beats, _following(beats), strict=True):
        scale = float(np.clip(np.sqrt(following - beat), 0.55, 1.15))
        height = 1 + random.normal(0, 0.012)
        ms = (seconds - beat) * 1000
        for wave in (*shape.depolarisation(), *_repolarisation(shape.t, scale)):
            signal += height * wave.mv * np.exp(-0.5 * ((ms - wave.centre_ms) / wave.width_ms) ** 2)
        signal += st * _st_segment(ms, scale)
    wander = WANDER_MV * np.sin(2 * np.pi * (WANDER_HZ * seconds + random.uniform()))
    noise = np.convolve(random.normal(0, NOISE_MV, SAMPLES + 2), [0.25, 0.5, 0.25], mode="valid")
    return np.asarray(signal + wander + noise)


def _following(beats: NDArray[np.float64]) -> NDArray[np.float64]:
    """The next beat of each; the last is taken to be as long as the one before it."""
    return np.append(beats[1:], 2 * beats[-1] - beats[-2])


def _repolarisation(t: float, scale: float) -> tuple[Wave, ...]:
    """The T wave, steeper behind its top; it comes earlier with the square root of RR (Bazett)."""
    qt_ms = QT_REFERENCE_SECONDS * 1000 * scale
    return (Wave(t, qt_ms - 98 * scale, 46 * scale), Wave(t * 0.24, qt_ms - 48 * scale, 24 * scale))


def _st_segment(ms: Millivolts, scale: float) -> NDArray[np.float64]:
    """1 from the J point into the T wave, 0 elsewhere, with soft shoulders; `ms` from the R peak."""
    end_ms = QT_REFERENCE_SECONDS * 1000 * scale - 62 * scale
    rises, falls = np.tanh((ms - 40) / 9), np.tanh((ms - end_ms) / (30 * scale))
    return np.asarray((1 + rises) * (1 - falls) / 4)


def _identify(ds: Dataset, patient: EcgSubject, accession: str, study_instance_uid: str, named: str) -> None:
    ds.SOPClassUID, ds.SOPInstanceUID = TwelveLeadECGWaveformStorage, _uid(f"{named}/instance")
    ds.StudyInstanceUID, ds.SeriesInstanceUID = study_instance_uid, _uid(f"{named}/series")
    ds.PatientName, ds.PatientID = patient.person_name, patient.patient_id
    ds.IssuerOfPatientID = patient.issuer
    ds.PatientBirthDate, ds.PatientSex = patient.birth_date.strftime("%Y%m%d"), patient.sex
    ds.AccessionNumber, ds.StudyID, ds.ReferringPhysicianName = accession, accession[:16], ""
    ds.Modality, ds.SeriesNumber, ds.InstanceNumber = "ECG", 1, 1
    ds.StudyDescription, ds.SeriesDescription = "心电图", "静息 12 导联"
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = ds.SOPClassUID, ds.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta = meta


def _date(ds: Dataset, started: datetime) -> None:
    ds.StudyDate = ds.SeriesDate = ds.ContentDate = started.strftime("%Y%m%d")
    ds.StudyTime = ds.SeriesTime = ds.ContentTime = started.strftime("%H%M%S")
    ds.AcquisitionDateTime = started.strftime("%Y%m%d%H%M%S.%f%z")
    ds.TimezoneOffsetFromUTC = started.strftime("%z")


def _uid(named: str) -> UID:
    """A UID of the 2.25 root (PS3.5 B.2), always the same for the same name."""
    return UID(f"2.25.{uuid.uuid5(NAMESPACE, named).int}")


def _code(value: str, scheme: str, meaning: str) -> Sequence:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return Sequence([item])


def _lead_system() -> Dataset:
    """Acquisition context of TID 3401: where the electrodes were."""
    item = Dataset()
    item.ValueType = "CODE"
    item.ConceptNameCodeSequence = _code("10:11345", "MDC", "Lead System")
    item.ConceptCodeSequence = _code(
        "10:11265", "MDC", "Standard 12-lead positions: electrodes placed individually"
    )
    return item


def _multiplex_group(leads: Mapping[str, NDArray[np.int16]]) -> Dataset:
    group = Dataset()
    group.MultiplexGroupTimeOffset, group.WaveformOriginality = "0", "ORIGINAL"
    group.NumberOfWaveformChannels, group.NumberOfWaveformSamples = len(leads), SAMPLES
    group.SamplingFrequency, group.MultiplexGroupLabel = str(HZ), "RHYTHM"
    group.ChannelDefinitionSequence = Sequence([_channel(name) for name in leads])
    group.WaveformBitsAllocated, group.WaveformSampleInterpretation = 16, "SS"
    group.WaveformData = np.stack(list(leads.values()), axis=1).astype("<i2").tobytes()
    return group


def _channel(name: str) -> Dataset:
    channel = Dataset()
    channel.ChannelLabel = name
    channel.ChannelSourceSequence = _code(LEAD_CODES[name], "MDC", f"Lead {name}")
    channel.ChannelSensitivity, channel.ChannelSensitivityCorrectionFactor = MICROVOLTS_PER_UNIT, "1"
    channel.ChannelSensitivityUnitsSequence = _code("uV", "UCUM", "microvolt")
    channel.ChannelBaseline, channel.ChannelSampleSkew, channel.WaveformBitsStored = "0", "0", 16
    channel.FilterLowFrequency, channel.FilterHighFrequency = LOW_HZ, HIGH_HZ
    channel.NotchFilterFrequency = NOTCH_HZ
    return channel


def _rr_annotation(beats: NDArray[np.float64]) -> Dataset:
    """The mean RR interval, which is known here rather than measured."""
    annotation = Dataset()
    annotation.ReferencedWaveformChannels, annotation.AnnotationGroupNumber = [1, 0], 1
    annotation.ConceptNameCodeSequence = _code("2:16168", "MDC", "RR interval global")
    annotation.MeasurementUnitsCodeSequence = _code("ms", "UCUM", "millisecond")
    annotation.NumericValue = str(round(float(np.diff(beats).mean()) * 1000))
    return annotation
