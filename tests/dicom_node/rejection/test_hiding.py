"""Rejection notes by C-STORE: what they name is gone from every question, and comes back whole."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import Dataset
from sqlalchemy import Engine, select

from config.kernel.database import open_sync_engine
from config.kernel.objects_local import LocalObjects
from dicom_node.archive.matching import ANY_INSTANCE, ANY_SERIES, ANY_STUDY
from dicom_node.archive.scope import StudyScope
from dicom_node.archive.tables import Instance, RejectionNote, Series, Study, outbox
from dicom_node.events import StudyWithdrawn
from dicom_node.query.identifier import Filters
from dicom_node.query.model import Level
from dicom_node.query.queries import Index
from dicom_node.rejection import filing
from dicom_node.rejection.filing import LOOK_AGAIN
from dicom_node.rejection.note import Title
from dicom_node.rejection.service import Rejections
from tests.dicom_node.asking import CITY, COUNTY, Place, a_place, identifier
from tests.dicom_node.objects import CT, a_ct, dataset_bytes
from tests.dicom_node.raw_scu import status, storing
from tests.dicom_node.rejection.notes import (
    KEY_OBJECTS,
    OF_INTEREST,
    PATIENT_SAFETY,
    QUALITY,
    RETENTION,
    WORKLIST,
    a_selection,
)
from tests.dicom_node.rows import rows_of
from tests.fixtures.clock import HandClock
from tests.fixtures.waiting import wait_until


@pytest.fixture
def place(database_url: str, tmp_path: Path) -> Iterator[Place]:
    """A running node; peers COUNTY and CITY are known."""
    with a_place(database_url, tmp_path / "home", quiet_seconds=0.1) as running:
        yield running


@pytest.fixture
def reader(database_url: str) -> Iterator[Engine]:
    """A reading engine on this test's database."""
    opened = open_sync_engine(database_url, writes=False)
    yield opened
    opened.dispose()


def rejected(
    place: Place, reader: Engine, title: str, objects: list[Dataset], calling: str = "COUNTY"
) -> RejectionNote:
    """Send a note and wait until it was read."""
    sent = place.send(calling, sop_class=KEY_OBJECTS, **_of(a_selection(title, objects)))

    def read() -> list[RejectionNote]:
        rows = rows_of(reader, RejectionNote)
        return [row for row in rows if row.sop_instance_uid == sent.SOPInstanceUID]

    return wait_until(read)[0]


def _of(selection: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in selection.items() if name != "SOPClassUID"}


def sent_again(place: Place, dataset: Dataset) -> None:
    """The same object once more."""
    answer = storing(place.port, dataset.SOPClassUID, dataset.SOPInstanceUID, dataset_bytes(dataset))
    assert status(answer) == 0


def withdrawn(place: Place, note: RejectionNote) -> None:
    """End a rejection."""
    place.node.ingest.run(
        lambda connection, now: filing.withdraw(connection, note.note_id, "by mistake", now)
    )


def seen(place: Place, level: str, calling: str = "COUNTY", **keys: Any) -> list[Dataset]:
    """What C-FIND answers."""
    wanted = {"SOPInstanceUID": ""} if level == "IMAGE" else {}
    counts = {"NumberOfStudyRelatedInstances": "", "NumberOfStudyRelatedSeries": "", "ModalitiesInStudy": ""}
    more = {"STUDY": counts, "SERIES": {"NumberOfSeriesRelatedInstances": "", "SeriesInstanceUID": ""}}
    return place.find(identifier(level, **more.get(level, wanted), **keys), calling=calling).matches


def images(place: Place, one: Dataset) -> set[str]:
    """The SOP Instance UIDs of the CT images of an object's series that are in sight."""
    keys = {"StudyInstanceUID": one.StudyInstanceUID, "SeriesInstanceUID": one.SeriesInstanceUID}
    return {match.SOPInstanceUID for match in seen(place, "IMAGE", **keys)}


def whole(reader: Engine) -> None:
    """Every count in the index is that of the rows, wherever they are filed."""
    instances, series = rows_of(reader, Instance), rows_of(reader, Series)
    for one in series:
        assert one.instance_count == sum(row.series_key == one.series_key for row in instances) > 0
    for study in rows_of(reader, Study):
        mine = [one for one in series if one.study_key == study.study_key]
        held = [row for row in instances if row.series_key in {one.series_key for one in mine}]
        assert (study.series_count, study.instance_count) == (len(mine), len(held))
        assert study.byte_count == sum(row.object_bytes for row in held)
        assert study.modalities == sorted({one.modality for one in mine})


def a_series(place: Place, count: int = 3, **attributes: Any) -> list[Dataset]:
    """Objects of one series, sent."""
    first = place.send(**attributes)
    same = {"StudyInstanceUID": first.StudyInstanceUID, "SeriesInstanceUID": first.SeriesInstanceUID}
    return [first, *(place.send(**same, **attributes) for _ in range(count - 1))]


@pytest.mark.parametrize("title", list(Title))
def test_what_a_note_names_is_gone_and_the_counts_with_it(place: Place, reader: Engine, title: Title) -> None:
    objects = a_series(place)
    note = rejected(place, reader, title.value, objects[:2])
    assert (note.title, note.referenced, note.missing, note.next_at) == (title, 2, 0, None)
    assert images(place, objects[0]) == {objects[2].SOPInstanceUID}
    (study,) = seen(place, "STUDY", StudyInstanceUID=objects[0].StudyInstanceUID)
    assert (study.NumberOfStudyRelatedInstances, study.NumberOfStudyRelatedSeries) == (2, 2)
    counts = {
        one.SeriesInstanceUID: one.NumberOfSeriesRelatedInstances
        for one in seen(place, "SERIES", StudyInstanceUID=objects[0].StudyInstanceUID)
    }
    assert counts[objects[0].SeriesInstanceUID] == 1
    assert len(rows_of(reader, Instance)) == 4, "nothing was destroyed"
    whole(reader)


def test_a_whole_study_is_gone_with_its_note_left(place: Place, reader: Engine) -> None:
    """A note in a study of its own: nothing is left of the other, and it is said so."""
    objects = a_series(place)
    elsewhere = place.send()
    rejected(place, reader, PATIENT_SAFETY, [elsewhere, *objects])
    assert seen(place, "STUDY", StudyInstanceUID=objects[0].StudyInstanceUID) == []
    (left,) = seen(place, "STUDY", StudyInstanceUID=elsewhere.StudyInstanceUID)
    assert (left.NumberOfStudyRelatedInstances, left.ModalitiesInStudy) == (1, "KO")
    with reader.connect() as connection:
        told = connection.execute(
            select(outbox.table.c.payload).where(outbox.table.c.name == StudyWithdrawn.name)
        ).scalars()
        gone = [(one["institution_id"], one["study_instance_uid"]) for one in told]
    assert gone == [(COUNTY, objects[0].StudyInstanceUID)]
    whole(reader)


def test_a_withdrawn_note_shows_everything_again(place: Place, reader: Engine) -> None:
    objects = a_series(place)
    note = rejected(place, reader, QUALITY, [place.send(), *objects])
    assert images(place, objects[0]) == set()
    withdrawn(place, note)
    assert images(place, objects[0]) == {one.SOPInstanceUID for one in objects}
    (study,) = seen(place, "STUDY", StudyInstanceUID=objects[0].StudyInstanceUID)
    assert (study.NumberOfStudyRelatedInstances, study.NumberOfStudyRelatedSeries) == (3, 1)
    whole(reader)
    assert not [row for row in rows_of(reader, Study) if row.institution_id.startswith("hidden-")]


def test_the_study_settles_anew_with_a_higher_version(place: Place, reader: Engine) -> None:
    objects = a_series(place)

    def versions() -> list[int]:
        return [
            row.version
            for row in rows_of(reader, Study)
            if row.institution_id == COUNTY and row.settled_at is not None
        ]

    before = wait_until(versions)
    note = rejected(place, reader, QUALITY, objects[:1])
    hidden = wait_until(lambda: [each for each in versions() if each > before[0] + 1])
    withdrawn(place, note)
    assert wait_until(lambda: [each for each in versions() if each > hidden[0] + 1])


@pytest.mark.parametrize("title, again", [(QUALITY, 0), (PATIENT_SAFETY, 0), (WORKLIST, 0), (RETENTION, 1)])
def test_the_same_object_again_is_seen_only_when_it_was_past_its_retention(
    place: Place, reader: Engine, title: str, again: int
) -> None:
    objects = a_series(place)
    rejected(place, reader, title, objects)
    sent_again(place, objects[0])
    assert images(place, objects[0]) == {one.SOPInstanceUID for one in objects[:again]}
    assert len(rows_of(reader, Instance)) == 4
    whole(reader)


def test_with_a_second_reason_it_stays_hidden(place: Place, reader: Engine) -> None:
    (one,) = a_series(place, 1)
    first = rejected(place, reader, RETENTION, [one])
    second = rejected(place, reader, QUALITY, [one])
    sent_again(place, one)
    assert images(place, one) == set()
    withdrawn(place, first)
    assert images(place, one) == set()
    withdrawn(place, second)
    assert images(place, one) == {one.SOPInstanceUID}
    whole(reader)


def test_new_objects_of_a_hidden_series_are_seen(place: Place, reader: Engine) -> None:
    objects = a_series(place, 2)
    note = rejected(place, reader, QUALITY, objects)
    same = {
        "StudyInstanceUID": objects[0].StudyInstanceUID,
        "SeriesInstanceUID": objects[0].SeriesInstanceUID,
    }
    fresh = place.send(**same)
    assert images(place, fresh) == {fresh.SOPInstanceUID}
    whole(reader)
    withdrawn(place, note)
    assert len(images(place, fresh)) == 3
    whole(reader)


def test_a_note_of_another_institution_hides_nothing(place: Place, reader: Engine) -> None:
    objects = a_series(place)
    note = rejected(place, reader, PATIENT_SAFETY, objects, calling="CITY")
    assert (note.institution_id, note.missing) == (CITY, 3)
    assert len(images(place, objects[0])) == 3


def test_a_key_image_note_hides_nothing_and_is_read_once(place: Place, reader: Engine) -> None:
    objects = a_series(place)
    note = rejected(place, reader, OF_INTEREST, objects)
    assert (note.title, note.referenced) == ("", 0)
    assert len(images(place, objects[0])) == 3


def test_a_note_cannot_reject_a_note(place: Place, reader: Engine) -> None:
    """Nor hide the evidence of what was hidden."""
    (one,) = a_series(place, 1)
    first = rejected(place, reader, QUALITY, [one])
    with reader.connect() as connection:
        series = connection.scalar(
            select(Series.series_instance_uid)
            .join(Instance, Instance.series_key == Series.series_key)
            .where(Instance.instance_key == first.note_id)
        )
    as_object = Dataset()
    as_object.SOPClassUID, as_object.SOPInstanceUID = KEY_OBJECTS, first.sop_instance_uid
    as_object.StudyInstanceUID, as_object.SeriesInstanceUID = one.StudyInstanceUID, series
    second = rejected(place, reader, PATIENT_SAFETY, [as_object])
    (study,) = seen(place, "STUDY", StudyInstanceUID=one.StudyInstanceUID)
    assert study.NumberOfStudyRelatedInstances == 2, "both notes"
    assert second.missing == 0


def test_what_comes_after_its_note_is_hidden_when_it_is_looked_for(place: Place, reader: Engine) -> None:
    """By hand: the chore of the running node has not yet looked again."""
    late, here = a_ct(), place.send()
    note = rejected(place, reader, WORKLIST, [here, late])
    assert (note.referenced, note.missing) == (2, 1)
    assert note.next_at is not None
    sent_again(place, late)
    assert images(place, late) == {late.SOPInstanceUID}
    clock = HandClock(note.next_at)
    chore = Rejections(reader=reader, writer=place.node.ingest, clock=clock)
    assert chore.once() == 1
    assert images(place, late) == set()
    clock.advance(LOOK_AGAIN.total_seconds() + 60)
    assert chore.once() == 0, "all of it has come"
    whole(reader)


def test_the_keeper_of_the_bytes_still_knows_them(place: Place, reader: Engine, tmp_path: Path) -> None:
    """Hidden is not lost: the file is there, and another content under its UID is still a conflict."""
    (one,) = a_series(place, 1)
    rejected(place, reader, PATIENT_SAFETY, [one])
    (row,) = [each for each in rows_of(reader, Instance) if each.sop_instance_uid == one.SOPInstanceUID]
    assert LocalObjects(tmp_path / "home" / "objects").read(
        row.object_key, row.dataset_offset
    ) == dataset_bytes(one)
    one.InstanceNumber = "77"
    answer = storing(place.port, CT, one.SOPInstanceUID, dataset_bytes(one))
    assert status(answer) == 0x0111
    assert images(place, one) == set()


def test_every_reader_asks_by_institution(place: Place, reader: Engine) -> None:
    """The scope of everybody there is finds nothing of it."""
    objects = a_series(place)
    rejected(place, reader, QUALITY, objects)
    everybody = StudyScope(
        institution_ids=frozenset({COUNTY, CITY}),
        shared=frozenset({(COUNTY, str(objects[0].StudyInstanceUID))}),
    )
    kinds = Index(reader, everybody)
    assert {level: len(rows) for level, rows in _all(kinds).items()} == {"STUDY": 1, "SERIES": 1, "IMAGE": 1}


def _all(index: Index) -> dict[str, list[str]]:
    """The keys that a scope reaches at each level: the note's own alone."""
    anything = Filters(studies=ANY_STUDY, series=ANY_SERIES, instances=ANY_INSTANCE)
    return {
        level.name: index.keys(level, anything, 100) for level in (Level.STUDY, Level.SERIES, Level.IMAGE)
    }
