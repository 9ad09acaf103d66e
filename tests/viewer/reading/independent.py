"""Frames drawn by renderers that are not ours: DCMTK in grey, pydicom in colour, NumPy for floats."""

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.pixels.processing import apply_color_lut, apply_modality_lut, convert_color_space
from pydicom.uid import UID, ExplicitVRBigEndian, ExplicitVRLittleEndian, SecondaryCaptureImageStorage

from viewer.pixels import PixelForm

Picture = npt.NDArray[np.uint8]
Samples = npt.NDArray[Any]
WHITE = 255
AS_RGB = frozenset({"RGB", "YBR_RCT", "YBR_ICT"})
GREY_RULES = ("RescaleSlope", "RescaleIntercept", "ModalityLUTSequence")
VOI_RULES = ("WindowCenter", "WindowWidth", "VOILUTFunction", "VOILUTSequence")


def drawn(dataset: Dataset, form: PixelForm, samples: Samples, dcmtk: Path, folder: Path) -> Picture:
    """Frame 0 in 8 bits: rows × columns, or × 3. `samples` are its values, known to be exact."""
    if form.samples_per_pixel > 1:
        return _colour(form, samples)
    if form.photometric_interpretation == "PALETTE COLOR":
        return _by_palette(dataset, samples)
    if samples.dtype.kind == "f":
        return _float(dataset, samples)
    grey = _by_dcmtk(dataset, form, samples, dcmtk, folder)
    if "RedPaletteColorLookupTableDescriptor" not in dataset:
        return grey
    first_mapped = int(dataset.RedPaletteColorLookupTableDescriptor[1])
    coloured = (samples >= first_mapped)[..., None]
    indexed = Dataset()
    indexed.update(dataset.group_dataset(0x28))
    indexed.PhotometricInterpretation = "PALETTE COLOR"
    return np.asarray(np.where(coloured, _by_palette(indexed, samples), grey[..., None]))


def _colour(form: PixelForm, samples: Samples) -> Picture:
    eight = samples >> max(0, form.bits_stored - 8)
    if form.photometric_interpretation in AS_RGB:
        return np.asarray(eight.astype(np.uint8))
    return np.asarray(convert_color_space(eight.astype(np.uint8), "YBR_FULL", "RGB"))


def _by_palette(dataset: Dataset, samples: Samples) -> Picture:
    shift = int(dataset.RedPaletteColorLookupTableDescriptor[2]) - 8
    big = dataset.file_meta.TransferSyntaxUID == ExplicitVRBigEndian if "file_meta" in dir(dataset) else False
    for name in ("Red", "Green", "Blue") if big else ():
        keyword = f"{name}PaletteColorLookupTableData"
        if keyword in dataset:  # pydicom takes them for little endian
            dataset[keyword].value = np.frombuffer(dataset[keyword].value, ">u2").astype("<u2").tobytes()
    return np.asarray((apply_color_lut(samples, dataset) >> shift).astype(np.uint8))


def _float(dataset: Dataset, samples: Samples) -> Picture:
    low, high = float(samples.min()), float(samples.max())
    center = rule(dataset, "FrameVOILUTSequence", "WindowCenter")
    if center is not None:
        half = float(rule(dataset, "FrameVOILUTSequence", "WindowWidth")) / 2
        low, high = float(center) - half, float(center) + half
    shares = np.clip((samples.astype(np.float64) - low) / (high - low or 1), 0, 1)
    return np.asarray(np.rint(shares * WHITE).astype(np.uint8))


def rule(dataset: Dataset, group: str, keyword: str) -> Any:
    """An attribute where PS3.3 C.7.6.16 puts it: frame 0's group, the shared group, the data set."""
    for holder in ("PerFrameFunctionalGroupsSequence", "SharedFunctionalGroupsSequence"):
        for item in list(dataset.get(holder) or [])[:1]:
            for found in list(item.get(group) or [])[:1]:
                if keyword in found:
                    return found[keyword].value
    return dataset.get(keyword)


def _by_dcmtk(dataset: Dataset, form: PixelForm, samples: Samples, dcmtk: Path, folder: Path) -> Picture:
    """dcm2pnm on an uncompressed single frame that carries the same grey scale rules."""
    path, out = folder / "frame.dcm", folder / "frame.pgm"
    single = _single(form, samples)
    single.SOPClassUID = dataset.get("SOPClassUID") or SecondaryCaptureImageStorage
    for keyword in GREY_RULES:
        _copy(single, keyword, rule(dataset, "PixelValueTransformationSequence", keyword))
    for keyword in VOI_RULES:
        _copy(single, keyword, rule(dataset, "FrameVOILUTSequence", keyword))
    _copy(single, "PresentationLUTShape", dataset.get("PresentationLUTShape"))
    single.save_as(path, enforce_file_format=True)
    window = _window(dataset, single, samples)
    subprocess.run([dcmtk / "dcm2pnm", "-q", "-O", *window, path, out], check=True, capture_output=True)
    return _pgm(out.read_bytes())


def _copy(single: Dataset, keyword: str, value: Any) -> None:
    if value is not None and value != "":
        setattr(single, keyword, value)


def _single(form: PixelForm, samples: Samples) -> FileDataset:
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = SecondaryCaptureImageStorage, UID("1.2.3")
    single = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    single.SOPClassUID, single.SOPInstanceUID = SecondaryCaptureImageStorage, "1.2.3"
    single.Rows, single.Columns, single.SamplesPerPixel = form.rows, form.columns, 1
    single.PhotometricInterpretation = form.photometric_interpretation
    single.BitsAllocated = samples.dtype.itemsize * 8
    single.BitsStored = form.bits_stored
    single.HighBit, single.PixelRepresentation = form.bits_stored - 1, int(form.signed)
    raw = samples.tobytes()
    single.add_new("PixelData", "OW" if samples.dtype.itemsize > 1 else "OB", raw + b"\0" * (len(raw) % 2))
    return single


def _window(dataset: Dataset, single: Dataset, samples: Samples) -> list[str]:
    """dcm2pnm's own choice where the object makes one; else all values that are no padding."""
    if single.get("WindowCenter") is not None:
        return ["+Wi", "1"]
    if single.get("VOILUTSequence"):
        return ["+Wl", "1"]
    padding = dataset.get("PixelPaddingValue")
    seen = samples if padding is None else samples[samples != padding]
    values = apply_modality_lut(seen, single)
    low, high = float(values.min()), float(values.max())
    return ["+Ww", str((low + high + 1) / 2), str(high - low + 1)]


def _pgm(content: bytes) -> Picture:
    """A binary PGM of dcm2pnm: a magic, perhaps remarks, size and depth in a line each."""
    lines: list[list[bytes]] = []
    at = 0
    while len(lines) < 3:
        end = content.index(b"\n", at)
        if not content.startswith(b"#", at):
            lines.append(content[at:end].split())
        at = end + 1
    across, down = (int(part) for part in lines[1])
    return np.frombuffer(content, np.uint8, across * down, at).reshape(down, across)
