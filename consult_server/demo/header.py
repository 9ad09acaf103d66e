"""What every demonstration image says of its patient, study and device (PS3.3 C.7)."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import UID, ExplicitVRLittleEndian

from consult_server.demo.cast import CastPatient

CHINA = timezone(timedelta(hours=8))
_NAMESPACE = uuid.UUID("c1b1f0c2-53d3-4f0b-8f57-6a4f5f0f3c52")


@dataclass(frozen=True, kw_only=True)
class Examination:
    """One visit to one machine. `acquired_at` needs a zone; names of files and UIDs follow from `seed`."""

    patient: CastPatient
    accession: str
    acquired_at: datetime
    seed: int
    study_instance_uid: str | None
    character_set: str
    institution: str
    description: str

    def uid(self, part: str) -> UID:
        """A UID of the 2.25 root (PS3.5 B.2), always the same for the same part of this examination."""
        named = f"{self.patient.issuer}/{self.patient.patient_id}/{self.accession}/{self.seed}/{part}"
        return UID(f"2.25.{uuid.uuid5(_NAMESPACE, named).int}")


@dataclass(frozen=True, kw_only=True)
class SeriesFacts:
    """What sets one series apart. `after` is how long after the first the scan of it began."""

    modality: str
    number: int
    description: str
    after: timedelta
    model: str


def code(value: str, scheme: str, meaning: str) -> Items:
    """A code sequence of one item (PS3.3 8.8)."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return Items([item])


def image_dataset(exam: Examination, series: SeriesFacts, sop_class_uid: str, instance: int) -> Dataset:
    """A data set with the modules of patient, study, series, equipment and SOP filled in."""
    ds = Dataset()
    ds.SpecificCharacterSet = exam.character_set
    _patient_and_study(ds, exam)
    began = exam.acquired_at.astimezone(CHINA) + series.after
    ds.SOPClassUID, ds.SOPInstanceUID = sop_class_uid, exam.uid(f"{series.number}/{instance}")
    ds.SeriesInstanceUID, ds.SeriesNumber = exam.uid(str(series.number)), series.number
    ds.Modality, ds.SeriesDescription, ds.InstanceNumber = series.modality, series.description, instance
    ds.SeriesDate = ds.ContentDate = ds.AcquisitionDate = began.strftime("%Y%m%d")
    ds.SeriesTime = ds.ContentTime = ds.AcquisitionTime = began.strftime("%H%M%S")
    ds.PerformedProcedureStepStartDate, ds.PerformedProcedureStepStartTime = ds.StudyDate, ds.StudyTime
    ds.Manufacturer, ds.ManufacturerModelName = "Lianzhen", series.model
    ds.DeviceSerialNumber, ds.SoftwareVersions = "DEMO", "1"
    ds.InstitutionName = exam.institution
    ds.BodyPartExamined = "CHEST"
    ds.file_meta = _file_meta(ds)
    return ds


def _patient_and_study(ds: Dataset, exam: Examination) -> None:
    patient, began = exam.patient, exam.acquired_at.astimezone(CHINA)
    ds.PatientName, ds.PatientID, ds.IssuerOfPatientID = (
        patient.person_name,
        patient.patient_id,
        patient.issuer,
    )
    ds.PatientBirthDate, ds.PatientSex = patient.birth_date.strftime("%Y%m%d"), patient.sex
    years = (
        began.year
        - patient.birth_date.year
        - ((began.month, began.day) < (patient.birth_date.month, patient.birth_date.day))
    )
    ds.PatientAge, ds.PatientComments = f"{years:03d}Y", "demonstration, nobody's data"
    ds.StudyInstanceUID = exam.study_instance_uid or exam.uid("study")
    ds.StudyDate, ds.StudyTime = began.strftime("%Y%m%d"), began.strftime("%H%M%S")
    ds.TimezoneOffsetFromUTC = began.strftime("%z")
    ds.AccessionNumber, ds.StudyID, ds.ReferringPhysicianName = exam.accession, exam.accession[:16], ""
    ds.StudyDescription = exam.description


def _file_meta(ds: Dataset) -> FileMetaDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = ds.SOPClassUID, ds.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return meta


def grey_pixels(ds: Dataset, rows: int, columns: int, bits_stored: int) -> None:
    """One sample of 16 bits a pixel, unsigned (PS3.3 C.7.6.3)."""
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows, ds.Columns = rows, columns
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, bits_stored, bits_stored - 1, 0


def windows(ds: Dataset, presets: Sequence[tuple[int, int, str]]) -> None:
    """Window presets as (centre, width, name), the first one to be shown first (PS3.3 C.11.2.1.2)."""
    ds.WindowCenter = [centre for centre, _, _ in presets]
    ds.WindowWidth = [width for _, width, _ in presets]
    ds.WindowCenterWidthExplanation = [name for _, _, name in presets]
