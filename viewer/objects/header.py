"""What every object of a filing begins with: patient and study of its images, series, equipment, names."""

import hashlib
import io
import re
from collections.abc import Iterable, Mapping
from itertools import groupby

from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import ExplicitVRLittleEndian

from viewer.attributes import Attributes, text, values
from viewer.objects.marked import Filing, MarkedImage, Reference, uid_of

MAKER = "Lianzhen"
SOFTWARE = "1"
DATE, TIME = re.compile(r"\d{8}", re.ASCII), re.compile(r"\d{2,6}(\.\d{1,6})?", re.ASCII)
SEXES = frozenset({"M", "F", "O"})
LONG, SHORT = 64, 16
TEXTS = {
    "PatientID": ("00100020", LONG),
    "IssuerOfPatientID": ("00100021", LONG),
    "StudyID": ("00200010", SHORT),
    "AccessionNumber": ("00080050", SHORT),
    "StudyDescription": ("00081030", LONG),
}
OPTIONAL = frozenset({"IssuerOfPatientID", "StudyDescription"})
PEOPLE = {"PatientName": "00100010", "ReferringPhysicianName": "00080090"}


def person(data: Attributes, tag: str) -> str:
    """A person's name with all of its groups (PS3.5 6.2.1)."""
    for value in values(data, tag)[:1]:
        if isinstance(value, Mapping):
            groups = [str(value.get(name) or "") for name in ("Alphabetic", "Ideographic", "Phonetic")]
            return "=".join(group.replace("\\", " ")[:LONG] for group in groups).rstrip("=")
    return ""


def whole(pattern: re.Pattern[str], found: str) -> str:
    """The text when all of it fits, else nothing."""
    return found if pattern.fullmatch(found) else ""


def subject_of(data: Attributes) -> Dataset:
    """Patient and study as an image names them; what breaks its form is left empty."""
    made = Dataset()
    for keyword, tag in PEOPLE.items():
        setattr(made, keyword, person(data, tag))
    for keyword, (tag, characters) in TEXTS.items():
        found = text(data, tag).replace("\\", " ")[:characters]
        if found or keyword not in OPTIONAL:
            setattr(made, keyword, found)
    made.PatientBirthDate = whole(DATE, text(data, "00100030"))
    made.PatientSex = text(data, "00100040") if text(data, "00100040") in SEXES else ""
    made.StudyDate, made.StudyTime = (
        whole(DATE, text(data, "00080020")),
        whole(TIME, text(data, "00080030")),
    )
    return made


def first_image(filing: Filing) -> MarkedImage:
    """The image that speaks for patient and study: always the same one."""
    return filing.images[min(filing.images)]


def begun(filing: Filing, sop_class_uid: str, modality: str, series_number: int, description: str) -> Dataset:
    """An object of a filing with all that is not its content; `named` gives it its name."""
    image = first_image(filing)
    made = subject_of(image.attributes)
    date, time = filing.at.strftime("%Y%m%d"), filing.at.strftime("%H%M%S")
    made.SpecificCharacterSet = "ISO_IR 192"
    made.StudyInstanceUID = image.reference.study_instance_uid
    made.SOPClassUID = sop_class_uid
    made.InstanceCreationDate, made.InstanceCreationTime = date, time
    made.TimezoneOffsetFromUTC = filing.at.strftime("%z")[:5] or "+0000"
    made.Modality, made.SeriesNumber, made.SeriesDescription = modality, series_number, description
    made.SeriesInstanceUID = uid_of(filing.series_seed, sop_class_uid)
    made.InstanceNumber = filing.number
    made.Manufacturer, made.ManufacturerModelName, made.SoftwareVersions = MAKER, MAKER, SOFTWARE
    made.DeviceSerialNumber = SOFTWARE
    made.InstitutionName = filing.institution_name[:LONG]
    return made


def named(made: Dataset) -> FileDataset:
    """The object as a file, named after its content: the same filing gives the same file."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = made.SOPClassUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    content = made.to_json(suppress_invalid_tags=False).encode()
    made.SOPInstanceUID = uid_of(hashlib.sha256(content).hexdigest())
    meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    return FileDataset("", made, file_meta=meta, preamble=bytes(128))


def file_bytes(made: FileDataset) -> bytes:
    """The object as a Part 10 file."""
    buffer = io.BytesIO()
    made.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def reference_item(reference: Reference, frame_number: int | None = None) -> Dataset:
    """An item of a Referenced SOP Sequence (PS3.3 table 10-11)."""
    made = Dataset()
    made.ReferencedSOPClassUID = reference.sop_class_uid
    made.ReferencedSOPInstanceUID = reference.sop_instance_uid
    if frame_number is not None:
        made.ReferencedFrameNumber = frame_number
    return made


def frame_of(image: MarkedImage, frame_number: int) -> int | None:
    """The frame number as a reference says it: only where there are several frames."""
    return frame_number if image.number_of_frames > 1 else None


def hierarchy(references: Iterable[Reference]) -> Items:
    """Objects by study and series (the Hierarchical SOP Instance Reference Macro, PS3.3 C.17.2.1)."""
    ordered = sorted(
        set(references),
        key=lambda one: (one.study_instance_uid, one.series_instance_uid, one.sop_instance_uid),
    )
    studies = []
    for study_uid, in_study in groupby(ordered, key=lambda one: one.study_instance_uid):
        study = Dataset()
        study.StudyInstanceUID = study_uid
        study.ReferencedSeriesSequence = series_items(in_study)
        studies.append(study)
    return Items(studies)


def series_items(references: Iterable[Reference]) -> Items:
    """Objects of one study by series; `references` in the order of their series."""
    made = []
    for series_uid, in_series in groupby(references, key=lambda one: one.series_instance_uid):
        series = Dataset()
        series.SeriesInstanceUID = series_uid
        series.ReferencedSOPSequence = Items([reference_item(one) for one in in_series])
        made.append(series)
    return Items(made)
