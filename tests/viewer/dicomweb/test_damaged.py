"""What is known to be damaged is refused by name, and never served as if it were whole."""

from datetime import UTC, datetime

import httpx
import pytest
from pydicom.dataset import Dataset
from sqlalchemy import insert, select, update

from config.kernel.database import open_sync_engine
from dicom_node.archive.tables import Instance
from dicom_node.archive.verification import Integrity
from dicom_node.keeping.damages import DAMAGE
from tests.dicom_node.objects import a_ct, file_bytes
from tests.viewer.dicomweb.conftest import Archive
from tests.viewer.dicomweb.parts import parts
from tests.viewer.dicomweb.test_wado import address

MOMENT = datetime(2026, 3, 2, tzinfo=UTC)
STUDY, SERIES = "1.2.3", "1.2.3.4"
BROKEN = "dicom.object_damaged"


def found(url: str, sop_instance_uid: str, integrity: Integrity, mended_by: str = "") -> None:
    """Whoever reads everything again found this of an object."""
    engine = open_sync_engine(url)
    with engine.begin() as connection:
        key = connection.scalar(
            select(Instance.object_key).where(Instance.sop_instance_uid == sop_instance_uid)
        )
        known = {"integrity": integrity.value, "mended_by": mended_by, "checked_at": MOMENT}
        changed = connection.execute(update(DAMAGE).where(DAMAGE.c.object_key == key).values(known))
        if not changed.rowcount:
            connection.execute(insert(DAMAGE).values(object_key=key, found_at=MOMENT, **known))
    engine.dispose()


@pytest.fixture
def slices(archived: Archive) -> list[Dataset]:
    """Three slices of a series, each with pixels of its own."""
    made = [
        a_ct(StudyInstanceUID=STUDY, SeriesInstanceUID=SERIES, InstanceNumber=str(n), PatientComments=str(n))
        for n in (1, 2, 3)
    ]
    for dataset in made:
        archived(file_bytes(dataset))
    return made


ONE = ("", "/frames/1", "/pixeldata", "/bulkdata/pixels", "/rendered", "/thumbnail", "/frames/1/rendered")


@pytest.mark.parametrize("what", ONE)
async def test_an_object_is_refused_by_name_until_it_is_whole(
    web: httpx.AsyncClient, slices: list[Dataset], sqlite_url: str, what: str
) -> None:
    path = f"{address(slices[1])}{what}"
    before = (await web.get(path)).status_code
    found(sqlite_url, slices[1].SOPInstanceUID, Integrity.DAMAGED)
    refused = await web.get(path)
    assert (refused.status_code, refused.json()["code"]) == (409, BROKEN)
    assert refused.json()["params"] == {"sop_instance_uid": slices[1].SOPInstanceUID}
    assert (await web.get(f"{address(slices[0])}{what}")).status_code == before
    found(sqlite_url, slices[1].SOPInstanceUID, Integrity.DAMAGED, mended_by="sent_again")
    assert (await web.get(path)).status_code == before


async def test_its_metadata_is_the_indexs_and_is_told(
    web: httpx.AsyncClient, slices: list[Dataset], sqlite_url: str
) -> None:
    found(sqlite_url, slices[0].SOPInstanceUID, Integrity.DAMAGED)
    assert (await web.get(f"{address(slices[0])}/metadata")).status_code == 200
    assert len((await web.get(f"/studies/{STUDY}/series/{SERIES}/metadata")).json()) == 3


@pytest.mark.parametrize("path", [f"/studies/{STUDY}", f"/studies/{STUDY}/series/{SERIES}"])
async def test_of_several_the_whole_ones_come_and_a_warning_names_the_others(
    web: httpx.AsyncClient, slices: list[Dataset], sqlite_url: str, path: str
) -> None:
    everything = await web.get(path)
    assert "warning" not in everything.headers
    found(sqlite_url, slices[1].SOPInstanceUID, Integrity.DAMAGED)
    some = await web.get(path)
    assert some.status_code == 200
    assert some.headers["warning"].startswith("299 ")
    assert slices[1].SOPInstanceUID in some.headers["warning"]
    assert [content for _, content in parts(some)] == [
        content for number, (_, content) in enumerate(parts(everything)) if number != 1
    ]
    for dataset in slices:
        found(sqlite_url, dataset.SOPInstanceUID, Integrity.DAMAGED)
    refused = await web.get(path)
    assert (refused.status_code, refused.json()["code"]) == (409, BROKEN)


@pytest.mark.parametrize(
    "path", [f"/studies/{STUDY}/thumbnail", f"/studies/{STUDY}/series/{SERIES}/thumbnail"]
)
async def test_no_damaged_picture_stands_for_the_rest(
    web: httpx.AsyncClient, slices: list[Dataset], sqlite_url: str, path: str
) -> None:
    for dataset in slices:
        found(sqlite_url, dataset.SOPInstanceUID, Integrity.DAMAGED)
    assert (await web.get(path)).status_code in {404, 409}


async def test_what_was_only_missed_is_looked_for(
    web: httpx.AsyncClient, slices: list[Dataset], sqlite_url: str
) -> None:
    found(sqlite_url, slices[0].SOPInstanceUID, Integrity.MISSING)
    assert (await web.get(address(slices[0]))).status_code == 200
