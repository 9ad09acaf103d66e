"""Reading the archive on both databases: scope decides what exists."""

import itertools
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.kernel.database import Database, open_sync_engine
from config.kernel.objects_local import LocalObjects
from dicom_node.archive.errors import FrameNotFound, InstanceNotFound, SeriesNotFound, StudyNotFound
from dicom_node.archive.matching import InstanceFilter, SeriesFilter, StudyFilter, study_conditions, visible
from dicom_node.archive.queries import (
    STUDIES,
    find_instance,
    find_series,
    find_study,
    first_metadata,
    first_series_keys,
    instance_by_uid,
    instances_of,
    search_instances,
    search_series,
    search_studies,
    series_of,
)
from dicom_node.archive.reader import CHUNK_BYTES, chunks, frame_pieces, read_file, read_frame, value_bytes
from dicom_node.archive.scope import NOTHING, StudyScope
from dicom_node.intake.door import Door
from dicom_node.intake.failpoints import Failpoints
from dicom_node.intake.ingest import Ingest
from dicom_node.intake.part10 import Announced
from dicom_node.intake.receive import Source, Spool
from tests.dicom_node.objects import CT, a_ct, dataset_bytes
from tests.dicom_node.raw_scu import DEFLATED, EXPLICIT
from tests.fixtures.clock import HandClock

COUNTY, CITY, TOWN = "0190-county", "0190-city", "0190-town"


class Shelf:
    """Stores made objects."""

    def __init__(self, url: str, folder: Path, clock: HandClock) -> None:
        self.objects = LocalObjects(folder / "objects")
        self.ingest = Ingest(open_sync_engine(url), clock, Failpoints())
        self.spool = Spool(folder / "objects" / ".spool", Failpoints())
        self.door = Door(
            spool=self.spool, objects=self.objects, ingest=self.ingest, object_bytes_max=10_000_000
        )

    def put(
        self, institution_id: str = COUNTY, syntax: str = EXPLICIT, **attributes: object
    ) -> tuple[str, str, str]:
        """Store one object; its study, series and instance UIDs."""
        dataset = a_ct(**attributes)
        reception = self.door.begin(
            Announced(sop_class_uid=CT, sop_instance_uid=dataset.SOPInstanceUID, transfer_syntax_uid=syntax)
        )
        press = zlib.compressobj(wbits=-15)
        raw = dataset_bytes(dataset)
        reception.write(press.compress(raw) + press.flush() if syntax == DEFLATED else raw)
        self.door.admit(
            reception, Source(institution_id=institution_id, ae_title="T", issuer_of_patient_id="")
        )
        return dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.SOPInstanceUID


@pytest.fixture
def shelf(database_url: str, tmp_path: Path, clock: HandClock) -> Iterator[Shelf]:
    """An archive on SQLite and PostgreSQL."""
    made = Shelf(database_url, tmp_path, clock)
    yield made
    made.ingest.close()
    made.spool.close()


async def test_only_what_the_scope_allows_exists(shelf: Shelf, database: Database) -> None:
    mine, _series, mine_sop = shelf.put()
    theirs, _series, theirs_sop = shelf.put(CITY)
    county = StudyScope(institution_ids=frozenset({COUNTY}))
    shared = StudyScope(institution_ids=frozenset({COUNTY}), shared=frozenset({(CITY, theirs)}))
    async with database.read() as view:
        assert (await find_study(view, county, mine)).institution_id == COUNTY
        assert {s.study_instance_uid for s in await search_studies(view, shared)} == {mine, theirs}
        assert [s.study_instance_uid for s in await search_studies(view, county)] == [mine]
        assert await search_studies(view, NOTHING) == []
        assert (await find_instance(view, shared, theirs, theirs_sop)).institution_id == CITY
        for scope, study in ((county, theirs), (NOTHING, mine), (county, "1.2.3")):
            with pytest.raises(StudyNotFound):
                await find_study(view, scope, study)
        with pytest.raises(InstanceNotFound):
            await find_instance(view, shared, mine, theirs_sop)
        with pytest.raises(InstanceNotFound):
            await instance_by_uid(view, county, theirs_sop)
        assert (await instance_by_uid(view, county, mine_sop))[0].study_instance_uid == mine


async def test_of_two_copies_the_callers_own_comes_first(shelf: Shelf, database: Database) -> None:
    same = {"StudyInstanceUID": "1.2.840.1", "SeriesInstanceUID": "1.2.840.2"}
    for number in range(3):
        shelf.put(CITY, InstanceNumber=str(number), **same)
    shelf.put(COUNTY, **same)
    both = StudyScope(institution_ids=frozenset({COUNTY}), shared=frozenset({(CITY, "1.2.840.1")}))
    only = StudyScope(shared=frozenset({(CITY, "1.2.840.1")}))
    async with database.read() as view:
        assert (await find_study(view, both, "1.2.840.1")).institution_id == COUNTY
        assert (await find_study(view, only, "1.2.840.1")).institution_id == CITY


async def test_series_and_instances_come_in_their_own_order(shelf: Shelf, database: Database) -> None:
    same = {"StudyInstanceUID": "1.2.840.1"}
    for series, number in (("3", "2"), ("3", "10"), ("1", "1")):
        shelf.put(SeriesInstanceUID=f"1.2.840.1.{series}", SeriesNumber=series, InstanceNumber=number, **same)
    scope = StudyScope(institution_ids=frozenset({COUNTY}))
    async with database.read() as view:
        study, last = await find_series(view, scope, "1.2.840.1", "1.2.840.1.3")
        assert [s.series_number for s in await series_of(view, study.study_key)] == [1, 3]
        assert [i.instance_number for i in await instances_of(view, last.series_key)] == [2, 10]
        with pytest.raises(SeriesNotFound):
            await find_series(view, scope, "1.2.840.1", "1.2.3")
        keys = await first_series_keys(view, [study.study_key])
        assert list(await first_metadata(view, list(keys.values()))) == list(keys.values())


async def test_searching_pages_and_filters_on_both_databases(shelf: Shelf, database: Database) -> None:
    for number in range(5):
        shelf.put(
            StudyDate=f"2026010{number + 1}",
            PatientID=f"P{number}",
            PatientName=f"Wang^{number}=王^{number}",
            Modality=("CT", "MR")[number % 2],
        )
    scope = StudyScope(institution_ids=frozenset({COUNTY}))
    async with database.read() as view:
        pages = [await search_studies(view, scope, limit=2, offset=offset) for offset in (0, 2, 4, 6)]
        assert [[s.patient_id for s in page] for page in pages] == [["P4", "P3"], ["P2", "P1"], ["P0"], []]
        for name in ("wang*", "WANG^3*", "王^3", "*=王^3"):
            found = await search_studies(view, scope, StudyFilter(patient_name=name))
            assert "P3" in {s.patient_id for s in found}, name
        fuzzy = await search_studies(view, scope, StudyFilter(patient_name="wang 2", fuzzy=True))
        assert [s.patient_id for s in fuzzy] == ["P2"]
        mr = await search_studies(
            view, scope, StudyFilter(modalities_in_study=["MR"], study_date="20260103-")
        )
        assert [s.patient_id for s in mr] == ["P3"]
        series = await search_series(view, scope, StudyFilter(patient_id="P1"), SeriesFilter(modality="MR"))
        assert [(study.patient_id, one.modality) for study, one in series] == [("P1", "MR")]
        rows = await search_instances(
            view, scope, instances=InstanceFilter(sop_class_uids=[CT], instance_number=1), limit=3
        )
        assert len(rows) == 3


def a_wide_scope(shelf: Shelf) -> StudyScope:
    """Two institutions, and studies of a third that are lent; one of them is in reach twice."""
    dates = itertools.cycle(["20250103", "20250101", "20250102"])
    for number in range(12):
        where = (COUNTY, CITY, TOWN)[number % 3]
        shelf.put(where, StudyDate=next(dates), StudyTime=f"{number % 4:02}0000", PatientID=f"P{number % 2}")
    mine, _, _ = shelf.put(COUNTY, StudyDate="20250102")
    lent = [shelf.put(TOWN, StudyDate=f"2025010{day}", PatientID="P1")[0] for day in (1, 2, 3)]
    return StudyScope(
        institution_ids=frozenset({COUNTY, CITY}),
        shared=frozenset({(COUNTY, mine), *((TOWN, uid) for uid in lent)}),
    )


@pytest.mark.parametrize("wanted", [StudyFilter(), StudyFilter(patient_id="P1")], ids=["all", "one patient"])
async def test_pages_of_a_wide_scope_are_those_of_the_whole(
    shelf: Shelf, database: Database, wanted: StudyFilter
) -> None:
    scope = a_wide_scope(shelf)
    async with database.read() as view:
        condition = [visible(scope), *study_conditions(wanted)]
        whole = [study.study_key for study in await view.scalars(STUDIES.where(*condition))]
        assert len(whole) == len(set(whole)) > 4
        for limit, offset in itertools.product((1, 3, 5, 100), (0, 1, 4, len(whole) - 1, len(whole), 50)):
            page = await search_studies(view, scope, wanted, limit=limit, offset=offset)
            assert [study.study_key for study in page] == whole[offset : offset + limit], (limit, offset)
        assert await search_studies(view, NOTHING, wanted) == []


async def test_bytes_are_read_whole_in_parts_and_by_frame(shelf: Shelf, database: Database) -> None:
    pixels = bytes(range(256)) * 4 * 2_000
    study, _series, sop = shelf.put(Rows=1000, Columns=512, NumberOfFrames="2", PixelData=pixels)
    async with database.read() as view:
        instance = await find_instance(view, StudyScope(institution_ids=frozenset({COUNTY})), study, sop)
    whole = read_file(shelf.objects, instance)
    assert len(whole) > CHUNK_BYTES
    assert b"".join(chunks(shelf.objects, instance)) == whole
    assert (
        b"".join(chunks(shelf.objects, instance, 5, 50))
        == value_bytes(shelf.objects, instance, 5, 50)
        == whole[5:50]
    )
    assert read_frame(shelf.objects, instance, 2) == pixels[1_024_000:]
    for number in (0, 3):
        with pytest.raises(FrameNotFound):
            frame_pieces(instance, number)


async def test_frames_of_a_deflated_object(shelf: Shelf, database: Database) -> None:
    study, _series, sop = shelf.put(syntax=DEFLATED, NumberOfFrames="2", PixelData=bytes(range(48)))
    async with database.read() as view:
        instance = await find_instance(view, StudyScope(institution_ids=frozenset({COUNTY})), study, sop)
    assert read_frame(shelf.objects, instance, 2) == bytes(range(24, 48))
