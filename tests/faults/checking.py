"""Is everything that was acknowledged there, and byte for byte what was sent?"""

import hashlib
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pydicom.dataset import Dataset
from pynetdicom import AE, build_role, evt
from pynetdicom.association import Association
from sqlalchemy import select

from config.kernel.database import open_sync_engine
from config.kernel.errors import AppError
from config.kernel.objects_local import LocalObjects
from dicom_node.archive.tables import Instance, Series as SeriesRow
from tests.dicom_node.raw_scu import CT, EXPLICIT
from tests.faults.mint import Series
from tests.faults.node_process import SENDER, NodeProcess
from tests.faults.pushing import Ledger
from tests.fixtures.programs import dcmtk_folder, why_no_dcmtk

GET = "1.2.840.10008.5.1.4.1.2.2.3"
FIND_SECONDS = 120
NAMED = re.compile(r"\(0008,0018\) UI \[([0-9.]*)")


@dataclass(frozen=True)
class Toll:
    """What a fault cost: acknowledged objects without a row in the index, those that are not as they were
    sent, and those that C-FIND does not name.
    """

    missing: int = 0
    altered: int = 0
    unnamed: int = 0

    def __add__(self, other: "Toll") -> "Toll":
        return Toll(self.missing + other.missing, self.altered + other.altered, self.unnamed + other.unnamed)

    @property
    def nothing(self) -> bool:
        """True when everything is there as it was."""
        return self == Toll()

    @property
    def words(self) -> str:
        """For the report."""
        unnamed = f", {self.unnamed} not named by C-FIND" if self.unnamed else ""
        return f"{self.missing} lost, {self.altered} altered{unnamed}"


def difference(acknowledged: Mapping[str, str], found: Mapping[str, str]) -> Toll:
    """What is missing in `found`, and what is there with another digest."""
    there = acknowledged.keys() & found.keys()
    return Toll(
        missing=len(acknowledged) - len(there), altered=sum(acknowledged[uid] != found[uid] for uid in there)
    )


@contextmanager
def _association(port: int, *handlers: Any) -> Iterator[Association]:
    entity = AE(SENDER)
    entity.add_requested_context(GET)
    entity.add_requested_context(CT, [EXPLICIT])
    role = build_role(CT, scp_role=True, scu_role=True)
    made = entity.associate(
        "127.0.0.1", port, ae_title="LIANZHEN", ext_neg=[role], evt_handlers=list(handlers)
    )
    assert made.is_established
    yield made
    made.release()


def _keys(series: Series) -> Dataset:
    keys = Dataset()
    keys.QueryRetrieveLevel = "SERIES"
    keys.StudyInstanceUID, keys.SeriesInstanceUID = series.study, series.uid
    return keys


def found_by_query(port: int, series: Series) -> set[str]:
    """What C-FIND names of a series, by DCMTK's findscu.

    pynetdicom's requestor loses an answer in some hundred queries on a busy machine, though it has received
    the message (its own EVT_DIMSE_RECV counts it): a checker that uses it blames the node for that.
    """
    folder = dcmtk_folder()
    assert folder is not None, why_no_dcmtk()
    keys = ("QueryRetrieveLevel=IMAGE", f"StudyInstanceUID={series.study}", f"SeriesInstanceUID={series.uid}")
    ran = subprocess.run(
        [
            folder / "findscu",
            *("-v", "-S", "-aet", SENDER, "-aec", "LIANZHEN"),
            *(word for key in (*keys, "SOPInstanceUID") for word in ("-k", key)),
            *("127.0.0.1", str(port)),
        ],
        capture_output=True,
        text=True,
        errors="replace",
        timeout=FIND_SECONDS,
        check=True,
    )
    return set(NAMED.findall(ran.stdout + ran.stderr)) - {""}


def missing_in_queries(node: NodeProcess, ledger: Ledger) -> int:
    """Acknowledged objects that C-FIND does not name."""
    return sum(
        len(kept.keys() - found_by_query(node.port, series)) for series, kept in ledger.acknowledged.items()
    )


def retrieved(node: NodeProcess, ledger: Ledger) -> dict[str, str]:
    """Digests of what C-GET gives back of every series."""
    got: dict[str, str] = {}

    def keep(event: evt.Event) -> int:
        request: Any = event.request
        got[str(request.AffectedSOPInstanceUID)] = hashlib.sha256(request.DataSet.getvalue()).hexdigest()
        return 0

    with _association(node.port, (evt.EVT_C_STORE, keep)) as association:
        for series in ledger.acknowledged:
            for _status, _identifier in association.send_c_get(_keys(series), GET):
                pass
    return got


def in_store(node: NodeProcess, ledger: Ledger) -> dict[str, str]:
    """Digests of the data sets that the index leads to, read from the files themselves."""
    engine = open_sync_engine(node.url, writes=False)
    store, found = LocalObjects(node.home / "objects"), {}
    try:
        with engine.connect() as connection:
            for series in ledger.acknowledged:
                rows = connection.execute(
                    select(Instance.sop_instance_uid, Instance.object_key, Instance.dataset_offset)
                    .join(SeriesRow, SeriesRow.series_key == Instance.series_key)
                    .where(SeriesRow.series_instance_uid == series.uid)
                ).all()
                for uid, key, offset in rows:
                    found[uid] = _digest(store, key, offset)
    finally:
        engine.dispose()
    return found


def _digest(store: LocalObjects, key: str, offset: int) -> str:
    try:
        return hashlib.sha256(store.read(key, offset)).hexdigest()
    except AppError as error:
        return error.code


def all_kept(ledger: Ledger) -> dict[str, str]:
    """Everything acknowledged, in one."""
    return {uid: digest for kept in ledger.acknowledged.values() for uid, digest in kept.items()}


def toll(node: NodeProcess, ledger: Ledger) -> Toll:
    """What C-FIND does not name, or the files do not hold as it was sent."""
    stored = difference(all_kept(ledger), in_store(node, ledger))
    return stored + Toll(unnamed=missing_in_queries(node, ledger))
