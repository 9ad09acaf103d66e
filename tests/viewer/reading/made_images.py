"""Images made for tests: each shows one rule of the standard that few real files show."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid

ROWS, COLUMNS = 16, 24
WORD = 16


def ramp(low: int, high: int, dtype: str = "<u2") -> npt.NDArray[Any]:
    """All shades from low to high, row by row."""
    return np.linspace(low, high, ROWS * COLUMNS).round().astype(dtype).reshape(ROWS, COLUMNS)


def an_object(samples: npt.NDArray[Any], bits_stored: int | None = None, **attributes: Any) -> FileDataset:
    """An uncompressed image of these samples, with further attributes by keyword."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    made.SOPClassUID = meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    made.SOPInstanceUID = meta.MediaStorageSOPInstanceUID = generate_uid()
    made.StudyInstanceUID, made.SeriesInstanceUID = "1.2.7", "1.2.7.1"
    made.Modality, made.PatientName, made.PatientID = "OT", "Test^Image", "1"
    bits = samples.dtype.itemsize * 8
    made.Rows, made.Columns = samples.shape[:2]
    made.SamplesPerPixel, made.PhotometricInterpretation = 1, "MONOCHROME2"
    made.BitsAllocated, made.BitsStored = bits, bits_stored or bits
    made.HighBit, made.PixelRepresentation = made.BitsStored - 1, int(samples.dtype.kind == "i")
    made.add_new("PixelData", "OW" if bits > 8 else "OB", samples.tobytes())
    for keyword, value in attributes.items():
        setattr(made, keyword, value)
    return made


def a_table(first_mapped: int, bits: int, entries: list[int], *, vr: str = "US") -> Dataset:
    """An item of a Modality or VOI LUT Sequence."""
    item = Dataset()
    item.add_new("LUTDescriptor", vr, [len(entries), first_mapped, bits])
    item.add_new("LUTData", "OW", np.array(entries, "<u2").tobytes())
    item.ModalityLUTType = "US"
    return item


def palette(made: FileDataset, first_mapped: int, bits: int, colours: npt.NDArray[Any]) -> FileDataset:
    """The same image with a palette: a row of colours for each value."""
    for index, name in enumerate(("Red", "Green", "Blue")):
        descriptor = f"{name}PaletteColorLookupTableDescriptor"
        made.add_new(descriptor, "SS" if first_mapped < 0 else "US", [len(colours), first_mapped, bits])
        entries = np.ascontiguousarray(colours[:, index].astype("<u2"))
        made.add_new(f"{name}PaletteColorLookupTableData", "OW", entries.tobytes())
    return made


def _steps(count: int, top: int) -> list[int]:
    return [round(top * (place / (count - 1)) ** 2) for place in range(count)]


def _spectrum(count: int, top: int) -> npt.NDArray[Any]:
    shades = np.arange(count)
    return np.stack([shades * top // count, top - shades * top // count, (shades * 37) % (top + 1)], axis=1)


def grey_images() -> Mapping[str, FileDataset]:
    """Depths, signs, windows, tables and presentation shapes of grey images."""
    twelve = ramp(0, 4095)
    signed = ramp(-2048, 2047, "<i2")
    window: dict[str, Any] = {"WindowCenter": "1000", "WindowWidth": "1500"}
    return {
        "monochrome1": an_object(twelve, 12, PhotometricInterpretation="MONOCHROME1", **window),
        "monochrome1 for presentation": an_object(
            twelve, 12, PhotometricInterpretation="MONOCHROME1", PresentationLUTShape="INVERSE", **window
        ),
        "identity wins": an_object(
            twelve, 12, PhotometricInterpretation="MONOCHROME1", PresentationLUTShape="IDENTITY", **window
        ),
        "monochrome2 inverse": an_object(twelve, 12, PresentationLUTShape="INVERSE", **window),
        "signed 12 of 16": an_object(signed, 12, RescaleSlope="2", RescaleIntercept="-10", **window),
        "signed bytes": an_object(ramp(-128, 127, "|i1")),
        "10 of 16": an_object(ramp(0, 1023), 10),
        "13 of 16": an_object(ramp(0, 8191), 13, WindowCenter="4096.5", WindowWidth="3000.5"),
        "16 of 16": an_object(ramp(0, 65535), WindowCenter="30000", WindowWidth="1"),
        "32 bits": an_object(ramp(0, 70000, "<u4"), WindowCenter="30000", WindowWidth="20000"),
        "sigmoid": an_object(twelve, 12, VOILUTFunction="SIGMOID", **window),
        "linear exact": an_object(twelve, 12, VOILUTFunction="LINEAR_EXACT", **window),
        "modality table": an_object(
            twelve,
            12,
            ModalityLUTSequence=[a_table(100, 16, _steps(3000, 60000))],
            WindowCenter="20000",
            WindowWidth="30000",
        ),
        "modality table of signed input": an_object(
            signed, 12, ModalityLUTSequence=[a_table(-1000, 12, _steps(1500, 4095), vr="SS")], **window
        ),
        "voi table": an_object(twelve, 12, VOILUTSequence=[a_table(500, 12, _steps(2000, 4095))]),
        "voi table of 8 bits": an_object(twelve, 12, VOILUTSequence=[a_table(0, 8, _steps(4096, 255))]),
        "voi table after rescale": an_object(
            twelve,
            12,
            RescaleSlope="1",
            RescaleIntercept="-1024",
            VOILUTSequence=[a_table(-500, 10, _steps(1000, 1023), vr="SS")],
        ),
    }


def shared_words() -> Mapping[str, tuple[FileDataset, npt.NDArray[Any]]]:
    """Images whose words hold more than values, and the values in them."""
    values = ramp(0, 1023)
    signed = ramp(-512, 511, "<i2")
    noise = (np.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS) % 64).astype("<u2")
    above = an_object((values | noise << 10).astype("<u2"), 10)
    below = an_object((values << 6 | noise).astype("<u2"), 10)
    below.HighBit = 15
    middle = an_object((values << 3 | noise & 7).astype("<u2"), 10)
    middle.HighBit = 12
    minus = an_object(((signed & 1023).astype("<u2") | noise << 10).astype("<u2"), 10)
    minus.PixelRepresentation = 1
    contradictory = an_object(values, 12)
    contradictory.HighBit = 25
    return {
        "above": (above, values),
        "below": (below, values),
        "middle": (middle, values),
        "signed": (minus, signed),
        "contradictory": (contradictory, values),
    }


def colour_images() -> Mapping[str, FileDataset]:
    """Photometric interpretations of colour, and palettes."""
    colours = np.random.default_rng(5).integers(0, 256, (ROWS, COLUMNS, 3), np.uint8)
    deep = np.random.default_rng(6).integers(0, 65536, (ROWS, COLUMNS, 3), np.uint16)
    three: dict[str, Any] = {"SamplesPerPixel": 3, "PlanarConfiguration": 0}
    planes = an_object(colours, PhotometricInterpretation="RGB", **three | {"PlanarConfiguration": 1})
    planes.PixelData = np.moveaxis(colours, -1, 0).tobytes()
    eight = ramp(0, 255, "|u1")
    indices: dict[str, Any] = {"PhotometricInterpretation": "PALETTE COLOR"}
    supplemented = an_object(
        ramp(0, 4095), 12, PixelPresentation="COLOR", WindowCenter="1500", WindowWidth="3000"
    )
    return {
        "rgb": an_object(colours, PhotometricInterpretation="RGB", **three),
        "rgb by plane": planes,
        "rgb of 16 bits": an_object(deep, PhotometricInterpretation="RGB", **three),
        "ybr": an_object(colours, PhotometricInterpretation="YBR_FULL", **three),
        "palette": palette(an_object(eight, **indices), 0, 16, _spectrum(256, 65535)),
        "short palette": palette(an_object(eight, **indices), 40, 16, _spectrum(100, 65535)),
        "palette of 8 bits": palette(an_object(eight, **indices), 0, 8, _spectrum(256, 255)),
        "palette of signed input": palette(
            an_object(ramp(-100, 100, "<i2"), **indices), -100, 16, _spectrum(201, 65535)
        ),
        "supplemental palette": palette(supplemented, 3000, 16, _spectrum(500, 65535)),
    }


def saved(made: Mapping[str, FileDataset], folder: Path) -> dict[str, Path]:
    """The images as Part 10 files."""
    paths = {}
    for number, (name, one) in enumerate(made.items()):
        paths[name] = folder / f"{number}.dcm"
        one.save_as(paths[name], enforce_file_format=True)
    return paths
