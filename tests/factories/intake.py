"""What a hospital's archive sends to the running product, and what the product holds afterwards."""

import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

import httpx
from pydicom.dataset import Dataset
from sqlalchemy import Engine, func, select

from config.kernel.database import open_sync_engine
from config.stores import SPOOL_NAME
from consult_server.demo import cast
from consult_server.demo.ct import LUNG, chest_ct
from dicom_node.archive.tables import Instance, Quarantine, Series, Study
from dicom_node.intake.receive import OURS
from tests.dicom_node.objects import a_ct, dataset_bytes, dataset_of
from tests.dicom_node.raw_scu import CT, EXPLICIT, IMPLICIT, VERIFICATION, RawScu, storing
from tests.dicom_node.rows import Row, rows_of
from tests.fixtures.serving import Serving
from tests.fixtures.waiting import wait_until

AS_STORED = {"Accept": "application/dicom; transfer-syntax=*"}
SERIES_SLICES = 54
ACCEPTED = 2
Holdings: TypeAlias = tuple[int, int, int, int, int]


@dataclass
class Receiving:
    """The running product seen from its two ends: the wire, and the data folder."""

    serving: Serving
    engine: Engine

    @classmethod
    def of(cls, serving: Serving) -> "Receiving":
        """The product with an open view of its index."""
        return cls(serving, open_sync_engine(f"sqlite:///{serving.home / 'lianzhen.db'}", writes=False))

    def register(
        self, ae_title: str, place: cast.CastInstitution = cast.TOWNSHIP, host: str = "127.0.0.1"
    ) -> str:
        """Make a peer known as an operator does."""
        words = ("peers", "add", "--ae-title", ae_title, "--institution", place.name, "--host", host)
        self.serving.command(*words)
        return ae_title

    def peer(self, ae_title: str, place: cast.CastInstitution = cast.TOWNSHIP) -> str:
        """A peer that is let in: `register`, and the running node knows it."""
        self.register(ae_title, place)
        wait_until(lambda: self._is_let_in(ae_title))
        return ae_title

    def _is_let_in(self, ae_title: str) -> bool:
        with RawScu(self.serving.dicom_port, ae_title) as scu:
            return scu.associate([(1, VERIFICATION, [IMPLICIT])])[0] == ACCEPTED and scu.release() > 0

    def echo(
        self, ae_title: str, dcmtk: Path, called: str = "LIANZHEN"
    ) -> "subprocess.CompletedProcess[str]":
        """DCMTK's C-ECHO."""
        node = ["127.0.0.1", str(self.serving.dicom_port)]
        return subprocess.run(
            [dcmtk / "echoscu", "-v", "-aet", ae_title, "-aec", called, *node],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def store(self, ae_title: str, data: bytes, uid: str, syntax: str = EXPLICIT) -> dict[int, bytes]:
        """One CT by C-STORE, byte for byte; the response's elements."""
        return storing(self.serving.dicom_port, CT, uid, data, syntax, ae_title)

    def rows(self, table: type[Row]) -> list[Row]:
        """All rows of a table."""
        return rows_of(self.engine, table)

    def holdings(self) -> Holdings:
        """Studies, series, instances, objects, and objects on their way in."""
        with self.engine.connect() as connection:
            studies, series, instances = (
                connection.scalar(select(func.count()).select_from(table)) or 0
                for table in (Study, Series, Instance)
            )
        objects = self.serving.home / "objects"
        kept = [path for path in (objects / "dicom").rglob("*") if path.is_file()]
        return studies, series, instances, len(kept), len(self.waiting())

    def waiting(self) -> list[Path]:
        """Objects on their way in; the locks and the notes of the sources lie beside them."""
        spools = self.serving.home.rglob(SPOOL_NAME)
        files = (path for spool in spools for path in spool.rglob("*") if path.is_file())
        return [path for path in files if path.name not in OURS]

    def set_aside(self, sop_instance_uid: str) -> list[Quarantine]:
        """What was refused under this UID."""
        return [row for row in self.rows(Quarantine) if row.sop_instance_uid == sop_instance_uid]

    def settled_at(self, study_uid: str, sender: str) -> datetime | None:
        """When the study of this sender settled, by the node's clock."""
        with self.engine.connect() as connection:
            found: datetime | None = connection.scalar(
                select(Study.settled_at).where(
                    Study.study_instance_uid == study_uid, Study.source_ae_title == sender
                )
            )
        return found

    def close(self) -> None:
        """Let go of the index."""
        self.engine.dispose()


def arrival(client: httpx.Client, study_uid: str) -> dict[str, Any] | None:
    """The study in the product's list of what arrived."""
    answer = client.get("/api/arrivals").raise_for_status()
    found: list[dict[str, Any]] = answer.json()
    return next((row for row in found if row["study_instance_uid"] == study_uid), None)


def address_of(client: httpx.Client, sop_instance_uid: str, study_uid: str = "") -> str:
    """Where WADO-RS has an instance, as QIDO-RS says, below the DICOMweb root."""
    query = {"SOPInstanceUID": sop_instance_uid} | ({"StudyInstanceUID": study_uid} if study_uid else {})
    (found,) = client.get("/dicom-web/instances", params=query).raise_for_status().json()
    return str(found["00081190"]["Value"][0])


def retrieved(client: httpx.Client, sop_instance_uid: str) -> bytes:
    """The file of an instance as WADO-RS gives it."""
    return client.get(address_of(client, sop_instance_uid), headers=AS_STORED).raise_for_status().content


PHANTOM = cast.patient("P01")
"""Whose phantom that is: nobody whose chest is read elsewhere, where it would hang beside as a prior."""


def chest_files(folder: Path, *, seed: int, slices: int = SERIES_SLICES) -> list[Path]:
    """One series of our own phantom as files: what stands in where no real series is at hand."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    scan = chest_ct(
        PHANTOM,
        accession=f"INTAKE{seed}",
        acquired_at=datetime(2026, 3, 2, 1, 30, tzinfo=UTC),
        seed=seed,
        slices=slices,
        series=(LUNG,),
    )
    for number, dataset in enumerate(scan):
        path = folder / f"I{number:03}"
        dataset.save_as(path, enforce_file_format=True)
        files.append(path)
    return files


def named(label: str, raw_name: bytes, **attributes: Any) -> tuple[bytes, Dataset]:
    """A CT's data set whose Patient's Name holds exactly these bytes under that label."""
    raw_name += b" " * (len(raw_name) % 2)
    dataset = a_ct(SpecificCharacterSet=label, PatientName="#" * len(raw_name), **ASCII_ONLY | attributes)
    return dataset_bytes(dataset).replace(b"#" * len(raw_name), raw_name), dataset


ASCII_ONLY = {"StudyDescription": "CHEST", "SeriesDescription": "AXIAL"}


def same_data_set(one: bytes, other: bytes) -> bool:
    """True when two Part 10 files hold the same data set, byte for byte."""
    return dataset_of(one) == dataset_of(other)
