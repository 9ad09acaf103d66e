"""Every sample file through DICOMweb: metadata as pydicom reads it, frames as the facts say."""

import hashlib
import io
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import numpy.typing as npt
import pydicom
import pytest

from config.kernel.errors import AppError
from dicom_node.archive.scope import StudyScope
from tests.dicom_node import oracle
from tests.dicom_node.objects import dataset_of
from tests.viewer.dicomweb.conftest import Archive, ByHeader
from tests.viewer.dicomweb.parts import parts
from tests.viewer.reading.facts import facts

pytestmark = [pytest.mark.samples, pytest.mark.filterwarnings("ignore")]
OCTETS = "application/octet-stream"
AS_VIEWERS_ASK = f"multipart/related; type={OCTETS}; transfer-syntax=*"
LOSSY = {f"1.2.840.10008.1.2.4.{number}" for number in (50, 51)}
AS_EXPLICIT = "application/dicom; transfer-syntax=1.2.840.10008.1.2.1"
NAMED = {"dicom.frame_not_found", "dicomweb.frame_undecodable", "dicomweb.not_acceptable"}
TURNED = {"us/OBXXXX1A_expb_2frame.dcm"}
"""Palettes in big endian words, which pydicom leaves as they are; DICOMweb sends little endian."""


def shaped(content: bytes, dataset: pydicom.Dataset, fact: dict[str, Any]) -> npt.NDArray[Any]:
    """A native frame as the facts count it: a pixel of single bits each, colour by pixel, sign extended."""
    shape = fact["frame0_shape"]
    if dataset.BitsAllocated == 1:
        bits = np.unpackbits(np.frombuffer(content, np.uint8), bitorder="little")
        return bits[: int(np.prod(shape))]
    samples = np.frombuffer(content, np.dtype(fact["frame0_dtype"]).newbyteorder("<"), int(np.prod(shape)))
    if dataset.get("PlanarConfiguration") == 1 and dataset.SamplesPerPixel > 1:
        samples = np.moveaxis(samples.reshape(3, *shape[:2]), 0, -1)
    unused = dataset.BitsAllocated - dataset.get("BitsStored", dataset.BitsAllocated)
    return samples << unused >> unused if samples.dtype.kind == "i" else samples


def differs(content: bytes, dataset: pydicom.Dataset, fact: dict[str, Any]) -> str:
    """Why a decoded frame is not what the facts say, '' when it is."""
    syntax = str(dataset.file_meta.TransferSyntaxUID)
    if dataset.PhotometricInterpretation == "YBR_FULL_422" and syntax == "1.2.840.10008.1.2.1":
        size = dataset.Rows * dataset.Columns * 2
        return "" if content == dataset.PixelData[:size] else "not the stored 4:2:2 samples"
    found = shaped(content, dataset, fact)
    if syntax in LOSSY:
        away = abs(float(found.mean()) - fact["frame0_mean"])
        return "" if away < 0.1 else f"mean differs by {away}"
    stored = np.ascontiguousarray(found.astype(np.dtype(fact["frame0_dtype"]))).tobytes()
    return "" if hashlib.sha256(stored).hexdigest() == fact["frame0_sha256"] else "another hash"


def unlike(explicit: httpx.Response, frame: bytes) -> list[str]:
    """Why an object in Explicit VR Little Endian is not the frames that are had one by one."""
    if explicit.status_code != 200:
        return [f"not to be had in explicit little endian: {explicit.text}"]
    made = pydicom.dcmread(io.BytesIO(explicit.content))
    keyword = next(k for k in ("PixelData", "FloatPixelData", "DoubleFloatPixelData") if k in made)
    if made.BitsAllocated == 1:
        return []
    return [] if made[keyword].value[: len(frame)] == frame else ["another first frame in the whole object"]


async def problems(
    web: httpx.AsyncClient, content: bytes, dataset: pydicom.Dataset, name: str, fact: dict[str, Any]
) -> list[str]:
    """What is wrong with the answers about one archived file."""
    (row,) = (await web.get(f"/instances?SOPInstanceUID={dataset.SOPInstanceUID}")).json()
    address = row["00081190"]["Value"][0]
    (document,) = (await web.get(f"{address}/metadata")).json()
    found = [] if name in TURNED else oracle.differences(document, dataset)
    whole = await web.get(address, headers={"Accept": "application/dicom"})
    if dataset_of(whole.content) != dataset_of(content):
        found.append("another data set")
    stored = await web.get(f"{address}/frames/1", headers={"Accept": AS_VIEWERS_ASK})
    decoded = await web.get(f"{address}/frames/1", headers={"Accept": OCTETS})
    shown = await web.get(f"{address}/frames/1/rendered")
    explicit = await web.get(address, headers={"Accept": AS_EXPLICIT})
    for answer in (stored, decoded, shown, explicit):
        if answer.status_code != 200 and answer.json()["code"] not in NAMED:
            found.append(f"{answer.status_code} {answer.text}")
    if stored.status_code == 200 and len(parts(stored)) != 1:
        found.append("not one part")
    if fact.get("frame0_sha256"):
        found.append(differs(decoded.content, dataset, fact) if decoded.status_code == 200 else "no frame")
        found += [] if shown.status_code == 200 else [f"no picture: {shown.text}"]
        found += unlike(explicit, decoded.content)
    return [f"{name}: {one}" for one in found if one]


@pytest.mark.parametrize("area", oracle.PATIENT_OBJECTS)
async def test_every_sample_of(
    area: str, web: httpx.AsyncClient, archived: Archive, access: ByHeader, samples: Path
) -> None:
    files = [path for path in oracle.dicom_files(samples) if path.is_relative_to(samples / area)]
    found, answered = [], 0
    for path in files:
        name = str(path.relative_to(samples))
        content = path.read_bytes()
        try:
            archived(content, name)
        except AppError:
            continue
        answered += 1
        access.scopes["county"] = StudyScope(institution_ids=frozenset({name}))
        found += await problems(web, content, oracle.read(path), name, facts(samples).get(name, {}))
    assert found == []
    assert answered
