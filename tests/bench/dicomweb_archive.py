"""An archive of synthetic objects for the bench: the same files for us and for whoever runs beside us.

Objects are written from one encoded head each, with only what differs replaced, so that 50,000 take
seconds. Large series have CT slices of 512 × 512; all others are small.
"""

import http.client
import io
import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import ExplicitVRLittleEndian

from config.kernel.clock import SystemClock
from config.kernel.database import open_sync_engine
from config.stores import open_store, spool_folder
from dicom_node.intake.door import Door
from dicom_node.intake.failpoints import Failpoints
from dicom_node.intake.ingest import Ingest
from dicom_node.intake.part10 import HEAD_BYTES_MAX, read_head
from dicom_node.intake.receive import Source, Spool

CT, ROOT = "1.2.840.10008.5.1.4.1.1.2", "1.2.826.0.1.3680043.10.999"
SLICES, SIDE, SMALL_SIDE = 400, 512, 32
PER_STUDY = 25
FIRST_SERIES = 3
"""Further series of 400, each asked for the first time once."""
LOADERS = 8
SURNAMES = [("Wang", "王"), ("Li", "李"), ("Zhang", "张"), ("Liu", "刘"), ("Chen", "陈"), ("Yang", "杨")]


@dataclass(frozen=True)
class Place:
    """A series: the UIDs in its address, and those of its instances."""

    study: str
    series: str
    instances: tuple[str, ...]

    @property
    def path(self) -> str:
        """Its address below the root."""
        return f"/studies/{self.study}/series/{self.series}"


SAME_FOR_ALL: dict[str, object] = {
    "SpecificCharacterSet": "ISO_IR 192",
    "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"],
    "SOPClassUID": CT,
    "StudyTime": "101530",
    "SeriesTime": "101530",
    "ContentTime": "101530",
    "Modality": "CT",
    "Manufacturer": "SYNTH",
    "InstitutionName": "Test Hospital 第一医院",
    "ReferringPhysicianName": "Ref^Doc",
    "StationName": "ST1",
    "StudyDescription": "Chest routine",
    "SeriesDescription": "1.25mm STND",
    "ManufacturerModelName": "X1",
    "PatientBirthDate": "19700101",
    "PatientAge": "056Y",
    "BodyPartExamined": "CHEST",
    "SliceThickness": "1.25",
    "KVP": "120",
    "DeviceSerialNumber": "12345",
    "SoftwareVersions": "v1.0",
    "ProtocolName": "CHEST",
    "XRayTubeCurrent": "200",
    "ExposureTime": "500",
    "ConvolutionKernel": "STND",
    "PatientPosition": "HFS",
    "StudyID": "1",
    "SeriesNumber": "1",
    "ImageOrientationPatient": ["1", "0", "0", "0", "1", "0"],
    "FrameOfReferenceUID": f"{ROOT}.77",
    "SamplesPerPixel": 1,
    "PhotometricInterpretation": "MONOCHROME2",
    "PixelSpacing": ["0.7", "0.7"],
    "BitsAllocated": 16,
    "BitsStored": 12,
    "HighBit": 11,
    "PixelRepresentation": 0,
    "WindowCenter": "40",
    "WindowWidth": "400",
    "RescaleIntercept": "-1024",
    "RescaleSlope": "1",
}


def a_head(number: int, study: str, series: str, slice_number: int, side: int) -> Dataset:
    """A CT slice as a modality writes it, without its pixels."""
    dataset = Dataset()
    surname, character = SURNAMES[number % len(SURNAMES)]
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "RPID1", "RADLEX", "CT CHEST"
    day = 1 + number % 28
    values = SAME_FOR_ALL | {
        "SOPInstanceUID": f"{series}.{slice_number}",
        "StudyDate": f"2025{1 + number // 28 % 12:02}{day:02}",
        "SeriesDate": f"2025{1 + number // 28 % 12:02}{day:02}",
        "ContentDate": f"2025{1 + number // 28 % 12:02}{day:02}",
        "AccessionNumber": f"A{number:07}",
        "PatientName": f"{surname}^Patient{number}={character}^病人",
        "PatientID": f"P{number:06}",
        "PatientSex": "MF"[number % 2],
        "StudyInstanceUID": study,
        "SeriesInstanceUID": series,
        "InstanceNumber": str(slice_number),
        "ImagePositionPatient": ["-180", "-180", str(slice_number * 1.25)],
        "SliceLocation": str(slice_number * 1.25),
        "Rows": side,
        "Columns": side,
        "ProcedureCodeSequence": Items([code]),
    }
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset


def a_file(dataset: Dataset, pixels: bytes) -> bytes:
    """A Part 10 file."""
    dataset.PixelData = pixels
    dataset["PixelData"].VR = "OW"
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    out = io.BytesIO()
    pydicom.dcmwrite(out, dataset, enforce_file_format=True)
    return out.getvalue()


def noise(side: int, seed: int) -> bytes:
    """Pixels that do not compress to nothing."""
    return np.random.default_rng(seed).integers(0, 4096, (side, side)).astype("<u2").tobytes()


class Synthetic:
    """One large CT series, FIRST_SERIES long ones of small slices, and small studies for the rest."""

    def __init__(self, instances: int, *, slices: int = SLICES, side: int = SIDE) -> None:
        self._slices, self._side = slices, side
        self.small_studies = max(1, (instances - slices * (1 + FIRST_SERIES)) // PER_STUDY)
        self.large = self._place(0, slices)
        self.firsts = [self._place(1 + n, slices) for n in range(FIRST_SERIES)]
        self.total = slices * (1 + FIRST_SERIES) + self.small_studies * PER_STUDY

    def _place(self, number: int, instances: int) -> Place:
        study = f"{ROOT}.{number + 1}"
        return Place(study, f"{study}.1", tuple(f"{study}.1.{n}" for n in range(1, instances + 1)))

    def files(self) -> Iterator[bytes]:
        """Every object once."""
        small = noise(SMALL_SIDE, 2)
        for place, number, side, pixels in (
            (self.large, 0, self._side, noise(self._side, 1)),
            *((place, 1 + n, SMALL_SIDE, small) for n, place in enumerate(self.firsts)),
        ):
            for slice_number in range(1, self._slices + 1):
                head = a_head(number, place.study, place.series, slice_number, side)
                yield a_file(head, pixels)
        for number in range(1 + FIRST_SERIES, 1 + FIRST_SERIES + self.small_studies):
            place = self._place(number, PER_STUDY)
            for slice_number in range(1, PER_STUDY + 1):
                head = a_head(number, place.study, place.series, slice_number, SMALL_SIDE)
                yield a_file(head, small)

    def patient_id(self, at: random.Random) -> str:
        """Somebody who is in the archive."""
        return f"P{at.randrange(1 + FIRST_SERIES, 1 + FIRST_SERIES + self.small_studies):06}"


def load_ours(files: Iterator[bytes], *, home: Path, institution_id: str) -> int:
    """Store files through the product's own door, as one institution's; how many there were."""
    failpoints = Failpoints()
    objects = open_store(f"file://{home / 'objects'}")
    ingest = Ingest(open_sync_engine(f"sqlite:///{home / 'lianzhen.db'}"), SystemClock(), failpoints)
    spool = Spool(spool_folder(objects, home / "bench-spool"), failpoints)
    door = Door(spool=spool, objects=objects, ingest=ingest, object_bytes_max=2**30)
    source = Source(institution_id=institution_id, ae_title="BENCH", issuer_of_patient_id="")

    def take(content: bytes) -> int:
        announced, offset = read_head(content[:HEAD_BYTES_MAX])
        reception = door.begin(announced)
        reception.write(content[offset:])
        door.admit(reception, source)
        return 1

    try:
        with ThreadPoolExecutor(LOADERS) as pool:
            return sum(sum(pool.map(take, batch)) for batch in batches(files, 256))
    finally:
        ingest.close()
        spool.close()


def load_orthanc(files: Iterator[bytes], http_port: int) -> int:
    """Store files by Orthanc's own REST interface; how many there were."""

    def take(share: Sequence[bytes]) -> int:
        line = http.client.HTTPConnection("127.0.0.1", http_port, timeout=120)
        for content in share:
            line.request("POST", "/instances", body=content, headers={"Content-Type": "application/dicom"})
            answer = line.getresponse()
            said = answer.read()
            assert answer.status == 200, said[:200]
        line.close()
        return len(share)

    with ThreadPoolExecutor(4) as pool:
        return sum(sum(pool.map(take, [batch[n::4] for n in range(4)])) for batch in batches(files, 256))


def batches(files: Iterator[bytes], size: int) -> Iterator[list[bytes]]:
    """Files in lists of that length."""
    batch: list[bytes] = []
    for content in files:
        batch.append(content)
        if len(batch) == size:
            yield batch
            batch = []
    yield batch
