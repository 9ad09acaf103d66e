"""What pydicom says about a file: the independent answer our own reader is held against."""

import base64
import io
import math
from pathlib import Path
from typing import Any

import pydicom
from pydicom import config
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.encaps import generate_frames
from pydicom.uid import UID

PATIENT_OBJECTS = (
    "charset",
    "cr_dx",
    "ct",
    "ecg/dicom",
    "enhanced",
    "mg",
    "mr",
    "nm_pt",
    "pr",
    "rt",
    "sc",
    "seg",
    "sr",
    "ts",
    "us",
    "wsi_dicom",
    "xa",
    "dicomdir/media",
    "bad",
)
IMPLICIT, EXPLICIT, BIG = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"
BARE = {
    "bad/CT_Implicit_Little_Headless_Retired.dcm": IMPLICIT,
    "bad/ExplVR_BigEndNoMeta.dcm": BIG,
    "bad/ExplVR_LitEndNoMeta.dcm": EXPLICIT,
    "bad/OT_Implicit_Little_Headless.dcm": IMPLICIT,
    "bad/no_meta.dcm": EXPLICIT,
    "cr_dx/implicitLittleEndian.dcm": IMPLICIT,
    "rt/rtstruct.dcm": IMPLICIT,
}
"""Data sets without a head, and how they are encoded: the wire has no head either."""
WITHOUT_UIDS = (
    "bad/CT_Implicit_Little_Headless_Retired.dcm",
    "bad/UN_sequence.dcm",
    "bad/empty_charset_LEI.dcm",
    "bad/nested_priv_SQ.dcm",
    "bad/no_meta_group_length.dcm",
    "bad/priv_SQ.dcm",
    "charset/chrSQEncoding.dcm",
    "charset/chrSQEncoding1.dcm",
    "ct/philips_54/DIRFILE",
    "ts/HTJ2KLossless_08_RGB.dcm",
    "ts/HTJ2K_08_RGB.dcm",
    "ts/JLSL_08_07_0_1F.dcm",
    "ts/JLSL_16_15_1_1F.dcm",
    "ts/JLSL_RGB_ILV0.dcm",
    "ts/JLSL_RGB_ILV1.dcm",
    "ts/JLSL_RGB_ILV2.dcm",
    "ts/JLSN_RGB_ILV0.dcm",
    "ts/JPEGLSNearLossless_08.dcm",
    "ts/JPEGLSNearLossless_16.dcm",
    "ts/SC_rgb_jls_lossy_line.dcm",
    "ts/SC_rgb_jls_lossy_sample.dcm",
)
REFUSED = dict.fromkeys(WITHOUT_UIDS, "StudyInstanceUID is missing") | {
    "bad/MR_truncated.dcm": "ends inside an element",
    "bad/bad_sequence.dcm": "StudyInstanceUID is not a UID",
    "bad/dwv-test_no-number-rows.dcm": "Rows, Columns, Samples per Pixel or Bits Allocated is wrong",
    "bad/meta_missing_tsyntax.dcm": "",  # nothing says how it is encoded: the reason depends on the guess
    "bad/no_meta.dcm": "unknown value representation",
    "bad/rtplan_truncated.dcm": "ends inside an element",
    "enhanced/emri_small_jpeg_2k_lossless_too_short.dcm": "ends inside an element header",
    "ts/SC_rgb_jpeg.dcm": "unknown value representation",
}
"""Samples that cannot be indexed, and why; every other one is stored, whichever way it comes."""
BINARY = {"OB", "OW", "OL", "OF", "OD", "OV", "UN"}
INLINE_BYTES_MAX = 1024


def dicom_files(samples: Path) -> list[Path]:
    """Every sample that holds an object of a patient, with a head or without. All others are directories
    (DICOMDIR), worklist entries, or no DICOM.
    """
    files = (
        path for folder in PATIENT_OBJECTS for path in sorted((samples / folder).rglob("*")) if path.is_file()
    )
    return [path for path in files if _has_preamble(path) or _has_bare_head(path) or _name(path) in BARE]


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def _has_preamble(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(132)[128:] == b"DICM"


def _has_bare_head(path: Path) -> bool:
    """True for a file that begins with its meta information, without a preamble."""
    with path.open("rb") as file:
        return file.read(4) == b"\2\0\x10\0"


def head_of(path: Path) -> tuple[str, int]:
    """Transfer syntax of a file and where its data set begins."""
    if _name(path) in BARE:
        return BARE[_name(path)], 0
    with path.open("rb") as file:
        if not _has_bare_head(path):
            pydicom.filereader.read_preamble(file, force=False)
        meta = pydicom.filereader._read_file_meta_info(file)
        return str(meta.get("TransferSyntaxUID", "")), file.tell()


def whole_file(path: Path) -> bytes:
    """The file, with a head where it has none."""
    if _has_preamble(path):
        return path.read_bytes()
    syntax, offset = head_of(path)
    sop_class, sop_instance = identity_of(path)
    out, meta = io.BytesIO(), FileMetaDataset()
    meta.TransferSyntaxUID = UID(syntax)
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = UID(sop_class), UID(sop_instance)
    pydicom.dcmwrite(
        out, FileDataset(out, {}, preamble=bytes(128), file_meta=meta), enforce_file_format=False
    )
    return out.getvalue() + path.read_bytes()[offset:]


def identity_of(path: Path) -> tuple[str, str]:
    """SOP Class and SOP Instance UID of a file, '' where it has none."""
    dataset = pydicom.dcmread(
        path, specific_tags=["SOPClassUID", "SOPInstanceUID"], stop_before_pixels=True, force=True
    )
    return str(dataset.get("SOPClassUID") or ""), str(dataset.get("SOPInstanceUID") or "")


def native_frames(dataset: pydicom.Dataset, frames: int) -> list[bytes]:
    """The frames of native pixel data, by plain slicing."""
    size = len(dataset.PixelData) // frames
    bits = dataset.Rows * dataset.Columns * dataset.get("SamplesPerPixel", 1) * dataset.BitsAllocated
    size = bits // 8 if dataset.get("PhotometricInterpretation") != "YBR_FULL_422" else bits * 2 // 3 // 8
    return [dataset.PixelData[n * size : (n + 1) * size] for n in range(frames)]


def encapsulated_frames(dataset: pydicom.Dataset, frames: int) -> list[bytes]:
    """The frames of encapsulated pixel data, as pydicom groups fragments."""
    table = (
        (dataset.ExtendedOffsetTable, dataset.ExtendedOffsetTableLengths)
        if "ExtendedOffsetTable" in dataset
        else None
    )
    return list(generate_frames(dataset.PixelData, number_of_frames=frames, extended_offsets=table))


def plain(value: Any) -> Any:
    """A DICOM JSON value with differences of notation taken out."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items() if v not in ("", None)} or None
    if value == "":
        return None
    if isinstance(value, str):
        return value.strip(" \0\r\n").replace("\r", "")
    return value


def differences(ours: dict[str, Any], theirs: pydicom.Dataset, where: str = "") -> list[str]:
    """Where our document and pydicom's data set say different things."""
    found: list[str] = []
    for element in theirs:
        tag = f"{element.tag:08X}"
        if element.tag.element == 0 or tag == "00080005":
            continue
        if tag not in ours:
            found.append(f"{where}{tag} missing")
            continue
        found += _compare(ours[tag], element, f"{where}{tag}")
    return found


def _values(element: pydicom.DataElement, ours: dict[str, Any]) -> list[Any]:
    """The values as pydicom writes them; ours where one breaks its VR, so that pydicom has no JSON."""
    try:
        return list(element.to_json_dict(None, INLINE_BYTES_MAX).get("Value", []))
    except ValueError:
        return list(ours.get("Value", []))


def _compare(ours: dict[str, Any], element: pydicom.DataElement, where: str) -> list[str]:
    if element.VR == "SQ":
        items = ours.get("Value", [])
        if len(items) != len(element.value):
            return [f"{where} has {len(items)} items, not {len(element.value)}"]
        return [
            d
            for n, (a, b) in enumerate(zip(items, element.value, strict=True))
            for d in differences(a, b, f"{where}/{n}/")
        ]
    if "BulkDataURI" in ours:
        return (
            []
            if ours["vr"] in BINARY or element.VR in BINARY or len(str(element.value)) > INLINE_BYTES_MAX
            else [f"{where} is bulk"]
        )
    if ours["vr"] in BINARY or element.VR in BINARY:
        return _compare_bytes(ours, element, where)
    expected = _values(element, ours)
    a, b = [plain(v) for v in ours.get("Value", [])], [plain(v) for v in expected]
    if a in ([], [None], [""]) and b in ([], [None], [""]):
        return []
    return [] if a == b or _same_numbers(a, b) else [f"{where} {ours['vr']}: {a!r} is not {b!r}"]


def _compare_bytes(ours: dict[str, Any], element: pydicom.DataElement, where: str) -> list[str]:
    raw = base64.b64decode(ours.get("InlineBinary", ""))
    value = element.value if isinstance(element.value, bytes) else b""
    return (
        []
        if raw == value or not isinstance(element.value, bytes)
        else [f"{where} {len(raw)} bytes, not {len(value)}"]
    )


def _same_numbers(a: list[Any], b: list[Any]) -> bool:
    numbers = (int, float)
    return len(a) == len(b) and all(
        (isinstance(x, numbers) and isinstance(y, numbers) and math.isclose(x, y, rel_tol=1e-6))
        or x == y
        or (isinstance(y, numbers) and str(x) == str(y))
        for x, y in zip(a, b, strict=True)
    )


def read(path: Path | io.BytesIO) -> pydicom.Dataset:
    """The file as pydicom reads it, bad values and all."""
    config.settings.reading_validation_mode = config.IGNORE
    return pydicom.dcmread(path)
