"""Examinations to be made, listed as consult_server lists them, and pynetdicom as the modality that asks."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from pydicom.dataset import Dataset
from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.database import Database
from config.kernel.ids import new_id
from dicom_node.worklist.domain import Scheduled
from dicom_node.worklist.scheduling import schedule
from dicom_node.worklist.tables import WorklistEntry
from tests.dicom_node.asking import COUNTY, Found, Place, identifier

MWL = "1.2.840.10008.5.1.4.31"
NOW = datetime(2026, 11, 28, 8, tzinfo=UTC)
A_CHEST_CT = Scheduled(
    entry_key="",
    institution_id=COUNTY,
    patient_name="Wang^Xiaodong=王^小东",
    patient_id="P1",
    issuer_of_patient_id="COUNTY-PID",
    patient_birth_date="19700101",
    patient_sex="M",
    accession_number="E202611280001",
    accession_issuer="COUNTY-PID",
    requesting_physician_name="Li^Si=李^四",
    requesting_service="内科",
    institution_name="县医院",
    requested_procedure_id="E202611280001",
    requested_procedure_description="胸部 CT 平扫",
    requested_procedure_priority="ROUTINE",
    reason="咳嗽两周",
    study_instance_uid="2.25.1001",
    scheduled_step_id="E202611280001-1",
    scheduled_step_description="胸部 CT 平扫",
    station_ae_title="CT1",
    station_name="CT1",
    location="1F",
    start_date="20261128",
    start_time="093000",
    modality="CT",
    body_part_examined="CHEST",
    performing_physician_name="Zhao^Wu=赵^五",
)


def in_transaction(url: str, work: Callable[[AsyncSession], Awaitable[None]]) -> None:
    """Do `work` in a transaction of its own, as the web process does."""

    async def run() -> None:
        database = Database(url)
        try:
            async with database.write() as tx:
                await work(tx)
        finally:
            await database.close()

    asyncio.run(run())


def an_order(**values: str) -> Scheduled:
    """An examination with changed values and a key of its own."""
    return replace(A_CHEST_CT, **({"entry_key": new_id()} | values))


def order(url: str, **values: str) -> Scheduled:
    """The same, listed."""
    step = an_order(**values)
    in_transaction(url, lambda tx: schedule(tx, step, NOW))
    return step


def state_of(url: str, entry_key: str) -> str:
    """Where an entry stands."""
    found: list[str] = []

    async def look(tx: AsyncSession) -> None:
        found.append((await tx.get_one(WorklistEntry, entry_key)).state)

    in_transaction(url, look)
    return found[0]


def asked(step: dict[str, Any] | None = None, **keys: Any) -> Dataset:
    """An identifier of the worklist: keys beside and inside Scheduled Procedure Step Sequence."""
    made = identifier("", **({"AccessionNumber": ""} | keys))
    del made.QueryRetrieveLevel
    inside = identifier("", **(step or {}))
    del inside.QueryRetrieveLevel
    made.ScheduledProcedureStepSequence = [inside]
    return made


def listed(place: Place, step: dict[str, Any] | None = None, **how: Any) -> Found:
    """What a modality finds; `how` holds keys, and what `Place.find` takes."""
    ways = {name: how.pop(name) for name in ("calling", "syntax") if name in how}
    return place.find(asked(step, **how), MWL, **ways)
