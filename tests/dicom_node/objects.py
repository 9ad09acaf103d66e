"""Small data sets made by pydicom, with every part a test may want to change."""

import io
from typing import Any

import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid

CT = "1.2.840.10008.5.1.4.1.1.2"


def a_ct(**attributes: Any) -> Dataset:
    """A CT slice of 4 × 3 pixels; keywords replace or (None) remove attributes."""
    dataset = Dataset()
    values: dict[str, Any] = {
        "SpecificCharacterSet": "ISO_IR 192",
        "SOPClassUID": CT,
        "SOPInstanceUID": generate_uid(),
        "StudyDate": "20260302",
        "StudyTime": "093000",
        "AccessionNumber": "A1",
        "Modality": "CT",
        "ReferringPhysicianName": "Li^Si",
        "StudyDescription": "头颅平扫",
        "SeriesDescription": "axial 5 mm",
        "PatientName": "Wang^Xiaodong=王^小东",
        "PatientID": "P1",
        "PatientBirthDate": "19700101",
        "PatientSex": "M",
        "BodyPartExamined": "HEAD",
        "StudyInstanceUID": generate_uid(),
        "SeriesInstanceUID": generate_uid(),
        "StudyID": "S1",
        "SeriesNumber": "2",
        "InstanceNumber": "1",
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "Rows": 3,
        "Columns": 4,
        "BitsAllocated": 16,
        "BitsStored": 12,
        "HighBit": 11,
        "PixelRepresentation": 0,
        "PixelData": bytes(range(24)),
    }
    for keyword, value in (values | attributes).items():
        if value is not None:
            setattr(dataset, keyword, value)
    if "PixelData" in dataset:
        dataset["PixelData"].VR = "OW"
    return dataset


def dataset_bytes(dataset: Dataset, *, implicit: bool = False, little: bool = True) -> bytes:
    """The data set alone, encoded."""
    out = io.BytesIO()
    pydicom.dcmwrite(out, dataset, implicit_vr=implicit, little_endian=little, enforce_file_format=False)
    return out.getvalue()


def file_bytes(dataset: Dataset, syntax: UID = ExplicitVRLittleEndian) -> bytes:
    """A Part 10 file."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = syntax
    dataset.file_meta = meta
    out = io.BytesIO()
    pydicom.dcmwrite(out, dataset, enforce_file_format=True)
    del dataset.file_meta
    return out.getvalue()


def dataset_of(file: bytes) -> bytes:
    """The data set in a Part 10 file, byte for byte."""
    stream = io.BytesIO(file)
    pydicom.filereader.read_preamble(stream, force=False)
    pydicom.filereader._read_file_meta_info(stream)
    return file[stream.tell() :]
