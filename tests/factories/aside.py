"""Objects that were set aside: by the real door, or as an older version with other rules left them."""

import asyncio
import hashlib
from dataclasses import dataclass

from pydicom.dataset import Dataset

from config.kernel.database import open_sync_engine
from config.kernel.errors import AppError
from config.kernel.ids import new_id
from config.kernel.objects_local import LocalObjects
from config.stores import spool_folder
from dicom_node.archive.files import quarantine_key
from dicom_node.archive.tables import Quarantine
from dicom_node.intake.door import Door
from dicom_node.intake.failpoints import Failpoints
from dicom_node.intake.ingest import Ingest
from dicom_node.intake.part10 import Announced, head_of
from dicom_node.intake.receive import Source, Spool
from tests.dicom_node.objects import CT, dataset_bytes
from tests.dicom_node.raw_scu import EXPLICIT
from tests.fixtures.product import Product


def announced(uid: str, sop_class: str = CT) -> Announced:
    """An object in Explicit VR Little Endian."""
    return Announced(sop_class_uid=sop_class, sop_instance_uid=uid, transfer_syntax_uid=EXPLICIT)


@dataclass
class Intake:
    """The way in of a product, used as the node uses it."""

    product: Product

    def take(
        self, data: bytes, uid: str, place: str = "township", ae_title: str = "SQZX_PACS", sop_class: str = CT
    ) -> str:
        """Store one object; '' when it was taken, else the code of the refusal."""
        platform = self.product.platform
        assert isinstance(platform.objects, LocalObjects)
        source = Source(
            institution_id=self.product.places[place], ae_title=ae_title, issuer_of_patient_id="X"
        )
        ingest = Ingest(open_sync_engine(platform.database.url), self.product.clock, Failpoints())
        spool = Spool(spool_folder(platform.objects, platform.objects.root), Failpoints())
        door = Door(spool=spool, objects=platform.objects, ingest=ingest, object_bytes_max=10**9)
        try:
            reception = door.begin(announced(uid, sop_class))
            reception.write(data)
            door.admit(reception, source)
        except AppError as refusal:
            return refusal.code
        finally:
            ingest.close()
            spool.close()
        return ""

    async def sent(
        self, data: bytes, uid: str, place: str = "township", ae_title: str = "SQZX_PACS", sop_class: str = CT
    ) -> str:
        """`take`, beside the running application."""
        return await asyncio.to_thread(self.take, data, uid, place, ae_title, sop_class)


async def refused_before(product: Product, dataset: Dataset, place: str = "township") -> str:
    """A good object that an older version refused for its Patient ID; the entry's id."""
    uid = str(dataset.SOPInstanceUID)
    content = head_of(announced(uid)) + dataset_bytes(dataset)
    key = quarantine_key(hashlib.sha256(content).hexdigest())
    await asyncio.to_thread(product.platform.objects.put, key, content)
    row = Quarantine(
        quarantine_id=new_id(),
        institution_id=product.places[place],
        source_ae_title="SQZX_PACS",
        sop_instance_uid=uid,
        kind="refused",
        reason_code="dicom.attribute_refused",
        reason="dicom.attribute_refused: An attribute breaks its rule. (attribute=PatientID)",
        object_key=key,
        object_bytes=len(content),
        dataset_sha256=hashlib.sha256(dataset_bytes(dataset)).hexdigest(),
        kept_sha256=None,
        times=1,
        received_at=product.clock.now(),
    )
    async with product.platform.database.write() as tx:
        tx.add(row)
    return row.quarantine_id
