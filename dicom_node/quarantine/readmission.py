"""Trying an object again that was set aside, by the same door and the rules of now. Blocking."""

from dataclasses import dataclass
from pathlib import Path

from config.kernel.clock import Clock
from config.kernel.database import open_sync_engine
from config.kernel.errors import AppError, Kind
from config.kernel.objects import ObjectStore
from config.stores import spool_folder
from dicom_node.intake.door import Door
from dicom_node.intake.failpoints import Failpoints
from dicom_node.intake.ingest import Ingest
from dicom_node.intake.receive import Source, Spool


@dataclass(frozen=True, kw_only=True, slots=True)
class Aside:
    """What is to be tried again: where its bytes are, and whose they are."""

    object_key: str
    object_bytes: int | None
    institution_id: str
    ae_title: str
    issuer_of_patient_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Store:
    """Where it would go."""

    database_url: str
    objects: ObjectStore
    elsewhere: Path
    object_bytes_max: int
    clock: Clock


def readmit(store: Store, aside: Aside) -> AppError | None:
    """Take the object in; None when it is now stored, or why it is still refused. Records no refusal.

    Raises what says that the archive failed and not the object: any error of kind UNAVAILABLE, and
    ObjectMissing when the bytes are gone.
    """
    failpoints = Failpoints()
    spool = Spool(spool_folder(store.objects, store.elsewhere), failpoints)
    ingest = Ingest(open_sync_engine(store.database_url), store.clock, failpoints)
    door = Door(spool=spool, objects=store.objects, ingest=ingest, object_bytes_max=store.object_bytes_max)
    source = Source(
        institution_id=aside.institution_id,
        ae_title=aside.ae_title,
        issuer_of_patient_id=aside.issuer_of_patient_id,
    )
    try:
        door.readmit(aside.object_key, aside.object_bytes, source)
    except AppError as refusal:
        if refusal.kind in {Kind.UNAVAILABLE, Kind.NOT_FOUND}:
            raise
        return refusal
    finally:
        ingest.close()
        spool.close()
    return None
