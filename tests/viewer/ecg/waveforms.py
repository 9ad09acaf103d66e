"""DICOM waveforms made by hand, so that each value in them is known."""

import io
from collections.abc import Mapping, Sequence as Many
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import UID, ExplicitVRLittleEndian

from viewer.ecg.dicom import GENERAL_ECG

LEAD_NUMBERS = {
    "I": 1, "II": 2, "V1": 3, "V2": 4, "V3": 5, "V4": 6, "V5": 7, "V6": 8,
    "III": 61, "aVR": 62, "aVL": 63, "aVF": 64,
}  # fmt: skip
EIGHT = ("I", "II", "V1", "V2", "V3", "V4", "V5", "V6")


def code(value: str, scheme: str, meaning: str) -> Sequence:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return Sequence([item])


def channel(name: str, *, sensitivity: str = "5", unit: str = "uV", **attributes: Any) -> Dataset:
    """A channel of that lead; attributes with the value None are left out."""
    made = Dataset()
    if name in LEAD_NUMBERS:
        made.ChannelSourceSequence = code(f"2:{LEAD_NUMBERS[name]}", "MDC", f"Lead {name}")
    else:
        made.ChannelSourceSequence = code("X", "99TEST", name)
    made.ChannelSensitivity = sensitivity
    made.ChannelSensitivityUnitsSequence = code(unit, "UCUM", unit)
    made.ChannelSensitivityCorrectionFactor, made.ChannelBaseline = "1", "0"
    put(made, attributes)
    return made


def put(item: Dataset, attributes: Mapping[str, Any]) -> None:
    for keyword, value in attributes.items():
        if value is None:
            delattr(item, keyword)
        else:
            setattr(item, keyword, value)


def group(
    samples: NDArray[Any],
    channels: Many[Dataset],
    *,
    hz: str = "500",
    bits: int = 16,
    interpretation: str = "SS",
    **attributes: Any,
) -> Dataset:
    """A multiplex group; `samples` has the shape (samples, channels) and the stored type."""
    made = Dataset()
    made.WaveformOriginality, made.MultiplexGroupTimeOffset = "ORIGINAL", "0"
    made.NumberOfWaveformSamples, made.NumberOfWaveformChannels = samples.shape
    made.SamplingFrequency = hz
    made.ChannelDefinitionSequence = Sequence(channels)
    made.WaveformBitsAllocated, made.WaveformSampleInterpretation = bits, interpretation
    made.add_new("WaveformData", "OB" if bits == 8 else "OW", samples.tobytes())
    put(made, attributes)
    return made


def ecg_object(groups: Many[Dataset], *, sop_class: str = GENERAL_ECG, **attributes: Any) -> Dataset:
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID = sop_class, "2.25.11"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = "2.25.12", "2.25.13"
    ds.Modality = "ECG"
    ds.WaveformSequence = Sequence(groups)
    put(ds, attributes)
    return ds


def file_of(ds: Dataset, transfer_syntax: str = ExplicitVRLittleEndian) -> bytes:
    """The object as a Part 10 file."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = ds.SOPClassUID, ds.SOPInstanceUID
    meta.TransferSyntaxUID = UID(transfer_syntax)
    ds.file_meta = meta
    stream = io.BytesIO()
    ds.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def ramps(channels: int, count: int = 20, kind: str = "<i2") -> NDArray[Any]:
    """Every sample different, so that a swapped channel or byte order shows."""
    return (np.arange(count * channels).reshape(count, channels) * 7 - 50).astype(kind)
