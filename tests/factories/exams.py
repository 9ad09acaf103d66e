"""Examinations ordered through the real API, and what the node tells of them."""

from typing import Any, TypeAlias

import httpx

from config.kernel.envelope import Envelope
from config.kernel.ids import new_id
from config.kernel.streams import Handler
from tests.factories.cases import PATIENT, ok
from tests.fixtures.product import Product

Exam: TypeAlias = dict[str, Any]
CHEST = {
    "modality": "CT",
    "body_part": "CHEST",
    "procedure": "胸部平扫",
    "reason": "咳嗽两周，结节复查",
    "urgency": "urgent",
    "scheduled_at": "2026-03-03T10:15:00+08:00",
    "station_ae_title": "",
}


async def a_patient(client: httpx.AsyncClient, **values: str) -> str:
    """A registered patient's id."""
    return str(ok(await client.post("/api/patients", json=PATIENT | values))["patient_id"])


async def an_exam(client: httpx.AsyncClient, patient_id: str, **values: Any) -> Exam:
    """An ordered examination."""
    answer: Exam = ok(await client.post("/api/exams", json=CHEST | {"patient_id": patient_id} | values))
    return answer


async def tell(product: Product, handler: Handler, name: str, **payload: Any) -> None:
    """Let a handler hear of an event, in a transaction of its own."""
    envelope = Envelope(
        event_id=new_id(), name=name, occurred_at=product.clock.now().isoformat(), payload=payload
    )
    async with product.platform.database.write() as tx:
        await handler(tx, envelope)
