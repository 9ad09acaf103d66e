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
from pydicom.uid import ImplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid

from dicom_node.archive.scope import StudyScope
from tests.dicom_node import oracle
from tests.dicom_node.objects import dataset_of
from tests.viewer.dicomweb.conftest import ByHeader
from tests.viewer.dicomweb.parts import body, parts, post_headers
from tests.viewer.reading.facts import facts
from viewer.stow_limits import StowLimits

pytestmark = [pytest.mark.samples, pytest.mark.filterwarnings("ignore")]
OCTETS = "application/octet-stream"
AS_VIEWERS_ASK = f"multipart/related; type={OCTETS}; transfer-syntax=*"
LOSSY = {f"1.2.840.10008.1.2.4.{number}" for number in (50, 51)}
AS_EXPLICIT = "application/dicom; transfer-syntax=1.2.840.10008.1.2.1"
NAMED = {"dicom.frame_not_found", "dicomweb.frame_undecodable", "dicomweb.not_acceptable"}
NO_SYNTAX = "bad/meta_missing_tsyntax.dcm"
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


@pytest.fixture
def stow_limits() -> StowLimits:
    """Room for the largest sample."""
    return StowLimits(body_bytes_max=100_000_000, object_bytes_max=100_000_000, parts_max=1)


async def stored(web: httpx.AsyncClient, access: ByHeader, content: bytes, name: str) -> str:
    """STOW-RS of one file by a hospital of its own; '' or why it was refused."""
    access.scopes["county"] = StudyScope(institution_ids=frozenset({name}), store_as=name)
    answer = await web.post("/studies", content=body([content]), headers=post_headers())
    if answer.status_code in {200, 202}:
        return ""
    assert answer.status_code == 409, answer.text
    refused = [
        item for tag in ("00081198", "0008119A") for item in answer.json().get(tag, {}).get("Value", [])
    ]
    return str(refused[0]["00000902"]["Value"][0])


@pytest.mark.parametrize("area", oracle.PATIENT_OBJECTS)
async def test_every_sample_of(area: str, web: httpx.AsyncClient, access: ByHeader, samples: Path) -> None:
    """In by STOW-RS, back byte for byte; what is refused is known by name, with its reason."""
    files = [path for path in oracle.dicom_files(samples) if path.is_relative_to(samples / area)]
    found, expected = [], oracle.REFUSED | {NO_SYNTAX: "no Transfer Syntax UID"}
    for path in files:
        name = str(path.relative_to(samples))
        content = oracle.whole_file(path)
        refusal = await stored(web, access, content, name)
        if refusal or name in expected:
            found += [] if expected.get(name, "?") in refusal else [f"{name}: {refusal}"]
            continue
        dataset = oracle.read(io.BytesIO(content))
        found += await problems(web, content, dataset, name, facts(samples).get(name, {}))
    assert found == []
    assert files


def with_uids(path: Path) -> bytes:
    """A file that lacks what names it, with that and nothing else added."""
    dataset = oracle.read(io.BytesIO(oracle.whole_file(path)))
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
        setattr(dataset, keyword, generate_uid())
    list(dataset.iterall())  # an implicit VR where there should be an explicit one is looked up
    dataset.SOPClassUID = dataset.get("SOPClassUID") or SecondaryCaptureImageStorage
    out = io.BytesIO()
    implicit = dataset.file_meta.TransferSyntaxUID == ImplicitVRLittleEndian
    pydicom.dcmwrite(out, dataset, implicit_vr=implicit, little_endian=True, enforce_file_format=True)
    return out.getvalue()


async def test_what_is_refused_for_want_of_a_name_is_decoded_when_it_has_one(
    web: httpx.AsyncClient, access: ByHeader, samples: Path
) -> None:
    """So the first frame of every file that has facts is compared with them."""
    known = facts(samples)
    pictures = [name for name in oracle.REFUSED if known.get(name, {}).get("frame0_sha256")]
    found = []
    for name in pictures:
        content = with_uids(samples / name)
        found += [f"{name}: {why}" for why in [await stored(web, access, content, name)] if why]
        dataset = oracle.read(io.BytesIO(content))
        found += await problems(web, content, dataset, name, known[name])
    assert found == []
    assert len(pictures) == 14
