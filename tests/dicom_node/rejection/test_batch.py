"""New objects and objects that come again, indexed together: every count is that of the rows."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from sqlalchemy import Engine

from config.kernel.database import open_sync_engine
from dicom_node.archive.files import object_key
from dicom_node.archive.tables import Instance, Series, Study
from dicom_node.intake.failpoints import Failpoints
from dicom_node.intake.ingest import Ingest
from dicom_node.intake.parse import parse
from dicom_node.intake.part10 import Announced, head_of
from dicom_node.intake.receive import Received, Source
from dicom_node.intake.rows import Arrival, Outcome, store_all
from dicom_node.rejection.queries import nobodys
from dicom_node.rejection.service import Rejections
from tests.dicom_node.objects import a_ct, dataset_bytes
from tests.dicom_node.raw_scu import EXPLICIT
from tests.dicom_node.rejection.notes import QUALITY, RETENTION, a_note
from tests.dicom_node.rows import rows_of
from tests.fixtures.clock import HandClock

COUNTY = Source(institution_id="county", ae_title="COUNTY", issuer_of_patient_id="")


class House:
    """The index of one database, written to in batches that a test puts together."""

    def __init__(self, url: str, folder: Path, clock: HandClock) -> None:
        self.reader: Engine = open_sync_engine(url, writes=False)
        self.ingest = Ingest(open_sync_engine(url), clock, Failpoints())
        self.chore = Rejections(reader=self.reader, writer=self.ingest, clock=clock)
        self._folder = folder

    def arrival(self, dataset: Dataset) -> Arrival:
        """An object whose bytes are durable."""
        announced = Announced(
            sop_class_uid=dataset.SOPClassUID,
            sop_instance_uid=dataset.SOPInstanceUID,
            transfer_syntax_uid=EXPLICIT,
        )
        head, data = head_of(announced), dataset_bytes(dataset)
        path = self._folder / dataset.SOPInstanceUID
        path.write_bytes(head + data)
        received = Received(
            path=path,
            announced=announced,
            dataset_offset=len(head),
            file_bytes=len(head) + len(data),
            file_sha256=sha256(head + data).hexdigest(),
            dataset_sha256=sha256(data).hexdigest(),
        )
        return Arrival(
            source=COUNTY,
            received=received,
            object_key=object_key(received.file_sha256),
            facts=parse(path, len(head), EXPLICIT),
        )

    def store(self, *datasets: Dataset) -> list[Outcome]:
        """All in one batch."""
        arrivals = [self.arrival(one) for one in datasets]
        return self.ingest.run(lambda connection, now: store_all(connection, arrivals, now))

    def counts(self, owner: str) -> list[tuple[int, int]]:
        """Series and instances of each study of an owner, by the rows themselves where they agree."""
        found = []
        for study in (row for row in rows_of(self.reader, Study) if row.institution_id == owner):
            series = [row for row in rows_of(self.reader, Series) if row.study_key == study.study_key]
            keys = {row.series_key for row in series}
            held = [row for row in rows_of(self.reader, Instance) if row.series_key in keys]
            assert (study.series_count, study.instance_count) == (len(series), len(held))
            assert sum(row.instance_count for row in series) == len(held)
            assert study.byte_count == sum(row.object_bytes for row in held)
            found.append((len(series), len(held)))
        return sorted(found)

    def close(self) -> None:
        """Let go."""
        self.ingest.close()
        self.reader.dispose()


@pytest.fixture
def house(database_url: str, tmp_path: Path, clock: HandClock) -> Iterator[House]:
    """On SQLite and PostgreSQL in turn."""
    made = House(database_url, tmp_path, clock)
    yield made
    made.close()


def beside(one: Dataset) -> Dataset:
    """Another object of the same series."""
    return a_ct(StudyInstanceUID=one.StudyInstanceUID, SeriesInstanceUID=one.SeriesInstanceUID)


@pytest.mark.parametrize(
    "title, in_sight, hidden", [(RETENTION, [(1, 1), (1, 4)], []), (QUALITY, [(1, 1), (1, 2)], [(1, 2)])]
)
def test_what_comes_again_beside_what_is_new(
    house: House, title: str, in_sight: list[tuple[int, int]], hidden: list[tuple[int, int]]
) -> None:
    """In one batch, before and after the new one; the note lies in a study of its own."""
    one = a_ct()
    other, fresh, later = beside(one), beside(one), beside(one)
    elsewhere = a_ct()
    note = a_note(title, [one, other], StudyInstanceUID=elsewhere.StudyInstanceUID)
    house.store(one, other, note)
    assert house.chore.once() == 1
    assert (house.counts("county"), house.counts(nobodys("county"))) == ([(1, 1)], [(1, 2)])
    again = house.store(one, fresh, other, later)
    assert again == [Outcome.ALREADY_THERE, Outcome.STORED, Outcome.ALREADY_THERE, Outcome.STORED]
    assert (house.counts("county"), house.counts(nobodys("county"))) == (in_sight, hidden)


def test_a_hidden_object_alone_begins_no_study(house: House) -> None:
    one = a_ct()
    note = a_note(QUALITY, [one], StudyInstanceUID=a_ct().StudyInstanceUID)
    house.store(one, note)
    house.chore.once()
    assert house.store(one, one) == [Outcome.ALREADY_THERE] * 2
    assert house.counts("county") == [(1, 1)]
