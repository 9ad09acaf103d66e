"""The Native DICOM Model against DCMTK's own writer, and for any text a data set may hold."""

import asyncio
import base64
import json
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import pytest
from hypothesis import given, strategies as st
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from tests.dicom_node.objects import a_ct, file_bytes
from tests.viewer.dicomweb.conftest import Archive
from tests.viewer.dicomweb.parts import body, parts, post_headers
from viewer.native_xml import NAMESPACE, native_xml

XML = "application/dicom+xml"
IN_PARTS = {"Accept": f'multipart/related; type="{XML}"'}
OURS_ALONE = {"00080005"}
"""The character set: the document's own, not the file's."""


def parsed(content: bytes) -> ET.Element:
    """A document of ours, or of DCMTK's."""
    return ET.fromstring(content)  # noqa: S314 - nobody else wrote it


def inner(element: ET.Element, name: str) -> list[ET.Element]:
    """Children of that name."""
    return element.findall(f"{{{NAMESPACE}}}{name}")


def plain(element: ET.Element) -> dict[str, Any]:
    """A data set in XML as nested values, without notation."""
    found: dict[str, Any] = {}
    for one in inner(element, "DicomAttribute"):
        facts = {name: one.get(name) for name in ("vr", "keyword", "privateCreator")}
        values = [[value.get("number"), (value.text or "").strip()] for value in inner(one, "Value")]
        names = [
            [(part.tag, (part.text or "").strip()) for part in name.iter() if (part.text or "").strip()]
            for name in inner(one, "PersonName")
        ]
        items = [plain(item) for item in inner(one, "Item")]
        binary = [base64.b64decode(raw.text or "") for raw in inner(one, "InlineBinary")]
        found[str(one.get("tag")).upper()] = [facts, [v for v in values if v[1]], names, items, binary]
    return found


async def test_metadata_is_what_dcmtk_writes(
    web: httpx.AsyncClient, archived: Archive, dcmtk: Path, tmp_path: Path
) -> None:
    step = Dataset()
    step.CodeValue, step.CodeMeaning = "T-D1100", "Kopf <& Hals>"
    dataset = a_ct(
        PixelData=None,
        Rows=None,
        Columns=None,
        PatientName="Wang^Xiaodong^M^Dr^Jr=王^小东",
        ImageType=["ORIGINAL", "PRIMARY", "AXIAL"],
        AnatomicRegionSequence=Sequence([step, Dataset()]),
        ImageComments='5 < 6 & "quoted"',
        PatientComments="",
        FrameIncrementPointer=0x00181063,
    )
    dataset.add_new(0x00090010, "LO", "SOMEBODY")
    dataset.add_new(0x00091003, "LO", ["one", "two"])
    dataset.add_new(0x00091004, "OB", b"\x01\x02\x03\x04")
    content = file_bytes(dataset)
    archived(content)
    (tmp_path / "one.dcm").write_bytes(content)
    command: list[str | Path] = [dcmtk / "dcm2xml", "-nat", "+Xn", "+Eb", tmp_path / "one.dcm"]
    theirs = await asyncio.to_thread(lambda: subprocess.check_output(command))
    study = f"/studies/{dataset.StudyInstanceUID}"
    answer = await web.get(f"{study}/metadata", headers=IN_PARTS)
    ((kind, document),) = parts(answer)
    assert kind == XML
    ours = {k: v for k, v in plain(parsed(document)).items() if k not in OURS_ALONE}
    wanted = {k: v for k, v in plain(parsed(theirs)).items() if k[:4] != "0002"}
    wanted = {k: v for k, v in wanted.items() if k not in OURS_ALONE}
    assert ours == wanted
    for path in (study, f"{study}/series/{dataset.SeriesInstanceUID}"):
        assert parts(await web.get(f"{path}/metadata", headers=IN_PARTS)) == [(XML, document)]


async def test_searches_answer_a_part_for_each_match(web: httpx.AsyncClient, archived: Archive) -> None:
    for patient in ("X1", "X2"):
        archived(file_bytes(a_ct(PatientID=patient)))
    answer = await web.get("/studies?PatientID=X*", headers=IN_PARTS)
    documents = [parsed(content) for _, content in parts(answer)]
    assert {plain(one)["00100020"][1][0][1] for one in documents} == {"X1", "X2"}
    nothing = await web.get("/studies?PatientID=NOBODY", headers=IN_PARTS)
    assert (nothing.status_code, nothing.content) == (204, b"")


async def test_bulk_values_keep_their_address(web: httpx.AsyncClient, archived: Archive) -> None:
    dataset = a_ct()
    archived(file_bytes(dataset))
    series = f"/studies/{dataset.StudyInstanceUID}/series/{dataset.SeriesInstanceUID}"
    answer = await web.get(f"{series}/instances/{dataset.SOPInstanceUID}/metadata", headers=IN_PARTS)
    document = parsed(parts(answer)[0][1])
    (pixels,) = [one for one in inner(document, "DicomAttribute") if one.get("tag") == "7FE00010"]
    uri = str(inner(pixels, "BulkData")[0].get("uri"))
    assert parts(await web.get(uri))[0][1] == dataset.PixelData


async def test_what_was_stored_is_said_in_xml_too(web: httpx.AsyncClient) -> None:
    dataset = a_ct()
    answer = await web.post(
        "/studies", content=body([file_bytes(dataset)]), headers=post_headers() | {"Accept": XML}
    )
    assert (answer.status_code, answer.headers["content-type"]) == (200, XML)
    said = plain(parsed(answer.content))
    assert said["00081199"][3][0]["00081155"][1] == [["1", dataset.SOPInstanceUID]]


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SPOKEN = st.text(st.characters(min_codepoint=32, max_codepoint=0xD7FF), max_size=20)


@given(TEXT, SPOKEN)
def test_any_text_is_well_formed_and_the_speakable_comes_back(any_text: str, spoken: str) -> None:
    document = {
        "00104000": {"vr": "LT", "Value": [any_text]},
        "00090010": {"vr": "LO", "Value": [any_text]},
        "00091001": {"vr": "LO", "Value": [spoken, None]},
        "00081190": {"vr": "UR", "BulkDataURI": any_text},
        "00100010": {"vr": "PN", "Value": [{"Alphabetic": f"{spoken}^x"}, None]},
        "60023000": {"vr": "OW", "InlineBinary": "AAE="},
    }
    root = parsed(native_xml(json.loads(json.dumps(document))))
    said = {str(one.get("tag")): one for one in inner(root, "DicomAttribute")}
    (value, empty) = inner(said["00090001" if any_text else "00091001"], "Value")
    assert (value.text or "", empty.text) == (spoken, None)
    assert said["60023000"].get("keyword") == "OverlayData"
    assert [one.get("number") for one in inner(said["00100010"], "PersonName")] == ["1", "2"]


@pytest.mark.parametrize("tag, private", [("00090010", False), ("00091001", True), ("00100010", False)])
def test_private_attributes_name_their_creator(tag: str, private: bool) -> None:
    document = {"00090010": {"vr": "LO", "Value": ["ME"]}, tag: {"vr": "LO", "Value": ["ME"]}}
    root = parsed(native_xml(document))
    creators = {one.get("tag"): one.get("privateCreator") for one in inner(root, "DicomAttribute")}
    assert creators["00090010"] is None
    assert creators.get("00090001") == ("ME" if private else None)
