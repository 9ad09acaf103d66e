"""Documents of a study: told with their names, sent byte for byte, and never run as a page of ours."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from asgi_lifespan import LifespanManager
from fastapi import FastAPI
from pydicom.dataset import FileDataset
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian

from consult_server.web import errors
from tests.factories.encapsulated import CDA_CLASS, PDF, a_document, a_pdf
from tests.factories.outlined import STUDY, Patch, a_segmentation
from tests.viewer.objects.reread import kept, reread
from tests.viewer.reading.archive import INSTITUTION, archived
from viewer.access import ViewerPorts
from viewer.bulk_values import ACTIVE
from viewer.media_types import OCTETS
from viewer.objects.documents_read import TITLE_CHARACTERS_MAX, read_document
from viewer.objects.documents_router import documents_router
from viewer.objects.router import objects_router

BYTES_MAX = 20_000
LARGE = 5_000
"""Bytes of a value that the metadata names by its place only."""


@pytest.fixture
async def client(ports: ViewerPorts) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    errors.install(app)
    app.include_router(objects_router(ports))
    app.include_router(documents_router(ports, BYTES_MAX))
    async with LifespanManager(app) as running:
        transport = httpx.ASGITransport(app=running.app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://test", headers={"x-institution": INSTITUTION}
        ) as opened:
            yield opened


async def stored(ports: ViewerPorts, folder: Path, *made: FileDataset) -> list[str]:
    """The objects in the archive; the address of each as a document."""
    await archived(ports.database, ports.objects, [kept(one, folder) for one in made])
    return [f"/api/studies/{one.StudyInstanceUID}/documents/{one.SOPInstanceUID}" for one in made]


def test_a_document_is_told_with_its_title_its_kind_and_when(tmp_path: Path) -> None:
    told = read_document(reread(a_document(a_pdf("Request")), tmp_path), "1.2")
    assert (told.title, told.kind, told.media_type) == ("检查申请单", "Administrative note", PDF)
    assert (told.header.created, told.header.series_instance_uid) == ("20260302091500", "1.2")


@pytest.mark.parametrize(
    "gone, title",
    [
        ((), "检查申请单"),
        (("DocumentTitle",), "Administrative note"),
        (("DocumentTitle", "ConceptNameCodeSequence"), "文书"),
        (("DocumentTitle", "ConceptNameCodeSequence", "SeriesDescription"), ""),
    ],
)
def test_a_document_is_called_by_what_it_has(gone: tuple[str, ...], title: str, tmp_path: Path) -> None:
    made = a_document(a_pdf("Request"))
    for keyword in gone:
        delattr(made, keyword)
    assert read_document(reread(made, tmp_path), "1.2").title == title


def test_a_title_is_cut_to_what_can_be_shown(tmp_path: Path) -> None:
    made = a_document(a_pdf("Request"), title="长" * (TITLE_CHARACTERS_MAX + 1))
    assert read_document(reread(made, tmp_path), "1.2").title == "长" * TITLE_CHARACTERS_MAX


@pytest.mark.parametrize("said", [*sorted(ACTIVE), "", "no type at all", "Text/HTML "])
def test_what_a_browser_would_run_is_told_as_bytes(said: str, tmp_path: Path) -> None:
    assert read_document(reread(a_document(b"<p>", media_type=said), tmp_path), "1.2").media_type == OCTETS


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, DeflatedExplicitVRLittleEndian])
@pytest.mark.parametrize("content", [a_pdf("Request", bytes_min=n) for n in (0, 1, LARGE, LARGE + 1)])
async def test_documents_leave_byte_for_byte(
    client: httpx.AsyncClient, ports: ViewerPorts, tmp_path: Path, content: bytes, syntax: UID
) -> None:
    made = a_document(content)
    made.file_meta.TransferSyntaxUID = syntax
    (address,) = await stored(ports, tmp_path, made)
    answer = await client.get(address)
    assert (answer.status_code, answer.content) == (200, content)
    assert answer.headers["content-type"] == PDF
    assert answer.headers["content-disposition"] == "attachment"
    assert "sandbox" in answer.headers["content-security-policy"]
    again = await client.get(address, headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_documents_stand_in_the_list_of_objects_and_nowhere_twice(
    client: httpx.AsyncClient, ports: ViewerPorts, tmp_path: Path
) -> None:
    request, note = (
        a_document(a_pdf("A")),
        a_document(b"<a/>", sop_class_uid=CDA_CLASS, media_type="text/XML"),
    )
    await stored(ports, tmp_path, request, note)
    told = (await client.get(f"/api/studies/{STUDY}/objects")).json()
    found = {one["header"]["sop_instance_uid"]: one["media_type"] for one in told["documents"]}
    assert found == {request.SOPInstanceUID: PDF, note.SOPInstanceUID: OCTETS}
    assert [told[part] for part in ("reports", "segmentations", "unreadable")] == [[], [], []]


async def test_what_is_no_document_is_refused_by_name(
    client: httpx.AsyncClient, ports: ViewerPorts, tmp_path: Path
) -> None:
    empty, mask = a_document(b""), a_segmentation([Patch(segment=1, pixels=np.ones((3, 3), np.uint8))])
    large = a_document(a_pdf("Large", bytes_min=BYTES_MAX))
    addresses = await stored(ports, tmp_path, empty, mask, large)
    answers = [await client.get(one) for one in addresses]
    assert [(one.status_code, one.json()["code"]) for one in answers] == [
        (404, "objects.document_missing"),
        (422, "objects.not_a_document"),
        (413, "objects.document_too_large"),
    ]


async def test_nobody_else_learns_that_a_document_exists(
    client: httpx.AsyncClient, ports: ViewerPorts, tmp_path: Path
) -> None:
    (address,) = await stored(ports, tmp_path, a_document(a_pdf("Request")))
    elsewhere = {"x-institution": "inst-elsewhere"}
    known = await client.get(address, headers=elsewhere)
    unknown = await client.get(address.replace(STUDY, "1.2.3.4"), headers=elsewhere)
    assert known.status_code == unknown.status_code == 404
    assert known.json()["code"] == unknown.json()["code"] == "dicom.study_not_found"
