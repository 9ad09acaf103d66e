"""An archive on both databases, before a bucket and without one, whose clock is set by hand."""

from collections.abc import Callable, Collection, Iterator
from datetime import timedelta
from pathlib import Path
from threading import Lock
from typing import Any

import pytest
from pydicom.dataset import Dataset
from sqlalchemy import Connection, insert

from config.kernel.database import open_sync_engine
from config.kernel.ids import new_id
from config.kernel.objects import ObjectStore
from config.kernel.objects_local import LocalObjects
from config.spooled_objects import SpooledObjects
from dicom_node.archive.tables import Instance, Study
from dicom_node.intake.door import Door
from dicom_node.intake.failpoints import Failpoints
from dicom_node.intake.ingest import Ingest
from dicom_node.intake.part10 import Announced
from dicom_node.intake.receive import Source, Spool
from dicom_node.intake.settled import settle
from dicom_node.keeping.uploading import Uploader
from dicom_node.retention import queries
from dicom_node.retention.destroying import State, carry_out
from dicom_node.retention.queries import Preview
from dicom_node.retention.removal import Remover
from dicom_node.retention.tables import DestroyedStudy, RetentionRule
from tests.dicom_node.objects import a_ct, dataset_bytes
from tests.dicom_node.raw_scu import EXPLICIT
from tests.dicom_node.rows import Row, rows_of
from tests.fixtures.clock import HandClock
from tests.fixtures.objects import Bucket

YEARS_16 = 366 * 16
TOWN, CITY = "0190-town", "0190-city"


class Vault:
    """The parts of retention on one database and one store. `needed` are the UIDs somebody refers to."""

    def __init__(self, url: str, store: ObjectStore, folder: Path, clock: HandClock) -> None:
        self.url, self.store, self.folder, self.clock = url, store, folder, clock
        self.needed: set[str] = set()
        self.engine = open_sync_engine(url, writes=False)
        self.ingest = Ingest(open_sync_engine(url), clock, Failpoints())
        self.spool = Spool(folder / ".spool", Failpoints())
        self.door = Door(spool=self.spool, objects=store, ingest=self.ingest, object_bytes_max=10**7)
        self.leaving, self.sending = Lock(), Lock()
        self.remover = self.new_remover()

    def new_remover(self, failpoints: Failpoints | None = None) -> Remover:
        """As after a start of the node."""
        return Remover(
            objects=self.store,
            reader=self.engine,
            ingest=self.ingest,
            clock=self.clock,
            failpoints=failpoints or Failpoints(),
            leaving=self.leaving,
            sending=self.sending,
        )

    def send(self, dataset: Dataset, institution_id: str = TOWN) -> Dataset:
        """Store an object as the node does."""
        reception = self.door.begin(
            Announced(
                sop_class_uid=dataset.SOPClassUID,
                sop_instance_uid=dataset.SOPInstanceUID,
                transfer_syntax_uid=EXPLICIT,
            )
        )
        reception.write(dataset_bytes(dataset))
        source = Source(institution_id=institution_id, ae_title="CT1", issuer_of_patient_id="X")
        self.door.admit(reception, source)
        self.settle()
        return dataset

    def settle(self) -> None:
        """Nothing more comes."""
        self.ingest.run(lambda connection, now: settle(connection, now, timedelta(0)))

    def old_study(self, count: int = 2, institution_id: str = TOWN, **attributes: Any) -> list[Dataset]:
        """Objects of one study that came sixteen years ago; the clock says now again afterwards."""
        first = a_ct(StudyDate="20090101", **attributes)
        same = {"StudyInstanceUID": first.StudyInstanceUID, "SeriesInstanceUID": first.SeriesInstanceUID}
        more = [a_ct(**{"StudyDate": "20090101"} | attributes | same) for _ in range(count - 1)]
        self.clock.advance(days=-YEARS_16)
        for one in (first, *more):
            self.send(one, institution_id)
        self.clock.advance(days=YEARS_16)
        return [first, *more]

    def rule(self, keep_months: int = 180, **scope: str) -> None:
        """A rule."""
        scopes = dict.fromkeys(("institution_id", "source_ae_title", "modality"))
        values = scopes | scope | {"rule_id": new_id(), "keep_months": keep_months}
        self.write(
            lambda connection: connection.execute(
                insert(RetentionRule).values(**values, created_at=self.clock.now())
            )
        )

    def write(self, job: Callable[[Connection], Any]) -> Any:
        """Something in a transaction of its own."""
        return self.ingest.run(lambda connection, _now: job(connection))

    def asked(self, _connection: Connection, uids: Collection[str]) -> set[str]:
        """Which of these somebody refers to."""
        return self.needed & set(uids)

    def preview(self, reach: str | None = None, studies_max: int = queries.STUDIES_AT_ONCE) -> Preview:
        """What could be destroyed now."""
        with self.engine.connect() as connection:
            return queries.preview(connection, reach, self.asked, self.clock.now(), studies_max)

    def approve(self) -> str:
        """Approve what the preview shows; the approval's id."""
        destruction_id = new_id()
        facts = ("institution_id", "study_instance_uid", "study_date", "accession_number", "modalities")
        counts = ("source_ae_title", "keep_months", "instance_count", "byte_count")
        rows = [
            {name: getattr(one, name) for name in (*facts, *counts)}
            | {"destruction_id": destruction_id, "state": "approved", "kept_for": "", "decided_at": None}
            for one in self.preview().candidates
        ]
        self.write(lambda connection: connection.execute(insert(DestroyedStudy), rows))
        return destruction_id

    def carry_out(self, destruction_id: str) -> list[State | None]:
        """Do what was approved, as often as it is told; what came of each study."""
        names = [
            (row.institution_id, row.study_instance_uid)
            for row in self.rows(DestroyedStudy)
            if row.destruction_id == destruction_id
        ]
        return [self._one(destruction_id, name) for name in sorted(names)]

    def _one(self, destruction_id: str, name: tuple[str, str]) -> State | None:
        return self.ingest.run(
            lambda connection, now: carry_out(connection, destruction_id, name, self.asked, now)
        )

    def destroy(self) -> list[State | None]:
        """Approve and do it."""
        return self.carry_out(self.approve())

    def remove_all(self) -> None:
        """Remove bytes until nothing more can be done now."""
        while self.remover.once():
            continue

    def rows(self, table: type[Row]) -> list[Row]:
        """All rows of a table."""
        return rows_of(self.engine, table)

    def keys(self) -> list[str]:
        """Where the objects of all instances lie."""
        return sorted({row.object_key for row in self.rows(Instance)})

    def files(self) -> set[str]:
        """The keys of all files in the folder, moved aside or not."""
        kinds = (self.folder / "dicom", self.folder / ".leaving")
        return {
            str(path.relative_to(self.folder)) for kind in kinds for path in kind.rglob("*") if path.is_file()
        }

    def in_sight(self) -> set[tuple[str, str]]:
        """Every study of the index."""
        return {(row.institution_id, row.study_instance_uid) for row in self.rows(Study)}

    def uploader(self) -> Uploader:
        """Whoever sends on to the bucket."""
        assert isinstance(self.store, SpooledObjects)
        return Uploader(
            store=self.store,
            reader=self.engine,
            ingest=self.ingest,
            clock=self.clock,
            failpoints=Failpoints(),
            sending=self.sending,
        )

    def upload(self) -> None:
        """Send on until nothing more can be done now."""
        uploader = self.uploader()
        while uploader.once():
            continue

    def close(self) -> None:
        """Let go."""
        self.ingest.close()
        self.spool.close()
        self.engine.dispose()


@pytest.fixture
def vault(database_url: str, tmp_path: Path, clock: HandClock) -> Iterator[Vault]:
    """Local files, on SQLite and PostgreSQL in turn."""
    folder = tmp_path / "objects"
    made = Vault(database_url, LocalObjects(folder), folder, clock)
    yield made
    made.close()


@pytest.fixture
def small_vault(sqlite_url: str, tmp_path: Path, clock: HandClock) -> Iterator[Vault]:
    """Local files on SQLite."""
    folder = tmp_path / "objects"
    made = Vault(sqlite_url, LocalObjects(folder), folder, clock)
    yield made
    made.close()


@pytest.fixture
def bucket_vault(sqlite_url: str, tmp_path: Path, clock: HandClock, bucket: Bucket) -> Iterator[Vault]:
    """A folder before a bucket, on SQLite."""
    folder = tmp_path / "objects"
    made = Vault(sqlite_url, SpooledObjects(LocalObjects(folder), bucket), folder, clock)
    yield made
    made.close()
