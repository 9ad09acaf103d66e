"""The queue of a running node as people and tests see it."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.database import Database
from dicom_node.archive.tables import Study
from dicom_node.forward import orders
from dicom_node.forward.tables import ForwardRule, Transfer, TransferObject
from dicom_node.peers import add_peer, known_peer
from tests.dicom_node.asking import COUNTY, Place
from tests.fixtures.waiting import wait_until

T = TypeVar("T")


@dataclass
class Queue:
    """What is asked of a node's queue, and how its jobs stand."""

    place: Place

    def done(self, work: Callable[[AsyncSession], Coroutine[Any, Any, T]]) -> T:
        """`work` in a transaction of its own."""

        async def run() -> T:
            database = Database(self.place.url)
            try:
                async with database.write() as tx:
                    return await work(tx)
            finally:
                await database.close()

        return asyncio.run(run())

    def register(
        self, ae_title: str, port: int | None, *, institution: str = COUNTY, tls: bool = False
    ) -> None:
        """Make a destination known; wait until the node knows it too."""

        async def add(tx: AsyncSession) -> None:
            peer = await add_peer(
                tx,
                ae_title=ae_title,
                institution_id=institution,
                institution_name="县医院",
                host="127.0.0.1",
                port=port,
                issuer_of_patient_id="",
                now=datetime.now(UTC),
            )
            peer.tls = tls

        self.done(add)
        wait_until(lambda: self.place.node._terms.find_peer(ae_title))

    def port_is(self, ae_title: str, port: int) -> None:
        """A destination listens somewhere else now."""

        async def change(tx: AsyncSession) -> None:
            (await known_peer(tx, ae_title)).port = port

        self.done(change)

    def move_to(self, ae_title: str, port: int) -> None:
        """The same; wait until the node knows it too."""
        self.port_is(ae_title, port)
        wait_until(lambda: getattr(self.place.node._terms.find_peer(ae_title), "port", 0) == port)

    def rule(
        self,
        destination: str,
        *,
        source: str | None = None,
        modality: str | None = None,
        institution: str = COUNTY,
        commitment: bool = False,
    ) -> str:
        """A rule; its id."""

        async def add(tx: AsyncSession) -> ForwardRule:
            return await orders.add_rule(
                tx,
                await known_peer(tx, destination),
                institution_id=institution,
                source_ae_title=source,
                modality=modality,
                commitment=commitment,
                now=datetime.now(UTC),
            )

        return self.done(add).rule_id

    def send(self, study_instance_uid: str, destination: str, *, commitment: bool = False) -> str:
        """Send a study by hand; the job's id."""

        async def order(tx: AsyncSession) -> Transfer:
            study = await tx.scalar(select(Study).where(Study.study_instance_uid == study_instance_uid))
            assert study is not None
            peer = await known_peer(tx, destination)
            return await orders.send(
                tx, study, peer, commitment=commitment, requested_by="0190-person", now=datetime.now(UTC)
            )

        return self.done(order).transfer_id

    def fetch(self, study_instance_uid: str, source: str) -> str:
        """Have a study fetched; the job's id."""

        async def order(tx: AsyncSession) -> Transfer:
            return await orders.fetch(
                tx,
                await known_peer(tx, source),
                study_instance_uid,
                study_date="20260302",
                modalities=["CT"],
                total=0,
                requested_by="0190-person",
                now=datetime.now(UTC),
            )

        return self.done(order).transfer_id

    def again(self, transfer_id: str) -> None:
        """A person tries again, or waits no longer."""
        self.done(lambda tx: orders.again(tx, None, transfer_id, datetime.now(UTC)))

    def cancel(self, transfer_id: str) -> None:
        """A person does not want it any more."""
        self.done(lambda tx: orders.cancel(tx, None, transfer_id, datetime.now(UTC)))

    def jobs(self) -> list[Transfer]:
        """Every job, oldest first."""

        async def read(tx: AsyncSession) -> list[Transfer]:
            return list(
                await tx.scalars(select(Transfer).order_by(Transfer.created_at, Transfer.transfer_id))
            )

        return self.done(read)

    def job(self, transfer_id: str = "") -> Transfer:
        """One job, or the only one."""
        [found] = [job for job in self.jobs() if transfer_id in {"", job.transfer_id}]
        return found

    def confirmed(self, transfer_id: str) -> dict[str, int]:
        """The statuses of what the peer confirmed, by SOP instance."""

        async def read(tx: AsyncSession) -> dict[str, int]:
            rows = await tx.scalars(select(TransferObject).where(TransferObject.transfer_id == transfer_id))
            return {row.sop_instance_uid: row.status for row in rows}

        return self.done(read)

    def reaches(self, delivery: str, acknowledgement: str = "", transfer_id: str = "") -> Transfer:
        """Wait until a job (or the only one) stands so."""

        def stands() -> Transfer | None:
            found = [job for job in self.jobs() if transfer_id in {"", job.transfer_id}]
            fits = len(found) == 1 and found[0].delivery == delivery
            return found[0] if fits and acknowledgement in {"", found[0].acknowledgement} else None

        return wait_until(stands, 30)
