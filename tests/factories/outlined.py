"""Segmentations and structure sets over images, made by pydicom alone: masks and contours in, files out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid

SEGMENTATION, STRUCTURE_SET = "1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.481.3"
LABEL_MAP = "1.2.840.10008.5.1.4.1.1.66.7"
CT = "1.2.840.10008.5.1.4.1.1.2"
STUDY = "1.2.826.0.1.3680043.10.543.78"
AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
RED_LAB, GREEN_LAB = (34_891, 53_485, 50_171), (57_489, 12_517, 53_704)
"""Recommended Display CIELab Values near pure red and pure green."""
Mask = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]


@dataclass(frozen=True, kw_only=True)
class Patch:
    """A frame of a segmentation: its pixels by row and column, and where it lies."""

    segment: int
    pixels: Mask
    position: tuple[float, float, float] | None = (0.0, 0.0, 0.0)
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class Grid:
    """What all frames of a segmentation share."""

    spacing_mm: tuple[float, float] = (1.0, 1.0)
    orientation: tuple[float, ...] = AXIAL
    frame_of_reference_uid: str = f"{STUDY}.8"
    thickness_mm: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Named:
    """A segment or a region: how it is called, how it was drawn, its colour."""

    label: str = "肝脏"
    algorithm: str = "MANUAL"
    name: str = ""
    version: str = ""
    colour: tuple[int, int, int] = RED_LAB
    extra: Mapping[str, Any] = field(default_factory=dict)


GRID = Grid()


def code(value: str, meaning: str, scheme: str = "SCT") -> Items:
    """A code sequence of one item."""
    made = Dataset()
    made.CodeValue, made.CodingSchemeDesignator, made.CodeMeaning = value, scheme, meaning
    return Items([made])


def one_item(**values: Any) -> Items:
    """A sequence of one item with these attributes."""
    made = Dataset()
    for keyword, value in values.items():
        setattr(made, keyword, value)
    return Items([made])


def begun(sop_class_uid: str, modality: str, study: Dataset | None) -> FileDataset:
    """An object of a study without its content: that of `study`, else one of its own."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = UID(sop_class_uid), generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made = FileDataset("", Dataset(), file_meta=meta, preamble=bytes(128))
    made.SpecificCharacterSet = "ISO_IR 192"
    for keyword in (
        "PatientName",
        "PatientID",
        "PatientBirthDate",
        "PatientSex",
        "StudyID",
        "AccessionNumber",
    ):
        setattr(made, keyword, "" if study is None else study.get(keyword, ""))
    for keyword in ("StudyDate", "StudyTime", "ReferringPhysicianName"):
        setattr(made, keyword, "" if study is None else study.get(keyword, ""))
    made.StudyInstanceUID = STUDY if study is None else study.StudyInstanceUID
    made.SOPClassUID, made.SOPInstanceUID = sop_class_uid, meta.MediaStorageSOPInstanceUID
    made.SeriesInstanceUID, made.SeriesNumber, made.InstanceNumber = generate_uid(), 90, 1
    made.Modality, made.Manufacturer, made.ManufacturerModelName = modality, "ACME", "Outliner"
    made.SoftwareVersions = "2.1"
    return made


def segment_item(number: int, named: Named) -> Dataset:
    """An item of the Segment Sequence (PS3.3 C.8.20.4)."""
    made = Dataset()
    made.SegmentNumber, made.SegmentLabel, made.SegmentAlgorithmType = number, named.label, named.algorithm
    made.SegmentedPropertyCategoryCodeSequence = code("123037004", "Anatomical Structure")
    made.SegmentedPropertyTypeCodeSequence = code("10200004", "Liver")
    made.RecommendedDisplayCIELabValue = list(named.colour)
    if named.name:
        made.SegmentAlgorithmName = named.name
        made.SegmentationAlgorithmIdentificationSequence = one_item(
            AlgorithmFamilyCodeSequence=code("123109", "Artificial Intelligence", "DCM"),
            AlgorithmName=named.name,
            AlgorithmVersion=named.version,
        )
    for keyword, value in named.extra.items():
        setattr(made, keyword, value)
    return made


def source_item(uid: str) -> Items:
    """A Derivation Image Sequence that names one image (C.7.6.16.2.6)."""
    source = one_item(ReferencedSOPClassUID=CT, ReferencedSOPInstanceUID=uid)
    return one_item(SourceImageSequence=source, DerivationCodeSequence=code("113076", "Segmentation", "DCM"))


def frame_item(patch: Patch) -> Dataset:
    """The functional groups of one frame (C.7.6.16)."""
    made = Dataset()
    made.SegmentIdentificationSequence = one_item(ReferencedSegmentNumber=patch.segment)
    if patch.position is not None:
        made.PlanePositionSequence = one_item(ImagePositionPatient=list(patch.position))
    if patch.source:
        made.DerivationImageSequence = source_item(patch.source)
    return made


def a_segmentation(
    patches: Sequence[Patch],
    segments: Sequence[Named] = (Named(),),
    *,
    grid: Grid = GRID,
    fractional: int | None = None,
    study: Dataset | None = None,
    series: str = "",
) -> FileDataset:
    """A segmentation of these frames; `fractional`: its Maximum Fractional Value, else it is binary."""
    made = begun(SEGMENTATION, "SEG", study)
    made.ContentLabel, made.ContentDescription, made.ContentCreatorName = "LIVER", "肝脏分割", "Doe^Jane"
    made.ContentDate, made.ContentTime, made.FrameOfReferenceUID = (
        "20260302",
        "170509",
        grid.frame_of_reference_uid,
    )
    made.Rows, made.Columns = patches[0].pixels.shape
    made.NumberOfFrames, made.SamplesPerPixel, made.PixelRepresentation = len(patches), 1, 0
    made.PhotometricInterpretation = "MONOCHROME2"
    bits = 1 if fractional is None else 8
    made.BitsAllocated, made.BitsStored, made.HighBit = bits, bits, bits - 1
    made.SegmentationType = "BINARY" if fractional is None else "FRACTIONAL"
    if fractional is not None:
        made.SegmentationFractionalType, made.MaximumFractionalValue = "PROBABILITY", fractional
    made.SegmentSequence = Items([segment_item(i + 1, one) for i, one in enumerate(segments)])
    made.SharedFunctionalGroupsSequence = one_item(
        PlaneOrientationSequence=one_item(ImageOrientationPatient=list(grid.orientation)),
        PixelMeasuresSequence=one_item(
            PixelSpacing=list(grid.spacing_mm),
            SliceThickness=grid.thickness_mm,
            SpacingBetweenSlices=grid.thickness_mm,
        ),
    )
    made.PerFrameFunctionalGroupsSequence = Items([frame_item(one) for one in patches])
    if series:
        made.ReferencedSeriesSequence = one_item(SeriesInstanceUID=series)
    stacked = np.stack([one.pixels for one in patches])
    made.PixelData = packed(stacked) if fractional is None else even(stacked.astype(np.uint8).tobytes())
    made["PixelData"].VR = "OB"
    return made


def packed(pixels: npt.NDArray[np.generic]) -> bytes:
    """Pixels of all frames as bits that go on from frame to frame (PS3.5 8.1.1)."""
    return even(np.packbits(pixels.ravel() != 0, bitorder="little").tobytes())


def even(content: bytes) -> bytes:
    """Padded to whole words (PS3.5 7.1.1)."""
    return content + bytes(len(content) % 2)


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A contour: the number of its region, its kind, its points in the patient, the image it was drawn on."""

    roi: int = 1
    kind: str = "CLOSED_PLANAR"
    points: Sequence[tuple[float, float, float]]
    source: str = ""


def contour_item(drawn: Drawn) -> Dataset:
    """An item of the Contour Sequence (C.8.8.6)."""
    made = Dataset()
    made.ContourGeometricType, made.NumberOfContourPoints = drawn.kind, len(drawn.points)
    made.ContourData = [f"{one:.4f}" for point in drawn.points for one in point]
    if drawn.source:
        made.ContourImageSequence = one_item(ReferencedSOPClassUID=CT, ReferencedSOPInstanceUID=drawn.source)
    return made


def a_structure_set(
    contours: Sequence[Drawn],
    regions: Sequence[Named] = (Named(label="PTV", colour=(0, 128, 255)),),
    *,
    frame_of_reference_uid: str = GRID.frame_of_reference_uid,
    study: Dataset | None = None,
    series: str = "",
) -> FileDataset:
    """A structure set of these contours; a region's colour is three bytes."""
    made = begun(STRUCTURE_SET, "RTSTRUCT", study)
    made.StructureSetLabel, made.StructureSetDate, made.StructureSetTime = "计划一", "20260302", "170509"
    made.ApprovalStatus = "UNAPPROVED"
    listed = one_item(SeriesInstanceUID=series or f"{STUDY}.1")
    made.ReferencedFrameOfReferenceSequence = one_item(
        FrameOfReferenceUID=frame_of_reference_uid,
        RTReferencedStudySequence=one_item(
            ReferencedSOPInstanceUID=made.StudyInstanceUID, RTReferencedSeriesSequence=listed
        ),
    )
    told, outlined, observed = list[Dataset](), list[Dataset](), list[Dataset]()
    for i, named in enumerate(regions):
        told += one_item(
            ROINumber=i + 1,
            ReferencedFrameOfReferenceUID=frame_of_reference_uid,
            ROIName=named.label,
            ROIGenerationAlgorithm=named.algorithm,
        )
        mine = [contour_item(one) for one in contours if one.roi == i + 1]
        outlined += one_item(
            ReferencedROINumber=i + 1, ROIDisplayColor=list(named.colour), ContourSequence=Items(mine)
        )
        observed += one_item(ObservationNumber=i + 1, ReferencedROINumber=i + 1, RTROIInterpretedType="PTV")
    made.StructureSetROISequence, made.ROIContourSequence = Items(told), Items(outlined)
    made.RTROIObservationsSequence = Items(observed)
    return made


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """How a label map is written: bits of a pixel, its palette as red, green, blue from 0 on, its padding."""

    bits: int = 8
    palette: Sequence[tuple[int, int, int]] = ()
    padding: int | None = None


def a_label_map(
    patches: Sequence[Patch],
    segments: Mapping[int, Named],
    *,
    form: Labelled = Labelled(),
    grid: Grid = GRID,
    study: Dataset | None = None,
    series: str = "",
) -> FileDataset:
    """A label map (PS3.3 C.8.20.2.3) of these frames, whose pixels are numbers of `segments`."""
    made = a_segmentation(patches, list(segments.values()), grid=grid, study=study, series=series)
    made.SOPClassUID = made.file_meta.MediaStorageSOPClassUID = UID(LABEL_MAP)
    made.SegmentationType, made.SegmentsOverlap = "LABELMAP", "NO"
    made.ContentLabel, made.ContentDescription = "LABELS", "标签图"
    made.BitsAllocated = made.BitsStored = form.bits
    made.HighBit = form.bits - 1
    for item, number in zip(made.SegmentSequence, segments, strict=True):
        item.SegmentNumber = number
        if form.palette:
            del item.RecommendedDisplayCIELabValue
    for item in made.PerFrameFunctionalGroupsSequence:
        del item.SegmentIdentificationSequence
    if form.palette:
        made.PhotometricInterpretation = "PALETTE COLOR"
        for at, channel in enumerate(("Red", "Green", "Blue")):
            setattr(made, f"{channel}PaletteColorLookupTableDescriptor", [len(form.palette), 0, 8])
            entries = even(bytes(colour[at] for colour in form.palette))
            setattr(made, f"{channel}PaletteColorLookupTableData", entries)
    if form.padding is not None:
        made.PixelPaddingValue = form.padding
    stacked = np.stack([one.pixels for one in patches]).astype(f"<u{form.bits // 8}")
    made.PixelData = even(stacked.tobytes())
    made["PixelData"].VR = "OB" if form.bits == 8 else "OW"
    return made
