"""DICOM waveforms → `Ecg`: 12-lead, general and ambulatory ECG objects (PS3.3 A.34.3 to A.34.5).

Sizes are checked against the caps and against the bytes present before anything is allocated.
What pydicom may raise on damaged input is listed once, in `UNREADABLE`.
"""

import struct
import zlib
from io import BytesIO

import pydicom
from pydicom import Dataset
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.filereader import read_dataset
from pydicom.tag import BaseTag, Tag
from pydicom.uid import DeflatedExplicitVRLittleEndian

from config.kernel.errors import AppError
from config.kernel.limits import MIB
from viewer.ecg import dicom_facts
from viewer.ecg.dicom_groups import groups_of
from viewer.ecg.errors import Damaged, EcgTooLarge, NotAnEcg, NotDicom
from viewer.ecg.model import Ecg

TWELVE_LEAD_ECG = "1.2.840.10008.5.1.4.1.1.9.1.1"
GENERAL_ECG = "1.2.840.10008.5.1.4.1.1.9.1.2"
AMBULATORY_ECG = "1.2.840.10008.5.1.4.1.1.9.1.3"
GENERAL_32_BIT_ECG = "1.2.840.10008.5.1.4.1.1.9.1.4"
SOP_CLASSES = (TWELVE_LEAD_ECG, GENERAL_ECG, AMBULATORY_ECG, GENERAL_32_BIT_ECG)

FILE_BYTES_MAX = 256 * MIB
"""A 24-hour recording of three leads at 500 Hz in 16 bits has 247 MiB."""
PREAMBLE_BYTES = 128
MAGIC = b"DICM"
META_GROUP = 0x0002
UNREADABLE = (
    InvalidDicomError,
    BytesLengthException,
    EOFError,
    OSError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    NotImplementedError,
    RecursionError,
    struct.error,
    zlib.error,
)


def read_ecg(content: bytes) -> Ecg:
    """The electrocardiogram in a DICOM file (PS3.10, or a bare data set).

    Raises NotDicom, NotAnEcg, Damaged, DataCutShort, SampleKindUnknown, NotCalibrated, NoLeads or
    EcgTooLarge; each names what is wrong.
    """
    if len(content) > FILE_BYTES_MAX:
        raise EcgTooLarge(bytes=len(content), bytes_max=FILE_BYTES_MAX)
    try:
        return _ecg_of(_data_set_of(content))
    except AppError:
        raise
    except UNREADABLE as error:
        raise Damaged(reason=type(error).__name__) from error


def _ecg_of(data: Dataset) -> Ecg:
    sop_class = str(data.get("SOPClassUID", ""))
    if sop_class not in SOP_CLASSES:
        raise NotAnEcg(sop_class_uid=sop_class[:64])
    return Ecg(
        groups=groups_of(data),
        sop_class_uid=sop_class,
        sop_instance_uid=str(data.get("SOPInstanceUID", ""))[:64],
        study_instance_uid=str(data.get("StudyInstanceUID", ""))[:64],
        acquired_at=dicom_facts.acquired_at(data),
        patient=dicom_facts.patient(data),
        accession_number=dicom_facts.text(data, "AccessionNumber"),
        institution=dicom_facts.text(data, "InstitutionName"),
        device=" ".join(
            filter(
                None,
                (dicom_facts.text(data, "Manufacturer"), dicom_facts.text(data, "ManufacturerModelName")),
            )
        ),
        stated=dicom_facts.stated_values(data),
        statements=dicom_facts.statements(data),
    )


def _data_set_of(content: bytes) -> Dataset:
    if content[PREAMBLE_BYTES : PREAMBLE_BYTES + len(MAGIC)] == MAGIC:
        _refuse_inflating_beyond_cap(content)
        return pydicom.dcmread(BytesIO(content))
    if content[:1] not in {b"\x02", b"\x08"}:
        raise NotDicom
    return pydicom.dcmread(BytesIO(content), force=True)


def _refuse_inflating_beyond_cap(content: bytes) -> None:
    """A deflated data set (PS3.5 A.5) may grow a thousandfold; find out with a bound."""
    stream = BytesIO(content)
    stream.seek(PREAMBLE_BYTES + len(MAGIC))
    meta = read_dataset(stream, is_implicit_VR=False, is_little_endian=True, stop_when=_after_meta)
    if meta.get("TransferSyntaxUID") != DeflatedExplicitVRLittleEndian:
        return
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    inflater.decompress(content[stream.tell() :], FILE_BYTES_MAX)
    if inflater.unconsumed_tail:
        raise EcgTooLarge(bytes_max=FILE_BYTES_MAX)


def _after_meta(tag: BaseTag, _vr: str | None, _length: int) -> bool:
    return Tag(tag).group != META_GROUP
